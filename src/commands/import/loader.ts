import type { Issue } from '../../fhir/error.ts'

/** Where an import sends its resources: a server's public API, or the interactions in this very process. */
export interface Loader {
  /** For people, and what the resume state belongs to: the same file may go to several servers. */
  readonly target: string
  send(request: LoadRequest): Promise<Loaded>
  /** Whether `Patient/1` is there: a resume state that names what is gone belongs to a server that was emptied. */
  exists(reference: string): Promise<boolean>
  close(): Promise<void>
}

/** `path` is empty for a Bundle, `Patient` for a create, `Patient/1` for an update. */
export interface LoadRequest {
  readonly method: 'POST' | 'PUT'
  readonly path: string
  readonly body: string
}

export interface Loaded {
  readonly status: number
  /** `Patient/1`, of what was created or updated. */
  readonly reference?: string
  /** Why it was refused. */
  readonly issues: readonly Issue[]
  /** Of a Bundle: one for each entry, in order; empty when the Bundle was refused as a whole. */
  readonly entries: readonly Omit<Loaded, 'entries'>[]
}

/** Reads an answer's body: a batch-response, a transaction-response, an OperationOutcome or nothing at all. */
export function loadedOf(status: number, body: string, location: string | undefined): Loaded {
  const answer = parsed(body)
  const entries = status < 300 && answer.resourceType === 'Bundle' ? (answer.entry ?? []) : []
  return {
    status,
    reference: referenceOf(location),
    issues: status < 300 ? [] : issuesOf(answer, status),
    entries: entries.map(({ response }) => {
      const entryStatus = Number.parseInt(response?.status ?? '', 10) || 500
      return {
        status: entryStatus,
        reference: referenceOf(response?.location),
        issues: entryStatus < 300 ? [] : issuesOf(response?.outcome ?? {}, entryStatus),
      }
    }),
  }
}

interface AnswerBody {
  resourceType?: string
  issue?: Issue[]
  entry?: { response?: { status?: string; location?: string; outcome?: AnswerBody } }[]
}

function parsed(body: string): AnswerBody {
  try {
    return (JSON.parse(body) as AnswerBody | null) ?? {}
  } catch {
    return {}
  }
}

function issuesOf(outcome: AnswerBody, status: number): Issue[] {
  const issues = (outcome.issue ?? []).filter(({ severity }) => severity === 'error' || severity === 'fatal')
  const fallback: Issue = {
    severity: 'error',
    code: 'processing',
    diagnostics: `The server answered ${status} without a reason`,
  }
  return issues.length > 0 ? issues : [fallback]
}

/** `…/Patient/1/_history/2` → `Patient/1` */
function referenceOf(location: string | undefined): string | undefined {
  return location && /([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/.exec(location)?.[1]
}

import { timeRange } from '../fhir/date-time.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys, Rid } from '../search/keys.ts'
import { isResource } from './body.ts'
import type { Ask } from './interaction-of.ts'
import type { Interaction } from './interaction.ts'

/** One entry of a batch or transaction: what it asks, and what came with it. */
export interface PlannedEntry {
  readonly place: string
  readonly interaction: Interaction
  readonly fullUrl: string | undefined
  readonly resource: Resource | undefined
  /** The identity that a create will get. */
  readonly identity: { id: string; rid: Rid } | undefined
  /** As GET, without the resource. */
  readonly isHead: boolean
  /** The version that criteria found, 0 when they found nothing: a write of any other version would be of something else. */
  readonly matched?: number
}

interface Parts {
  interactionOf: (ask: Ask) => Interaction
  keys: Keys
  base: string
  limit: number
}

type Entry = { fullUrl?: unknown; resource?: unknown; request?: Record<string, unknown> }

/**
 * Reads the entries of a Bundle into interactions: pure, printable, nothing runs.
 *
 * https://hl7.org/fhir/R4/http.html#transaction
 */
export function createPlan({ interactionOf, keys, base, limit }: Parts) {
  function entriesOf(bundle: Resource): Entry[] {
    const entries = (bundle['entry'] ?? []) as Entry[]
    if (!Array.isArray(entries)) {
      throw new FhirError('invalid', 'The entries of a Bundle are an array.', { expression: 'Bundle.entry' })
    }
    if (entries.length > limit) {
      throw new FhirError('tooLarge', `The Bundle has ${entries.length} entries; ${limit} are the most.`, {
        expression: 'Bundle.entry',
      })
    }
    return entries
  }

  /** Throws with the FHIRPath of what is wrong in the entry. */
  function plannedEntry(entry: Entry, n: number): PlannedEntry {
    const place = `Bundle.entry[${n}]`
    if (typeof entry !== 'object' || entry === null) {
      throw new FhirError('invalid', 'An entry of a Bundle is an object.', { expression: place })
    }
    const { method, url, ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist } = entry.request ?? {}
    if (typeof method !== 'string' || typeof url !== 'string') {
      throw new FhirError('invalid', 'An entry needs request.method and request.url.', {
        expression: `${place}.request`,
      })
    }
    const [path = '', ...query] = relative(url).split('?')
    const interaction = at(`${place}.request`, () =>
      interactionOf({
        method: method === 'HEAD' ? 'GET' : method,
        path,
        query: new URLSearchParams(query.join('?')),
        sent: `${method} ${url}`,
        ifMatch: textOf(ifMatch),
        ifNoneMatch: textOf(ifNoneMatch),
        ifModifiedSince: instant(ifModifiedSince, `${place}.request.ifModifiedSince`),
        ifNoneExist: textOf(ifNoneExist),
      }),
    )
    if (interaction.kind === 'batch') {
      throw new FhirError('invalid', 'A Bundle cannot be an entry of itself.', { expression: `${place}.request.url` })
    }
    const resource = isResource(entry.resource) ? entry.resource : undefined
    return {
      place,
      interaction,
      fullUrl: textOf(entry.fullUrl),
      resource,
      isHead: method === 'HEAD',
      identity: interaction.kind === 'create' ? keys.newIdentity(interaction.type) : undefined,
    }
  }

  function relative(url: string): string {
    return url.startsWith(`${base}/`) ? url.slice(base.length + 1) : url.replace(/^\//, '')
  }

  /** A transaction's entries; two writes of one identity are refused, as R4 demands. */
  function planTransaction(bundle: Resource): PlannedEntry[] {
    const entries = entriesOf(bundle).map(plannedEntry)
    const seen = new Map<string, string>()
    const urls = new Map<string, string>()
    for (const { place, interaction, fullUrl } of entries) {
      if (interaction.kind === 'update' || interaction.kind === 'patch' || interaction.kind === 'delete') {
        refuseTwice(seen, `${interaction.type}/${interaction.id}`, `${place}.request.url`)
      }
      if (interaction.kind === 'create' && fullUrl !== undefined) refuseTwice(urls, fullUrl, `${place}.fullUrl`)
    }
    return entries
  }

  return { entriesOf, plannedEntry, planTransaction }
}

export type Plan = ReturnType<typeof createPlan>

export function refuseTwice(seen: Map<string, string>, identity: string, place: string): void {
  const first = seen.get(identity)
  if (first !== undefined) {
    const text = `"${identity}" is named twice in this transaction: here and at ${first}.`
    throw new FhirError('malformed', text, { expression: place })
  }
  seen.set(identity, place)
}

/** Refusals of the work, also of what it promises, name this place when they name no other. */
export function at<T>(place: string, work: () => T): T {
  try {
    const done = work()
    if (!(done instanceof Promise)) return done
    return done.catch((error: unknown) => {
      throw placedAt(place, error)
    }) as T
  } catch (error) {
    throw placedAt(place, error)
  }
}

export function placedAt(place: string, error: unknown): unknown {
  if (!(error instanceof FhirError)) return error
  const issues = error.issues.map((issue) => ({ ...issue, expression: issue.expression ?? [place] }))
  return new FhirError(error.problem, error.message, { issues, cause: error })
}

/** Epoch ms. */
function instant(value: unknown, place: string): number | undefined {
  if (value === undefined) return undefined
  const time = typeof value === 'string' ? timeRange(value)?.[0] : undefined
  if (time === undefined) throw new FhirError('invalid', 'ifModifiedSince is an instant.', { expression: place })
  return time
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

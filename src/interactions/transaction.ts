import type { Access, Action } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { instantOf } from '../fhir/date-time.ts'
import { copyJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys } from '../search/keys.ts'
import type { AuditRow, Handle, StoredVersion, Transaction } from '../store/store.ts'
import { auditRow, type Touched } from './audit-row.ts'
import { refuseTooMuch } from './batch.ts'
import type { BinaryBytes } from './binary-bytes.ts'
import { resourceOf } from './body.ts'
import { bundleText, entryText } from './bundle-text.ts'
import type { Commit } from './commit.ts'
import { deleteProposal } from './delete.ts'
import { actionOf } from './interaction-table.ts'
import type { Answered, Interaction } from './interaction.ts'
import type { Patch, PatchOf } from './patch-body.ts'
import { patchProposal } from './patch.ts'
import { type Committed, placed, type Proposal } from './proposal.ts'
import type { createResolveLinks, Resolved } from './resolve-links.ts'
import type { Plan, PlannedEntry } from './transaction-plan.ts'
import { at } from './transaction-plan.ts'
import { retried, updateProposal, withId } from './update.ts'
import { readTargets, refuseSmallScope } from './visible-rows.ts'

interface Parts {
  access: Access
  keys: Keys
  commit: Commit
  bytes: BinaryBytes
  plan: Plan
  patchOf: PatchOf
  resolveLinks: ReturnType<typeof createResolveLinks>
  /** Runs a reading entry inside the transaction. */
  readWithin: (context: Context, tx: Transaction, interaction: Interaction) => Promise<Answered>
  /** Keeps the audit rows of entries that wrote nothing. */
  record: (row: AuditRow) => Promise<void>
}

/**
 * transaction: all entries or none, in the order DELETE, POST, PUT and PATCH, GET; answered in the order of the request.
 * Access is decided for every entry first; then one database transaction holds the locks of conditional creates, resolves
 * links, and writes everything through the same path as a single write.
 *
 * https://hl7.org/fhir/R4/http.html#trules
 */
export function createTransaction({
  access,
  keys,
  commit,
  bytes,
  plan,
  patchOf,
  resolveLinks,
  readWithin,
  record,
}: Parts) {
  return async function transaction(context: Context, handle: Handle, bundle: Resource): Promise<Answered> {
    const entries = plan.planTransaction(bundle)
    for (const entry of entries) {
      const action = at(entry.place, () => neededBy(entry.interaction))
      if (action) at(entry.place, () => refuseSmallScope(access, context, typeOf(entry.interaction), action))
    }
    const resources = entries.map((entry) => sentResource(entry))
    let rows: AuditRow[] = []
    const json = await bytes.aroundMany(context, resources, (without, attach) =>
      retried(undefined, () =>
        handle.transaction(async (tx) => {
          const own = without.map((resource) => resource && copyJson(resource))
          const resolved = await resolveLinks(context, tx, entries, own)
          const proposals = await proposalsOf(context, tx, entries, own, resolved)
          const ordered = [...proposals].sort(([, a], [, b]) => phase(a) - phase(b) || compare(a, b))
          const writes = ordered.map(([, proposal]) => proposal)
          const tied =
            attach &&
            ((inner: Transaction) =>
              attach(
                inner,
                entries.map((_, n) => proposals.get(n)!),
              ))
          const done = writes.length === 0 ? [] : await commit(context, tx, writes, tied ? { attach: tied } : {})
          const byEntry = new Map(ordered.map(([n], k) => [n, done[k]!]))
          const texts: string[] = []
          let size = 0
          rows = []
          for (const [n, entry] of entries.entries()) {
            at(entry.place, () => refuseTooMuch(size))
            const { text, touched } = await responseEntry(context, tx, entry, byEntry.get(n), resolved.existing.get(n))
            if (touched) rows.push(auditRow(context, entry.interaction.kind, touched, 200))
            size += text.length
            texts.push(text)
          }
          return bundleText({ type: 'transaction-response', entries: texts })
        }),
      ),
    )
    await Promise.all(rows.map(record))
    return { answer: { status: 200, json } }
  }

  /** What each writing entry proposes; a conditional create whose match exists proposes nothing. */
  async function proposalsOf(
    context: Context,
    tx: Transaction,
    entries: readonly PlannedEntry[],
    resources: readonly (Resource | undefined)[],
    { existing }: Resolved,
  ): Promise<Map<number, Proposal>> {
    const named = entries.map(({ interaction }) => interaction)
    const targetsOf = (kinds: string[]) =>
      named.flatMap((i) => (kinds.includes(i.kind) && 'id' in i && i.type && i.id ? [{ type: i.type, id: i.id }] : []))
    const updated = await readTargets(access, context, tx, targetsOf(['update', 'patch']), 'update')
    const deleted = await readTargets(access, context, tx, targetsOf(['delete']), 'delete')
    const proposals = new Map<number, Proposal>()
    for (const [n, entry] of entries.entries()) {
      if (existing.has(n)) continue
      const proposal = await at(entry.place, async () => proposalOf(context, entry, resources[n], updated, deleted))
      if (proposal) proposals.set(n, proposal)
    }
    return proposals
  }

  function proposalOf(
    context: Context,
    { interaction, identity, resource: sent, place: entryPlace }: PlannedEntry,
    resource: Resource | undefined,
    updated: Map<string, StoredVersion>,
    deleted: Map<string, StoredVersion>,
  ): Proposal | undefined | Promise<Proposal> {
    const place = `${entryPlace}.resource`
    if (interaction.kind === 'create') {
      const { type } = interaction
      const common = {
        kind: 'create',
        interaction: 'create',
        expectedVersion: 0,
        revive: false,
        before: undefined,
      } as const
      return { ...common, type, ...identity!, after: resource, place }
    }
    if (interaction.kind === 'update') {
      const { type, id, ifMatch } = interaction
      const after = withId(resource!, type, id, false, place)
      return updateProposal(access, keys, context, { type, id, ifMatch, after, place }, updated.get(`${type}/${id}`))
    }
    if (interaction.kind === 'patch') {
      const { type, id, ifMatch } = interaction
      const apply = patchOf({ kind: 'json', value: sent, contentType: 'application/fhir+json' }, place)
      const asked = { type, id, ifMatch, apply: inside(place, apply), place }
      return patchProposal(asked, updated.get(`${type}/${id}`))
    }
    if (interaction.kind === 'delete') {
      const { type, id, ifMatch } = interaction
      const stored = deleted.get(`${type}/${id}`)
      return stored?.deleted ? undefined : deleteProposal({ type, id, ifMatch, place }, stored)
    }
    return undefined
  }

  async function responseEntry(
    context: Context,
    tx: Transaction,
    { interaction, place }: PlannedEntry,
    done: Committed | undefined,
    existing: { type: string; id: string; version: number } | undefined,
  ): Promise<{ text: string; touched?: Touched | undefined }> {
    if (existing) {
      const { type, id, version } = existing
      const response = { status: '200', location: `${type}/${id}/_history/${version}`, etag: `W/"${version}"` }
      return { text: entryText({ response }), touched: { type, id, version } }
    }
    if (!done && interaction.kind === 'delete') {
      const { type, id } = interaction
      return { text: entryText({ response: { status: '204' } }), touched: { type, id } }
    }
    if (!done) {
      const { answer, touched } = await at(place, () => readWithin(context, tx, interaction))
      const etag = answer.version === undefined ? undefined : `W/"${answer.version}"`
      return { text: entryText({ response: { status: String(answer.status), etag } }, answer.json), touched }
    }
    const { type, id, kind } = done.proposal
    const status = kind === 'create' ? '201' : kind === 'delete' ? '204' : '200'
    const lastModified = instantOf(done.lastUpdated)
    const location = kind === 'delete' ? undefined : `${type}/${id}/_history/${done.version}`
    return { text: entryText({ response: { status, location, etag: `W/"${done.version}"`, lastModified } }) }
  }
}

/** What is wrong with a patch stands in the entry that brought it, not in the resource that it is for. */
function inside(place: string, apply: Patch): Patch {
  return async (resource) => {
    try {
      return await apply(resource)
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
      const inPatch = (path: string) => (path.startsWith('Parameters') ? placed(place, 'Parameters', path) : place)
      const issues = error.issues.map((issue) => ({ ...issue, expression: (issue.expression ?? ['']).map(inPatch) }))
      throw new FhirError(error.problem, error.message, { issues, cause: error })
    }
  }
}

/** The resource that an entry must carry, checked against its URL. */
function sentResource({ interaction, resource, place }: PlannedEntry): Resource | undefined {
  if (interaction.kind === 'create' || interaction.kind === 'update') {
    const body = { kind: 'json', value: resource, contentType: 'application/fhir+json' } as const
    return resourceOf(body, interaction.type, `${place}.resource`)
  }
  return undefined
}

/** What the entry needs; conditional writes are not resolved inside of a transaction. */
function neededBy({ kind }: Interaction): Action | undefined {
  if (kind === 'history-system') return undefined
  const action = kind.startsWith('conditional-') ? undefined : actionOf(kind)
  if (action) return action
  throw new FhirError('unsupportedParameter', `A transaction cannot hold a ${kind}.`)
}

function typeOf(interaction: Interaction): string {
  return 'type' in interaction ? (interaction.type ?? '') : ''
}

function phase({ kind }: Proposal): number {
  return kind === 'delete' ? 0 : kind === 'create' ? 1 : 2
}

/** Rows are locked in one order everywhere, so that two transactions wait for each other instead of deadlocking. */
function compare(a: Proposal, b: Proposal): number {
  return a.type < b.type ? -1 : a.type > b.type ? 1 : a.rid < b.rid ? -1 : a.rid > b.rid ? 1 : 0
}

import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys } from '../search/keys.ts'
import type { StoredVersion, Transaction } from '../store/store.ts'
import { alreadyThere } from './conditional-update.ts'
import { deleteProposal } from './delete.ts'
import type { Patch, PatchOf } from './patch-body.ts'
import { patchProposal } from './patch.ts'
import { createProposal, placed, type Proposal, StaleVersion } from './proposal.ts'
import type { Resolved } from './resolve-links.ts'
import { at, type PlannedEntry } from './transaction-plan.ts'
import { updateProposal, withId } from './update.ts'
import { readTargets } from './visible-rows.ts'

interface Parts {
  access: Access
  keys: Keys
  patchOf: PatchOf
}

/**
 * What the entries of a transaction want to write, by their number, and in which order it is written.
 *
 * https://hl7.org/fhir/R4/http.html#trules
 */
export function createTransactionProposals({ access, keys, patchOf }: Parts) {
  return proposalsOf

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
    { interaction, identity, resource: sent, place: entryPlace, matched }: PlannedEntry,
    resource: Resource | undefined,
    updated: Map<string, StoredVersion>,
    deleted: Map<string, StoredVersion>,
  ): Proposal | undefined | Promise<Proposal> {
    const place = `${entryPlace}.resource`
    if (interaction.kind === 'create') {
      const { type } = interaction
      return createProposal(type, identity!, resource, place)
    }
    if (interaction.kind === 'update') {
      const { type, id, ifMatch, ifNoneMatch } = interaction
      const after = withId(resource!, type, id, false, place)
      const stored = updated.get(`${type}/${id}`)
      if (matched === 0 && stored && !stored.deleted) throw alreadyThere(type, id, place)
      refuseOther(interaction, stored, matched)
      return updateProposal(access, keys, context, { type, id, ifMatch, ifNoneMatch, after, place }, stored)
    }
    if (interaction.kind === 'patch') {
      const { type, id, ifMatch } = interaction
      const apply = patchOf({ kind: 'json', value: sent, contentType: 'application/fhir+json' }, place)
      const asked = { type, id, ifMatch, apply: inside(place, apply), place }
      const stored = updated.get(`${type}/${id}`)
      refuseOther(interaction, stored, matched)
      return patchProposal(asked, stored)
    }
    if (interaction.kind === 'delete') {
      const { type, id, ifMatch } = interaction
      const stored = deleted.get(`${type}/${id}`)
      refuseOther(interaction, stored, matched)
      return stored?.deleted ? undefined : deleteProposal({ type, id, ifMatch, place }, stored)
    }
    return undefined
  }
}

/** Another writer came between the search and the read: what was found may match no more, so it is searched again. */
function refuseOther(
  identity: { type: string; id: string },
  stored: StoredVersion | undefined,
  matched: number | undefined,
): void {
  if (matched && stored && stored.version !== matched) throw new StaleVersion([identity])
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

/** DELETE, POST, then PUT and PATCH. */
export function inOrder(proposals: ReadonlyMap<number, Proposal>): [entry: number, Proposal][] {
  return [...proposals].sort(([, a], [, b]) => phase(a) - phase(b) || compare(a, b))
}

function phase({ kind }: Proposal): number {
  return kind === 'delete' ? 0 : kind === 'create' ? 1 : 2
}

/** Rows are locked in one order everywhere, so that two transactions wait for each other instead of deadlocking. */
function compare(a: Proposal, b: Proposal): number {
  return a.type < b.type ? -1 : a.type > b.type ? 1 : a.rid < b.rid ? -1 : a.rid > b.rid ? 1 : 0
}

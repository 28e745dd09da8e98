import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Handle, StoredVersion } from '../store/store.ts'
import type { Commit } from './commit.ts'
import type { Answered, Interaction, Versions } from './interaction.ts'
import type { Proposal } from './proposal.ts'
import { isMet, retried, staleMatch } from './update.ts'
import { notFound, patientsOf, readTargets } from './visible-rows.ts'

/**
 * delete: a deletion is a version of its own; the history stays readable. Deleting again changes nothing.
 *
 * https://hl7.org/fhir/R4/http.html#delete
 */
export function createDelete({ access, commit }: { access: Access; commit: Commit }) {
  return async function remove(
    context: Context,
    handle: Handle,
    { type, id, ifMatch }: Extract<Interaction, { kind: 'delete' }>,
  ): Promise<Answered> {
    return retried(ifMatch, async () => {
      const stored = (await readTargets(access, context, handle, [{ type, id }], 'delete')).get(`${type}/${id}`)
      if (stored?.deleted) {
        const { version } = stored
        return { answer: { status: 204, version }, touched: { type, id, version, patients: patientsOf([stored]) } }
      }
      const proposal = deleteProposal({ type, id, ifMatch, place: type }, stored)
      const [done] = await commit(context, handle, [proposal])
      return { answer: { status: 204, version: done!.version } }
    })
  }
}

interface Asked {
  type: string
  id: string
  ifMatch?: Versions | undefined
  place: string
}

export function deleteProposal({ type, id, ifMatch, place }: Asked, stored: StoredVersion | undefined): Proposal {
  if (!stored) throw notFound(type, id)
  if (ifMatch && !isMet(ifMatch, stored.version)) throw staleMatch(type, id, ifMatch)
  return {
    kind: 'delete',
    interaction: 'delete',
    type,
    id,
    rid: stored.rid,
    expectedVersion: stored.version,
    revive: false,
    before: parseJson(stored.json) as Resource,
    patBefore: stored.pat,
    after: undefined,
    place,
  }
}

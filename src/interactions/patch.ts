import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Handle, StoredVersion } from '../store/store.ts'
import type { Commit } from './commit.ts'
import { answerOf } from './create.ts'
import { isResource } from './body.ts'
import type { Answered, Body, Interaction, Versions } from './interaction.ts'
import type { Patch, PatchOf } from './patch-body.ts'
import type { Proposal } from './proposal.ts'
import { isMet, retried, staleMatch } from './update.ts'
import { notFound, readTargets } from './visible-rows.ts'

/**
 * patch: a JSON Patch or FHIRPath Patch on the current version; run again on the newer one when a race is lost and no `If-Match` was sent.
 *
 * https://hl7.org/fhir/R4/http.html#patch
 */
export function createPatch({ access, commit, patchOf }: { access: Access; commit: Commit; patchOf: PatchOf }) {
  return async function patch(
    context: Context,
    handle: Handle,
    { type, id, ifMatch }: Extract<Interaction, { kind: 'patch' }>,
    body: Body,
  ): Promise<Answered> {
    const apply = patchOf(body)
    return retried(ifMatch, async () => {
      const stored = (await readTargets(access, context, handle, [{ type, id }], 'update')).get(`${type}/${id}`)
      const proposal = await patchProposal({ type, id, ifMatch, apply, place: type }, stored)
      const [done] = await commit(context, handle, [proposal])
      return { answer: answerOf(done!, 200) }
    })
  }
}

interface Asked {
  type: string
  id: string
  ifMatch?: Versions | undefined
  apply: Patch
  place: string
}

export async function patchProposal(
  { type, id, ifMatch, apply, place }: Asked,
  stored: StoredVersion | undefined,
): Promise<Proposal> {
  if (!stored || stored.deleted) throw notFound(type, id)
  if (ifMatch && !isMet(ifMatch, stored.version)) throw staleMatch(type, id, ifMatch)
  const before = parseJson(stored.json) as Resource
  const after = await apply(parseJson(stored.json) as Resource)
  if (!isResource(after) || after.resourceType !== type || after.id !== id) {
    throw new FhirError('unprocessable', `A patch cannot change the type or the id of ${type}/${id}.`, {
      expression: `${place}.id`,
    })
  }
  const { rid, version, pat: patBefore } = stored
  return {
    kind: 'update',
    interaction: 'patch',
    type,
    id,
    rid,
    expectedVersion: version,
    revive: false,
    before,
    patBefore,
    after,
    place,
  }
}

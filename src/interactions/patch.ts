import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson } from '../fhir/json.ts'
import { applyJsonPatch } from '../fhir/json-patch.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Handle, StoredVersion } from '../store/store.ts'
import type { Commit } from './commit.ts'
import { answerOf } from './create.ts'
import { isResource } from './body.ts'
import type { Answered, Body, Interaction } from './interaction.ts'
import type { Proposal } from './proposal.ts'
import { retried, staleMatch } from './update.ts'
import { notFound, readTargets } from './visible-rows.ts'

/**
 * patch: JSON Patch on the current version; run again on the newer one when a race is lost and no `If-Match` was sent.
 *
 * https://hl7.org/fhir/R4/http.html#patch
 */
export function createPatch({ access, commit }: { access: Access; commit: Commit }) {
  return async function patch(
    context: Context,
    handle: Handle,
    { type, id, ifMatch }: Extract<Interaction, { kind: 'patch' }>,
    body: Body,
  ): Promise<Answered> {
    const operations = patchOf(body)
    return retried(ifMatch, async () => {
      const stored = (await readTargets(access, context, handle, [{ type, id }], 'update')).get(`${type}/${id}`)
      const proposal = patchProposal({ type, id, ifMatch, operations, place: type }, stored)
      const [done] = await commit(context, handle, [proposal])
      return { answer: answerOf(done!, 200) }
    })
  }
}

interface Asked {
  type: string
  id: string
  ifMatch?: number | undefined
  operations: unknown
  place: string
}

export function patchProposal(
  { type, id, ifMatch, operations, place }: Asked,
  stored: StoredVersion | undefined,
): Proposal {
  if (!stored || stored.deleted) throw notFound(type, id)
  if (ifMatch !== undefined && ifMatch !== stored.version) throw staleMatch(type, id, ifMatch)
  const before = parseJson(stored.json) as Resource
  const after = applyJsonPatch(parseJson(stored.json) as Resource, operations)
  if (!isResource(after) || after.resourceType !== type || after.id !== id) {
    throw new FhirError('unprocessable', `A patch cannot change the type or the id of ${type}/${id}.`, {
      expression: `${place}.id`,
    })
  }
  const { rid, version } = stored
  return {
    kind: 'update',
    interaction: 'patch',
    type,
    id,
    rid,
    expectedVersion: version,
    revive: false,
    before,
    after,
    place,
  }
}

/** JSON Patch as a body of its own, or as a Binary in a Bundle entry: https://hl7.org/fhir/R4/http.html#patch */
export function patchOf(body: Body): unknown {
  if (body.kind === 'json' && /^application\/json-patch\+json\b/.test(body.contentType)) return body.value
  if (body.kind === 'json' && isResource(body.value) && body.value.resourceType === 'Binary') {
    const { contentType, data } = body.value
    if (contentType === 'application/json-patch+json' && typeof data === 'string') {
      return parseJson(Buffer.from(data, 'base64').toString('utf8'))
    }
  }
  throw new FhirError('unsupportedMediaType', 'A patch is a JSON Patch, sent as application/json-patch+json.')
}

import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { FoundReference } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Handle } from '../store/store.ts'
import { placed, type Proposal } from './proposal.ts'

export interface Judged {
  proposal: Proposal
  after: Resource | undefined
  mustSee: readonly FoundReference[]
}

interface Parts {
  access: Access
  context: Context
  handle: Handle
  judged: readonly Judged[]
}

/**
 * Refuses a write that names a person or document which the caller may not see, in the words used for one that does not
 * exist: no write is an oracle. What the same transaction creates counts as seen. One statement per referenced type.
 */
export async function checkReferences({ access, context, handle, judged }: Parts): Promise<void> {
  const written = new Set(judged.map(({ proposal }) => `${proposal.type}/${proposal.id}`))
  const wanted = new Map<string, Map<string, string>>()
  for (const { proposal, mustSee } of judged) {
    for (const { path, reference } of mustSee) {
      const target = localReference(reference.reference ?? '', context.base)
      if (!target || written.has(`${target.type}/${target.id}`)) continue
      const ofType = wanted.get(target.type) ?? new Map<string, string>()
      if (!ofType.has(target.id)) ofType.set(target.id, placed(proposal.place, proposal.type, path))
      wanted.set(target.type, ofType)
    }
  }
  const at = context.now.getTime()
  await Promise.all(
    [...wanted].map(async ([type, ids]) => {
      const where = access.referable(context.principal, type, at)
      const seen = await handle.resources.read(type, [...ids.keys()], { where })
      for (const { id } of seen.filter(({ deleted }) => !deleted)) ids.delete(id)
      for (const [id, path] of ids) throw unknownReference(`${type}/${id}`, path)
    }),
  )
}

export function unknownReference(reference: string, expression: string): FhirError {
  return new FhirError('unprocessable', `"${reference}" does not exist.`, { expression })
}

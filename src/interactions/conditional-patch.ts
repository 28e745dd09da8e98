import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Handle } from '../store/store.ts'
import type { Commit } from './commit.ts'
import type { ConditionalTarget } from './conditional-target.ts'
import { answerOf } from './create.ts'
import type { Answered, Body, Interaction } from './interaction.ts'
import type { PatchOf } from './patch-body.ts'
import { patchProposal } from './patch.ts'

/**
 * conditional patch: the one resource that the criteria find is patched.
 *
 * https://hl7.org/fhir/R4/http.html#patch
 */
export function createConditionalPatch({
  commit,
  conditionalTarget,
  patchOf,
}: {
  commit: Commit
  conditionalTarget: ConditionalTarget
  patchOf: PatchOf
}) {
  return async function conditionalPatch(
    context: Context,
    handle: Handle,
    asked: Extract<Interaction, { kind: 'conditional-patch' }>,
    body: Body,
  ): Promise<Answered> {
    const { type, ifMatch } = asked
    const apply = patchOf(body)
    return conditionalTarget(context, handle, asked, { action: 'update' }, async (tx, [match]) => {
      if (!match) throw noMatch(type, asked.criteria)
      const proposal = await patchProposal({ type, id: match.id, ifMatch, apply, place: type }, match)
      const [done] = await commit(context, tx, [proposal])
      return { answer: answerOf(done!, 200) }
    })
  }
}

export function noMatch(type: string, criteria: string): FhirError {
  return new FhirError('notFound', `No ${type} matches "${criteria}".`)
}

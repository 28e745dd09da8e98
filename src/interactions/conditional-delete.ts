import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Handle } from '../store/store.ts'
import type { Commit } from './commit.ts'
import type { ConditionalTarget } from './conditional-target.ts'
import { deleteProposal } from './delete.ts'
import type { Answered, Interaction } from './interaction.ts'

interface Parts {
  access: Pick<Access, 'offered'>
  commit: Commit
  conditionalTarget: ConditionalTarget
  /** How many resources one conditional delete may delete: 1, unless the settings say otherwise. */
  limit: number
}

/**
 * conditional delete: what the criteria find is deleted, all or nothing, but never more than the settings allow. Afterwards
 * nothing matches; when nothing did before, that is so already.
 *
 * https://hl7.org/fhir/R4/http.html#3.1.0.7.1
 */
export function createConditionalDelete({ access, commit, conditionalTarget, limit }: Parts) {
  return async function conditionalDelete(
    context: Context,
    handle: Handle,
    asked: Extract<Interaction, { kind: 'conditional-delete' }>,
  ): Promise<Answered> {
    const { type, ifMatch, criteria } = asked
    // Where nobody may, "nothing matched" would sound as if somebody might.
    if (!access.offered(type, 'delete')) {
      throw new FhirError('methodNotAllowed', `A ${type} is never deleted here.`, { allow: ['GET', 'HEAD', 'POST'] })
    }
    return conditionalTarget(context, handle, asked, { action: 'delete', most: limit }, async (tx, matches) => {
      if (matches.length === 0) return { answer: { status: 204, unwritten: true }, touched: { type, query: criteria } }
      const proposals = matches.map((match) => deleteProposal({ type, id: match.id, ifMatch, place: type }, match))
      const done = await commit(context, tx, proposals)
      return { answer: { status: 204, ...(done.length === 1 ? { version: done[0]!.version } : {}) } }
    })
  }
}

import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference } from '../fhir/resource.ts'
import { unknownReference } from '../interactions/check-references.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import type { Attachments } from '../store/store.ts'

interface Parts {
  attachments: Pick<Attachments, 'retire'>
  base: string
}

/**
 * A Binary belongs to one DocumentReference at most, for good, and is immutable from then on.
 *
 * https://hl7.org/fhir/R4/binary.html#security
 */
export function binaries({ attachments, base }: Parts): Rule {
  return { type: 'Binary', concerns, before }

  /** A new one that names no owner is nobody's yet; and an owned one takes no further bytes, which is for the store to refuse. */
  function concerns({ kind, after }: Change): boolean {
    return kind === 'delete' || (kind === 'create' && after?.['securityContext'] !== undefined)
  }

  async function before(change: Change, work: Work): Promise<undefined> {
    if (change.kind === 'delete') await refuseLinked(change, work)
    else await refuseForeignOwner(change, work)
  }

  /** "The securityContext element … provides a reference to a resource that is a proxy for this one": here a document's. */
  async function refuseForeignOwner({ after }: Change, work: Work): Promise<void> {
    const context = after!['securityContext'] as Reference
    const expression = 'Binary.securityContext'
    const owner = localReference(context.reference ?? '', base)
    if (owner?.type !== 'DocumentReference') {
      throw new FhirError('unprocessable', 'A Binary belongs to a DocumentReference of this server.', { expression })
    }
    if (!(await work.maySee(owner.type, owner.id))) throw unknownReference(`${owner.type}/${owner.id}`, expression)
  }

  async function refuseLinked({ identity: { id, rid } }: Change, work: Work): Promise<void> {
    if (await attachments.retire(work.tx, rid)) return
    const text = `Binary/${id} belongs to a document and does not change: store another one and let the document refer to it.`
    throw new FhirError('conflict', text, { expression: 'Binary' })
  }
}

import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { unknownReference } from '../interactions/check-references.ts'
import type { Work } from '../interactions/rule.ts'
import { refuseUnwanted } from './accepted-senders.ts'

export interface Recipient {
  readonly type: 'Practitioner' | 'Patient'
  /** `Practitioner/1` */
  readonly name: string
  readonly resource: Resource
  readonly path: string
}

const most = 100

/** Those whom a message reaches: active practitioners, and patients. A patient writes to his own care team alone. */
export async function recipientsOf(
  message: Resource,
  context: Context,
  work: Work,
  base: string,
): Promise<Recipient[]> {
  const { principal } = context
  const named = (message['recipient'] ?? []) as Reference[]
  if (named.length === 0 || named.length > most) {
    const text = `A message goes to 1 to ${most} recipients.`
    throw new FhirError('unprocessable', text, { expression: 'Communication.recipient' })
  }
  const found = new Map<string, Recipient>()
  for (const [n, reference] of named.entries()) {
    const recipient = await recipientOf(reference, `Communication.recipient[${n}]`, work, base)
    if (principal.person?.type === 'Patient') await refuseStranger(recipient, principal.person.id, work, base)
    if (recipient.type === 'Practitioner' && !found.has(recipient.name)) {
      await refuseUnwanted(recipient.resource.id!, message, { context, work, base, path: recipient.path })
    }
    found.set(recipient.name, recipient)
  }
  return [...found.values()]
}

async function recipientOf(reference: Reference, path: string, work: Work, base: string): Promise<Recipient> {
  const target = localReference(reference.reference ?? '', base)
  if (target?.type !== 'Practitioner' && target?.type !== 'Patient') {
    throw new FhirError('unprocessable', 'Messages go to practitioners and patients.', { expression: path })
  }
  const { type, id } = target
  const resource = await work.read(type, id)
  if (!resource) throw unknownReference(`${type}/${id}`, path)
  if (type === 'Practitioner' && resource['active'] !== true) {
    throw new FhirError('unprocessable', 'This practitioner is not active.', { expression: path })
  }
  return { type, name: `${type}/${id}`, resource, path }
}

/** "C to own care team": the general practitioner, and the members of active care teams. */
async function refuseStranger({ name, path }: Recipient, patientId: string, work: Work, base: string): Promise<void> {
  const self = await work.read('Patient', patientId)
  const practitioners = (self?.['generalPractitioner'] ?? []) as Reference[]
  const nameOf = ({ reference }: Reference) => {
    const target = localReference(reference ?? '', base)
    return target && `${target.type}/${target.id}`
  }
  if (practitioners.some((one) => nameOf(one) === name)) return
  const query = new URLSearchParams({ patient: patientId, status: 'active', participant: name })
  if (name.startsWith('Practitioner/') && (await work.find('CareTeam', query.toString())).length > 0) return
  throw new FhirError('forbidden', 'You may write to your own care team.', { expression: path })
}

import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import { askerOf, nameOf } from './access-request.ts'

/** Everything in the list must hold. */
type Condition = 'same-organization' | 'care-relation'

/** The rules by which a hospital may have requests accepted at once, by the names that the setting uses. */
const policies = {
  'same-organization-and-care-relation': ['same-organization', 'care-relation'],
} as const satisfies Readonly<Record<string, readonly Condition[]>>

export type PolicyName = keyof typeof policies

interface Asked {
  /** `Practitioner/1` */
  readonly doctor: string
  readonly patient: Resource
}

/** Whether they hold is asked of the records of this moment. */
const conditions: Readonly<Record<Condition, (asked: Asked, work: Work, base: string) => Promise<boolean>>> = {
  async 'same-organization'({ doctor, patient }, work, base) {
    const organization = nameOf(patient['managingOrganization'] as Reference | undefined, base)
    if (organization === undefined) return false
    const query = new URLSearchParams({ practitioner: doctor, organization, active: 'true' })
    return (await work.find('PractitionerRole', query.toString())).length > 0
  },
  async 'care-relation'({ doctor, patient }, work, base) {
    const general = (patient['generalPractitioner'] ?? []) as Reference[]
    if (general.some((one) => nameOf(one, base) === doctor)) return true
    const query = new URLSearchParams({ patient: patient.id!, status: 'active', participant: doctor })
    return (await work.find('CareTeam', query.toString())).length > 0
  },
}

/** The first of the hospital's rules that accepts the request; undefined: people decide. */
export async function policyFor(
  task: Resource,
  inForce: readonly PolicyName[],
  work: Work,
  base: string,
): Promise<PolicyName | undefined> {
  const target = localReference((task['for'] as Reference | undefined)?.reference ?? '', base)
  const doctor = askerOf(task, base)
  const patient = inForce.length > 0 && target ? await work.read('Patient', target.id) : undefined
  if (!patient || doctor === undefined) return undefined
  for (const name of inForce) {
    const held = await Promise.all(policies[name].map((one) => conditions[one]({ doctor, patient }, work, base)))
    if (held.every(Boolean)) return name
  }
  return undefined
}

import type { Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'

/** What a doctor told of the work, if anything; the office sees to references and codes. */
export interface Position {
  readonly organization?: string | undefined
  readonly specialty?: string | undefined
}

export function positionOf(practitioner: string, { organization, specialty }: Position): Resource {
  return {
    resourceType: 'PractitionerRole',
    active: false,
    practitioner: { reference: practitioner },
    ...(organization === undefined ? {} : { organization: { display: organization } }),
    ...(specialty === undefined ? {} : { specialty: [{ text: specialty }] }),
  }
}

/** The roles of somebody who is let in, or shut out, with him; one that has ended stays as it is. */
export async function setRolesActive(work: Work, practitionerId: string, active: boolean): Promise<void> {
  const roles = await work.find('PractitionerRole', `practitioner=Practitioner/${encodeURIComponent(practitionerId)}`)
  for (const role of roles) {
    const { end } = (role['period'] ?? {}) as { end?: string }
    if (role['active'] === active || end !== undefined) continue
    await work.update({ ...role, active })
  }
}

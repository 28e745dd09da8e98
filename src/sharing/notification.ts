import type { Resource } from '../fhir/resource.ts'
import { concept } from './codes.ts'

/** https://terminology.hl7.org/CodeSystem-communication-category.html */
const categories = 'http://terminology.hl7.org/CodeSystem/communication-category'

/** What the server tells a person in the app: it lies in the mailbox as a message that nobody sent. */
export function notificationTo({ resourceType, id }: Resource, text: string, at: Date): Resource {
  return {
    resourceType: 'Communication',
    status: 'in-progress',
    category: [concept(categories, 'notification')],
    recipient: [{ reference: `${resourceType}/${id}` }],
    sent: at.toISOString(),
    payload: [{ contentString: text }],
  }
}

export function isNotification(message: Resource | undefined): boolean {
  const category = (message?.['category'] ?? []) as { coding?: { system?: string; code?: string }[] }[]
  return category.some(({ coding = [] }) =>
    coding.some(({ system, code }) => system === categories && code === 'notification'),
  )
}

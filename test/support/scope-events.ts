import { type Asking, readStatus } from './scope-instances.ts'
import { anAccessEvent } from './resources.ts'
import type { Question } from './scope-questions.ts'
import { type Row, row } from './scope-row.ts'

const logged = { office: 'rs', system: '' }
const colleague = 'Practitioner/colleague'

/** Of the audit trail, to which every question adds: asked by id alone. */
export const events: readonly Row[] = [
  row('AuditEvent/done', anAccessEvent('Practitioner/doctor', 'Patient/stranger'), {
    ...{ ...logged, doctor: 'rs', of: ['stranger'] },
  }),
  row('AuditEvent/about', anAccessEvent(colleague, 'Patient/self'), {
    ...{ ...logged, patient: 'rs', proxy: 'rs', of: ['self'] },
  }),
  row('AuditEvent/strange', anAccessEvent(colleague, 'Patient/stranger'), { ...logged, of: ['stranger'] }),
]

/** What is in the trail is read and found, and neither changed nor deleted by anybody. */
export function questionsAboutEvents(asking: Asking): Question[] {
  const { oracle } = asking
  const url = `AuditEvent?_id=${events.map(({ resource }) => resource!.id).join()}&_elements=id`
  const found = events.filter((one) => oracle.may(one, 's')).map(({ name }) => name)
  return [
    oracle.covers('AuditEvent', 's')
      ? { method: 'GET', url, statuses: [200], shows: found }
      : { method: 'GET', url, statuses: [403] },
    ...events.flatMap((one): Question[] => [
      { method: 'GET', url: one.name, statuses: [readStatus(asking, one)] },
      { method: 'PUT', url: one.name, body: { ...one.resource!, outcome: '8' }, statuses: updateStatuses(asking, one) },
      { method: 'DELETE', url: one.name, condition: { ifMatch: 'W/"999"' }, statuses: [405] },
    ]),
  ]
}

/** Who may choose ids could add one by it, as long as a scope lets him update; others are told that nobody changes one. */
function updateStatuses({ oracle }: Asking, one: Row): number[] {
  if (!oracle.choosesIds('AuditEvent')) return [405]
  if (!oracle.covers('AuditEvent', 'u')) return [403]
  return oracle.may(one, 'r') ? [405] : [403, 409]
}

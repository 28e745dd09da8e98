import { randomUUID } from 'node:crypto'

/** Small valid resources; what a test is about goes into `more`. */
export function aPatient(more: object = {}) {
  return { resourceType: 'Patient', name: [{ family: 'Lindqvist', given: ['Anna'] }], gender: 'female', ...more }
}

export function aPractitioner(more: object = {}) {
  return { resourceType: 'Practitioner', active: true, name: [{ family: 'Berg', given: ['Ola'] }], ...more }
}

export function anObservation(patient: string, more: object = {}) {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: patient },
    effectiveDateTime: '2024-05-06T07:08:09Z',
    valueQuantity: { value: 72, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
    ...more,
  }
}

/** Of the audit trail: somebody had to do with something. */
export function anAccessEvent(who: string, what: string) {
  return {
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ who: { reference: who }, requestor: true }],
    source: { observer: { display: 'test' } },
    entity: [{ what: { reference: what } }],
  }
}

export function aCondition(patient: string, more: object = {}) {
  return { resourceType: 'Condition', subject: { reference: patient }, ...more }
}

export function aDocumentReference(patient: string, more: object = {}) {
  return {
    resourceType: 'DocumentReference',
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
    subject: { reference: patient },
    content: [{ attachment: { contentType: 'text/plain', data: Buffer.from('hello').toString('base64') } }],
    ...more,
  }
}

export function aTransaction(...entries: object[]) {
  return { resourceType: 'Bundle', type: 'transaction', entry: entries }
}

export function posted(resource: { resourceType: string }, more: object = {}, request: object = {}) {
  return {
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource,
    request: { method: 'POST', url: resource.resourceType, ...request },
    ...more,
  }
}

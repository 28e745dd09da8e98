import assert from 'node:assert/strict'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Change, Work } from '../../../src/interactions/rule.ts'
import { ownCodes } from '../../../src/sharing/codes.ts'
import type { Letters } from '../../../src/sharing/letters.ts'

export const base = 'https://example.org/fhir'
export const codes = ownCodes(base)
export const now = new Date('2026-03-01T12:00:00Z')

export const person = (name: string, roles: Principal['roles'] = ['practitioner']): Principal => {
  const [type, id] = name.split('/') as ['Practitioner', string]
  return { ...{ kind: 'person', roles, clientId: 'app', scopes: [] }, person: { type, id, rid: 1n } }
}
export const asker = person('Practitioner/asker')
export const office = person('Practitioner/office', ['records-office'])

export const contextOf = (principal: Principal) => ({
  ...{ principal, base, requestId: 'r', now, signal: new AbortController().signal },
})

export function change(before: Resource | undefined, after: Resource | undefined, by = asker): Change {
  const kind = !after ? 'delete' : before ? 'update' : 'create'
  return {
    context: contextOf(by),
    ...{ kind, interaction: kind, before, after },
    identity: { type: 'Task', id: 'request', rid: 2n, version: 1 },
  }
}

export const parameter = (code: string, value: object) => ({ type: codes.taskParameter(code), ...value })
export const letters = parameter('scope', { valueCodeableConcept: { coding: [{ system: 's', code: 'letter' }] } })
export const wholeRecord = parameter('scope', { valueCodeableConcept: { coding: [{ code: 'record' }] } })
export const documentOf = (id: string) =>
  parameter('scope', { valueReference: { reference: `DocumentReference/${id}` } })
export const byNumber = parameter('patient-identifier', { valueIdentifier: { system: 'mrn', value: '1' } })

/** Of a doctor for the letters of a patient, in March. */
export const request = (status: string, more: object = {}): Resource => ({
  ...{ resourceType: 'Task', id: 'request', intent: 'proposal', status, code: codes.task('access-request') },
  ...{ requester: { reference: 'Practitioner/asker' }, for: { reference: 'Patient/anna' }, input: [letters] },
  reasonCode: { coding: [{ code: 'TREAT' }] },
  restriction: { period: { start: '2026-03-01', end: '2026-03-31' } },
  ...more,
})

/** One that was sent yesterday. */
export const sent = (status: string, more: object = {}) =>
  request(status, { authoredOn: '2026-02-28T12:00:00Z', owner: codes.recordsOffice, ...more })

/** Some resources, and all that is done with them. `find` answers all of the type, or what `answers` say for the query. */
export function records(stored: readonly Resource[], answers: Readonly<Record<string, readonly Resource[]>> = {}) {
  const did: string[] = []
  const written: Resource[] = []
  const ofType = (type: string) => stored.filter(({ resourceType }) => resourceType === type)
  const note = (what: string, resource?: Resource) => {
    did.push(what)
    if (resource) written.push(resource)
  }
  const work = {
    tx: { query: async () => [{ accepts: 'anyone', blocked: false }], resources: { put: async () => note('trail') } },
    now,
    ridOf: () => 3n,
    read: async (type: string, id: string) => ofType(type).find((one) => one.id === id),
    find: async (type: string, query: string) => answers[`${type}?${decodeURIComponent(query)}`] ?? ofType(type),
    update: async (resource: Resource) => note(`update ${resource.resourceType}/${resource.id}`, resource),
    grants: async (_consent: object, grants: readonly object[]) => note(`${grants.length} grants`),
    create: async (resource: Resource) => {
      note(`create ${resource.resourceType}`, resource)
      return { ...resource, id: 'new', meta: { versionId: '1' } }
    },
  } as unknown as Work
  return { did, written, work, letters: mailed(did) }
}

/** Letters that are noted by their names, and to whom. */
export function mailed(did: string[]): Letters {
  const letter = (name: string) => async (_work: Work, to?: Resource) => void did.push(`${name} to ${to?.id}`)
  return new Proxy({}, { get: (_target, name) => letter(String(name)) }) as Letters
}

export const refusal = (status: number, element: string) => (error: unknown) => {
  assert.ok(error instanceof FhirError, String(error))
  assert.deepEqual([error.status, error.issues[0]!.expression], [status, [element]])
  return true
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

/**
 * Every form in which a resource refers to another, and every form in which it is asked for.
 *
 * https://hl7.org/fhir/R4/search.html#reference
 * https://hl7.org/fhir/R4/search.html#contained
 */
let server: TestServer
let admin: Client

const to = (reference: string) => ({ reference })
const coded = (code: string) => ({ coding: [{ system: 'urn:drugs', code }] })
const order = (id: string, medication: object, more: object = {}) => ({
  ...{ resourceType: 'MedicationRequest', id, status: 'active', intent: 'order', subject: to('Patient/anna') },
  ...medication,
  ...more,
})
const amoxicillin = {
  ...{ resourceType: 'Medication', id: 'm', code: coded('amoxicillin'), status: 'active' },
  manufacturer: to('Organization/maker'),
  ingredient: [{ itemCodeableConcept: coded('amoxicillin-trihydrate') }],
  batch: { expirationDate: '2030-05' },
}
const doctor = { resourceType: 'Practitioner', id: 'd', name: [{ family: 'Contained' }], active: false }

const resources = (base: string): { resourceType: string; id: string }[] => [
  { resourceType: 'Organization', id: 'maker', ...{ name: 'Maker', identifier: [{ system: 'urn:o', value: '1' }] } },
  { resourceType: 'Patient', id: 'anna', ...{ name: [{ family: 'Beck' }] } },
  { resourceType: 'Practitioner', id: 'stored', ...{ name: [{ family: 'Stored' }], active: true } },
  { ...amoxicillin, id: 'stored' },
  order('stored', { medicationReference: to('Medication/stored') }),
  order('contained', { contained: [amoxicillin], medicationReference: to('#m') }),
  order('requested', { contained: [doctor], medicationCodeableConcept: coded('x') }, { requester: to('#d') }),
  observation('relative', to('Patient/anna')),
  observation('absolute', to(`${base}/Patient/anna`)),
  observation('elsewhere', to('https://elsewhere.example/fhir/Patient/anna')),
  observation('versioned', to('Patient/anna/_history/1')),
  observation('logical', { type: 'Patient', identifier: { system: 'urn:mrn', value: '77' }, display: 'Anna Beck' }),
  observation('inside', to('#p'), {
    contained: [
      { resourceType: 'Patient', id: 'p', identifier: [{ system: 'urn:mrn', value: '99' }], gender: 'female' },
    ],
  }),
  observation('performed', to('Patient/anna'), {
    contained: [doctor],
    performer: [to('#d'), to('Practitioner/stored')],
  }),
  { resourceType: 'ActivityDefinition', id: 'a1', ...{ url: 'http://x.example/a', version: '1.2', status: 'active' } },
  plan('exact', 'http://x.example/a|1.2'),
  plan('later', 'http://x.example/a|1.2.5'),
  plan('other', 'http://x.example/a|1.20'),
  plan('bare', 'http://x.example/a'),
]

function observation(id: string, subject: object, more: object = {}) {
  return { resourceType: 'Observation', id, ...{ status: 'final', code: { text: 'x' }, subject }, ...more }
}

function plan(id: string, instantiates: string) {
  const rest = { status: 'active', intent: 'plan', subject: to('Patient/anna'), instantiatesCanonical: [instantiates] }
  return { resourceType: 'CarePlan', id, ...rest }
}

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  for (const resource of resources(server.base)) {
    const { status, body } = await admin.put(`${resource.resourceType}/${resource.id}`, resource)
    assert.equal(status, 201, JSON.stringify(body))
  }
})
after(() => server.close())

async function found(query: string, client = admin): Promise<string[]> {
  const { body } = await client.get(query.replace('[base]', server.base)).expect(200)
  const entries = (body.entry ?? []) as { resource: { id: string } }[]
  return entries.map(({ resource }) => resource.id).sort()
}

const ofAnna = ['absolute', 'performed', 'relative', 'versioned']

/** Each row: what is asked, and which resources answer. */
const table: Readonly<Record<string, readonly (readonly [query: string, expected: readonly string[]])[]>> = {
  'a literal reference is one however it is written, with a version or without': [
    ['Observation?subject=Patient/anna', ofAnna],
    ['Observation?subject=anna', ofAnna],
    ['Observation?subject:Patient=anna', ofAnna],
    ['Observation?patient=anna', ofAnna],
    ['Observation?patient=Patient/anna', ofAnna],
    ['Observation?subject=[base]/Patient/anna', ofAnna],
    ['Observation?subject=Patient/anna/_history/1', ['versioned']],
    ['Observation?subject=[base]/Patient/anna/_history/1', ['versioned']],
    ['Observation?subject=Patient/anna/_history/2', []],
    ['Observation?subject=https://elsewhere.example/fhir/Patient/anna', ['elsewhere']],
    ['Observation?subject=Group/anna', []],
    ['Observation?patient.family=Beck', ofAnna],
    ['Observation?subject:Patient.family=Beck', ofAnna],
  ],
  'a logical reference is found by its identifier alone': [
    ['Observation?subject:identifier=urn:mrn|77', ['logical']],
    ['Observation?patient:identifier=77', ['logical']],
    ['Observation?subject:identifier=urn:mrn|78', []],
    ['Observation?subject=urn:mrn|77', []],
    ['Observation?subject:text=anna', ['logical']],
  ],
  'a canonical reference is found with its version, without it, and by the versions above and below': [
    ['CarePlan?instantiates-canonical=http://x.example/a', ['bare', 'exact', 'later', 'other']],
    ['CarePlan?instantiates-canonical=http://x.example/a|1.2', ['exact']],
    ['CarePlan?instantiates-canonical:below=http://x.example/a|1.2', ['exact', 'later']],
    ['CarePlan?instantiates-canonical:above=http://x.example/a|1.2.5', ['exact', 'later']],
    ['CarePlan?instantiates-canonical:below=http://x.example/', ['bare', 'exact', 'later', 'other']],
    ['CarePlan?instantiates-canonical:ActivityDefinition.status=active', ['bare', 'exact', 'later', 'other']],
    ['CarePlan?instantiates-canonical:ActivityDefinition.status=draft', []],
  ],
  'a contained resource is no match, and no target that a search could name': [
    ['Medication', ['stored']],
    ['Medication?code=amoxicillin', ['stored']],
    ['Practitioner?family=Contained', []],
    ['MedicationRequest?medication=m', []],
    ['MedicationRequest?medication=Medication/stored', ['stored']],
    ['MedicationRequest?medication:missing=false', ['contained', 'stored']],
    ['MedicationRequest?_include=MedicationRequest:medication&_id=contained', ['contained']],
  ],
  'a chain is evaluated inside of contained resources, for those that the parameter refers to': [
    ['MedicationRequest?medication.code=amoxicillin', ['contained', 'stored']],
    ['MedicationRequest?medication.code=urn:drugs|AMOXICILLIN', ['contained', 'stored']],
    ['MedicationRequest?medication.code=other', []],
    ['MedicationRequest?medication.code:not=amoxicillin', []],
    ['MedicationRequest?medication.code:not=other', ['contained', 'stored']],
    ['MedicationRequest?medication.code:missing=true', []],
    ['MedicationRequest?medication.form:missing=true', ['contained', 'stored']],
    ['MedicationRequest?medication.ingredient-code=amoxicillin-trihydrate', ['contained', 'stored']],
    ['MedicationRequest?medication.expiration-date=lt2031', ['contained', 'stored']],
    ['MedicationRequest?medication.expiration-date=gt2031', []],
    ['MedicationRequest?medication.manufacturer=Organization/maker', ['contained', 'stored']],
    ['MedicationRequest?requester:Practitioner.family=contained', ['requested']],
    ['Observation?performer:Practitioner.family=contained', ['performed']],
    ['Observation?performer:Practitioner.name:contains=tain', ['performed']],
    ['Observation?performer:Practitioner.active=true', ['performed']],
    ['Observation?performer:Practitioner.family=nobody', []],
    ['Patient?_has:MedicationRequest:subject:medication.code=amoxicillin', ['anna']],
  ],
  'what is contained leads no further, and no chain to a patient looks inside': [
    ['MedicationRequest?medication.manufacturer.name=Maker', ['stored']],
    ['Observation?subject:Patient.identifier=urn:mrn|99', []],
    ['Observation?patient.gender=female', []],
  ],
}

for (const [rule, rows] of Object.entries(table)) {
  describe(rule, () => {
    for (const [query, expected] of rows) {
      test(`${query} finds ${expected.join(', ') || 'nothing'}`, async () => {
        assert.deepEqual(await found(query), expected)
      })
    }
  })
}

test('what was contained is no longer found when it is gone', async () => {
  const query = 'MedicationRequest?medication.code=amoxicillin'
  await admin
    .put('MedicationRequest/contained', order('contained', { medicationCodeableConcept: coded('x') }))
    .expect(200)
  assert.deepEqual(await found(query), ['stored'])
})

test('whoever sees the container finds it by what it contains, and by nothing that is stored apart and hidden', async () => {
  const id = 'again'
  await admin
    .put(`MedicationRequest/${id}`, order(id, { contained: [amoxicillin], medicationReference: to('#m') }))
    .expect(201)
  const narrow = server.as({ ...administrator(), scopes: scopes('user/MedicationRequest.rs') })
  assert.deepEqual(await found('MedicationRequest?medication.code=amoxicillin', narrow), [id])
  const other = server.as({ ...administrator(), scopes: scopes('user/Medication.rs') })
  await other.get('MedicationRequest?medication.code=amoxicillin').expect(403)
})

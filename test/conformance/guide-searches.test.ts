import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { projectRoot } from '../../src/project-root.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { type Client, startServer, type TestServer } from '../support/server.ts'
import { demandsOf, type Guide } from './guide-demands.ts'

/** Every search that US Core and IPA demand of a server for documents, patients and practitioners, by GET and by POST. */
const fixture = join(projectRoot, 'test', 'fixtures', 'ig-searches', 'server-demands.json')
const guides = JSON.parse(readFileSync(fixture, 'utf8')) as Guide[]

let server: TestServer
let admin: Client
let anna: SomePerson
let doctor: SomePerson
let document: string
const values = new Map<string, string>()

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  admin = people.admin
  const identifier = [{ system: 'urn:test', value: 'A1' }]
  anna = await people.patient({ identifier, birthDate: '1980-05-06', deceasedDateTime: '2024-02-03' })
  await people.patient({ birthDate: '1980-05-07', gender: 'male', name: [{ family: 'Other', given: ['Bo'] }] })
  doctor = await people.doctor({ identifier })
  const { body } = await admin.post('DocumentReference', aDocument(anna.name))
  document = body.id
  await admin.post('Provenance', {
    resourceType: 'Provenance',
    target: [{ reference: `DocumentReference/${document}` }, anna.reference],
    recorded: '2024-01-01T00:00:00Z',
    agent: [{ who: doctor.reference }],
  })
  const content = [{ attachment: { contentType: 'text/html', data: 'aGVsbG8=' } }]
  const other = {
    ...aDocument(anna.name),
    content,
    status: 'superseded',
    date: '2020-01-01T00:00:00Z',
    type: { text: 'other' },
  }
  assert.equal(
    (await admin.post('DocumentReference', { ...other, context: undefined, category: undefined })).status,
    201,
  )
  const documents = { patient: anna.id, status: 'current', category: 'clinical-note', type: 'http://loinc.org|34133-9' }
  const times = { date: '2024-05-06', period: '2024-04', contenttype: 'text/plain' }
  note('DocumentReference', { _id: document, ...documents, ...times })
  const names = { name: 'lind', family: 'Lindqvist', given: 'Anna', gender: 'female' }
  note('Patient', {
    _id: anna.id,
    identifier: 'urn:test|A1',
    birthdate: '1980-05-06',
    'death-date': '2024-02-03',
    ...names,
  })
  note('Practitioner', { _id: doctor.id, identifier: 'A1', name: 'Berg' })
})
after(() => server.close())

function aDocument(patient: string) {
  const category = [
    {
      coding: [
        { system: 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category', code: 'clinical-note' },
      ],
    },
  ]
  const context = { period: { start: '2024-04-01', end: '2024-04-30' } }
  return aDocumentReference(patient, { category, date: '2024-05-06T07:08:09Z', context })
}

function note(type: string, known: Record<string, string>): void {
  for (const [name, value] of Object.entries(known)) values.set(`${type}.${name}`, value)
}

const wantedOf = (type: string) => ({ DocumentReference: document, Patient: anna.id, Practitioner: doctor.id })[type]!

/** The ids that a search finds; the same by POST. */
async function found(client: Client, type: string, query: [string, string][]): Promise<string[]> {
  const text = new URLSearchParams(query).toString()
  const byGet = await client.get(`${type}?${text}`)
  assert.equal(byGet.status, 200, `${type}?${text}: ${JSON.stringify(byGet.body)}`)
  const byPost = await client.raw('post')(`${type}/_search`).type('form').send(text)
  assert.equal(byPost.status, 200, `POST ${type}/_search ${text}`)
  const ids = ({ body }: { body: { entry?: { resource: { id: string } }[] } }) =>
    (body.entry ?? []).map(({ resource }) => resource.id).sort()
  assert.deepEqual(ids(byPost), ids(byGet), text)
  return ids(byGet)
}

for (const { guide, resources } of guides) {
  for (const { type, searches, revincludes, interactions, operations } of resources) {
    for (const { expectation, parameters } of searches) {
      test(`${guide}, ${expectation}: ${type} by ${parameters.join(' and ')}`, async () => {
        const query = parameters.map((name): [string, string] => [name, values.get(`${type}.${name}`)!])
        assert.ok(query.every(([, value]) => value !== undefined))
        const ids = await found(admin, type, query)
        assert.ok(ids.includes(wantedOf(type)))
        if (parameters.length > 1) assert.deepEqual(ids, [wantedOf(type)])
        await comparators(type, query)
        const [patient] = query.filter(([name]) => name === 'patient')
        if (!patient) return
        const absolute = query.map(([name, value]): [string, string] => [
          name,
          name === 'patient' ? `Patient/${value}` : value,
        ])
        assert.deepEqual(await found(admin, type, absolute), ids, 'patient=ID and patient=Patient/ID agree')
      })
    }

    test(`${guide}: ${type} has the interactions, reverse includes and operations that are demanded`, async () => {
      const { body } = await server.anonymous.get('/fhir/metadata')
      const promised = body.rest[0].resource.find((one: { type: string }) => one.type === type)
      const codes = promised.interaction.map(({ code }: { code: string }) => code)
      for (const code of interactions) assert.ok(codes.includes(code), code)
      for (const { definition } of operations) {
        assert.ok(
          promised.operation.some((one: { definition: string }) => one.definition === definition),
          definition,
        )
      }
      for (const value of revincludes) {
        const { status, body: bundle } = await admin.get(`${type}?_id=${wantedOf(type)}&_revinclude=${value}`)
        assert.equal(status, 200)
        if (type !== 'Practitioner') assert.equal(bundle.entry.at(-1).resource.resourceType, 'Provenance')
      }
    })
  }
}

/** "gt, lt, ge, le" on each date of the search: what is before and after is told apart. */
async function comparators(type: string, query: [string, string][]): Promise<void> {
  for (const [name, value] of query) {
    if (!['date', 'period', 'birthdate', 'death-date'].includes(name)) continue
    const year = Number(value.slice(0, 4))
    const with_ = (text: string) => query.map(([one, known]): [string, string] => [one, one === name ? text : known])
    const wanted = wantedOf(type)
    for (const text of [`ge${value}`, `le${value}`, `gt${year - 1}`, `lt${year + 1}`]) {
      assert.ok((await found(admin, type, with_(text))).includes(wanted), `${name}=${text}`)
    }
    for (const text of [`gt${year + 1}`, `lt${year - 1}`]) {
      assert.ok(!(await found(admin, type, with_(text))).includes(wanted), `${name}=${text}`)
    }
  }
}

const data = process.env['TEST_DATA'] && join(process.env['TEST_DATA'], 'ig')
const isThere = data !== undefined && existsSync(join(data, 'us-core-8.0.0'))
test(
  'the list is what the guides’ CapabilityStatements say',
  { skip: isThere ? false : 'TEST_DATA is not set' },
  () => {
    assert.deepEqual(guides, demandsOf(data!))
  },
)

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, anObservation, aTransaction } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** A resource that exists and that the author may read, and what he would write into an element of it. */
interface Row {
  readonly name: string
  readonly element: string
  readonly list: boolean
  readonly value: unknown
  /** The same value as a parameter of FHIRPath Patch. */
  readonly part: object
}

let server: TestServer
let author: SomePerson
let doctor: SomePerson
let patient: SomePerson
let admin: ReturnType<typeof peopleOf>['admin']
let letter: string
const rows = new Map<string, Row>()

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  ;({ admin } = people)
  author = await people.doctor()
  doctor = await people.doctor()
  patient = await people.patient({ generalPractitioner: [author.reference] })
  const { status, body } = await author.client.post('DocumentReference', aDocumentReference(patient.name))
  assert.equal(status, 201, JSON.stringify(body))
  letter = `DocumentReference/${body.id}`
  await seed()
})
after(() => server.close())

async function made(by: SomePerson['client'], type: string, more: object): Promise<string> {
  const { status, body } = await by.post(type, { resourceType: type, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return `${type}/${body.id}`
}

async function seed(): Promise<void> {
  const { reference } = doctor
  const organization = await made(admin, 'Organization', { name: 'Hospital' })
  const hospital = { reference: organization }
  const episode = await made(author.client, 'EpisodeOfCare', {
    ...{ status: 'active', patient: patient.reference, period: { start: '2026-01-01' } },
  })
  const team = await made(admin, 'CareTeam', { status: 'active', subject: patient.reference })
  const group = await made(admin, 'Group', { type: 'person', actual: true })
  const role = await made(admin, 'PractitionerRole', { active: true, practitioner: author.reference })
  const related = await made(admin, 'RelatedPerson', { active: true, patient: patient.reference })

  const add = (name: string, element: string, list: boolean, value: unknown, part: object) =>
    rows.set(`${name.split('/')[0]}.${element}`, { name, element, list, value, part })
  const ref = (name: string, element: string, list: boolean, to: object) =>
    add(name, element, list, to, { valueReference: to })
  const code = { text: 'x' }
  const identifier = { system: 'https://hospital.example/staff', value: 'x' }
  ref(patient.name, 'generalPractitioner', true, reference)
  ref(patient.name, 'managingOrganization', false, hospital)
  add(
    patient.name,
    'link',
    true,
    { other: patient.reference, type: 'seealso' },
    {
      part: [
        { name: 'other', valueReference: patient.reference },
        { name: 'type', valueCode: 'seealso' },
      ],
    },
  )
  ref(episode, 'careManager', false, reference)
  add(author.name, 'active', false, false, { valueBoolean: false })
  add(author.name, 'identifier', true, identifier, { valueIdentifier: identifier })
  add(author.name, 'qualification', true, { code }, { part: [{ name: 'code', valueCodeableConcept: code }] })
  add(author.name, 'name', true, { family: 'X' }, { valueHumanName: { family: 'X' } })
  add(team, 'participant', true, { member: reference }, { part: [{ name: 'member', valueReference: reference }] })
  add(
    group,
    'member',
    true,
    { entity: patient.reference },
    {
      part: [{ name: 'entity', valueReference: patient.reference }],
    },
  )
  ref(role, 'organization', false, hospital)
  ref(organization, 'partOf', false, hospital)
  add(related, 'active', false, false, { valueBoolean: false })
}

const elements = [
  ...['Patient.generalPractitioner', 'Patient.managingOrganization', 'Patient.link', 'EpisodeOfCare.careManager'],
  ...['active', 'identifier', 'qualification', 'name'].map((element) => `Practitioner.${element}`),
  ...['CareTeam.participant', 'Group.member', 'PractitionerRole.organization', 'Organization.partOf'],
  'RelatedPerson.active',
]

/** Not even seen by the author: what is forbidden there looks like what is not there. */
const unseen = ['Group.member']

type Stored = Readonly<Record<string, unknown>>
type Answer = Promise<{ status: number; body: unknown }>

const widened = (stored: Stored, { element, list, value }: Row): Stored => ({
  ...stored,
  [element]: list ? [...((stored[element] ?? []) as unknown[]), value] : value,
})

/** Each way to write into a resource that is there. */
const ways: Readonly<Record<string, (row: Row, stored: Stored) => Answer>> = {
  PUT: async (row, stored) => author.client.put(row.name, widened(stored, row)),
  'JSON Patch': async ({ name, element, list, value }, stored) => {
    const whole = stored[element] === undefined
    const path = `/${element}${list && !whole ? '/-' : ''}`
    return author.client.patch(name, [{ op: 'add', path, value: list && whole ? [value] : value }])
  },
  'FHIRPath Patch': async ({ name, element, list, part }, stored) => {
    const type = name.split('/')[0]!
    const replaced = !list && stored[element] !== undefined
    const target = replaced
      ? [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: `${type}.${element}` },
        ]
      : [
          { name: 'type', valueCode: 'add' },
          { name: 'path', valueString: type },
          { name: 'name', valueString: element },
        ]
    const parameter = [{ name: 'operation', part: [...target, { name: 'value', ...part }] }]
    return author.client
      .raw('patch')(name)
      .set('content-type', 'application/fhir+json')
      .send(JSON.stringify({ resourceType: 'Parameters', parameter }))
  },
  'a transaction': async (row, stored) =>
    author.client.post('', aTransaction({ resource: widened(stored, row), request: { method: 'PUT', url: row.name } })),
  'a conditional update': async (row, stored) => {
    const [type, id] = row.name.split('/')
    return author.client.put(`${type}?_id=${id}`, widened(stored, row))
  },
}

const stateOf = async (name: string) => (await admin.get(name)).body as Stored & { meta: { versionId: string } }
const seen = () => Promise.all([patient.name, letter].map(async (name) => (await doctor.client.get(name)).status))

describe('who may not write what decides access', () => {
  for (const title of elements) {
    for (const [way, write] of Object.entries(ways)) {
      const refused = unseen.includes(title) ? 404 : 403
      test(`does not write ${title} by ${way}: ${refused}, and nothing is stored`, async () => {
        const row = rows.get(title)!
        const stored = await stateOf(row.name)
        const { status, body } = await write(row, stored)
        assert.equal(status, refused, JSON.stringify(body))
        assert.deepEqual(await stateOf(row.name), stored)
        assert.deepEqual(await seen(), [404, 404])
      })
    }

    test(`opens nothing by ${title} of a contained resource, whatever becomes of it`, async () => {
      const row = rows.get(title)!
      const stored = await stateOf(row.name)
      const { meta: _meta, text: _text, ...rest } = widened(stored, row)
      const contained = [{ ...rest, id: 'inside' }]
      const about = {
        contained,
        extension: [{ url: 'https://example.org/inside', valueReference: { reference: '#inside' } }],
      }
      const { status } = await author.client.post('Observation', anObservation(patient.name, about))
      assert.ok(status === 201 || (status >= 400 && status < 500), String(status))
      assert.deepEqual(await stateOf(row.name), stored)
      assert.deepEqual(await seen(), [404, 404])
    })
  }

  test('writes other elements of the own record, and episodes that have no care manager', async () => {
    const self = await stateOf(author.name)
    const telecom = [{ system: 'phone', value: '+46 8 123' }]
    assert.equal((await author.client.put(author.name, { ...self, telecom })).status, 200)
    const episode = { resourceType: 'EpisodeOfCare', status: 'active', patient: patient.reference }
    assert.equal((await author.client.post('EpisodeOfCare', episode)).status, 201)
    for (const careManager of [author.reference, doctor.reference]) {
      const { status, body } = await author.client.post('EpisodeOfCare', { ...episode, careManager })
      assert.equal(status, 403, JSON.stringify(body))
      assert.match(JSON.stringify(body), /EpisodeOfCare\.careManager/)
    }
  })
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { type Client, person, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
let doctor: SomePerson
let anna: SomePerson
let ben: SomePerson
const names = new Map<string, string>()
const ccd = { system: 'http://loinc.org', code: '34133-9' }
const note = { system: 'http://loinc.org', code: '11506-3' }
const ips = 'http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips'

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  admin = people.admin
  doctor = await people.doctor()
  anna = await people.patient()
  ben = await people.patient()
  const document = { date: '2024-07-01T10:00:00Z', type: { coding: [ccd] } }
  await made('summary', anna, { ...document, context: { period: { start: '2024-01-01', end: '2024-03-31' } } })
  await made('note', anna, {
    ...document,
    date: '2024-08-01T10:00:00Z',
    type: { coding: [note] },
    author: [doctor.reference],
  })
  const format = { system: 'urn:test', code: ips }
  const attachment = { contentType: 'text/plain', data: 'aGVsbG8=' }
  await made('international', anna, { ...document, date: '2024-06-01T10:00:00Z', content: [{ attachment, format }] })
  await made('replaced', anna, { ...document, status: 'superseded' })
  await made('of Ben', ben, document)
})
after(() => server.close())

async function made(name: string, patient: SomePerson, more: object) {
  const { status, body } = await admin.post('DocumentReference', aDocumentReference(patient.name, more))
  assert.equal(status, 201, JSON.stringify(body))
  names.set(body.id, name)
}

async function found(client: Client, query: string): Promise<string[]> {
  const { status, body } = await client.get(`DocumentReference/$docref?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual([body.resourceType, body.type], ['Bundle', 'searchset'])
  return (body.entry ?? []).map(({ resource }: { resource: { id: string } }) => names.get(resource.id))
}

test('the current documents of a patient come newest first', async () => {
  assert.deepEqual(await found(admin, `patient=${anna.id}`), ['note', 'summary', 'international'])
  assert.deepEqual(await found(admin, `patient=${anna.name}`), ['note', 'summary', 'international'])
  assert.deepEqual(await found(admin, 'patient=nobody'), [])
})

test('start and end are about the care, and about the document only where that is not known', async () => {
  assert.deepEqual(await found(admin, `patient=${anna.id}&start=2024-03-01&end=2024-04-01`), ['summary'])
  assert.deepEqual(await found(admin, `patient=${anna.id}&start=2024-06-15T00:00:00Z`), ['note'])
  assert.deepEqual(await found(admin, `patient=${anna.id}&end=2024-06-30`), ['summary', 'international'])
})

test('type, profile and on-demand narrow it', async () => {
  assert.deepEqual(await found(admin, `patient=${anna.id}&type=http://loinc.org|11506-3`), ['note'])
  assert.deepEqual(await found(admin, `patient=${anna.id}&type=11506-3&type=http://loinc.org|34133-9`), [
    'note',
    'summary',
    'international',
  ])
  assert.deepEqual(await found(admin, `patient=${anna.id}&type=http://example.org|11506-3`), [])
  assert.deepEqual(await found(admin, `patient=${anna.id}&profile=${ips}`), ['international'])
  assert.deepEqual(await found(admin, `patient=${anna.id}&on-demand=false`), ['note', 'summary', 'international'])
  assert.deepEqual(await found(admin, `patient=${anna.id}&on-demand=true`), [], 'nothing is generated here')
})

test('POST takes Parameters, or the query', async () => {
  const parameter = [
    { name: 'patient', valueId: anna.id },
    { name: 'type', valueCoding: note },
  ]
  const sent = await admin.post('DocumentReference/$docref', { resourceType: 'Parameters', parameter })
  assert.equal(sent.status, 200, JSON.stringify(sent.body))
  assert.equal(sent.body.total, 1)
  const link = sent.body.link[0].url
  assert.ok(link.endsWith(`$docref?patient=${anna.id}&type=${encodeURIComponent('http://loinc.org|11506-3')}`), link)
  const bare = await admin.raw('post')(`DocumentReference/$docref?patient=${anna.id}`)
  assert.equal(bare.body.total, 3)
})

test('pages follow each other', async () => {
  const seen: string[] = []
  let path: string | undefined = `patient=${anna.id}&_count=2`
  while (path !== undefined) {
    const { body } = await admin.get(`DocumentReference/$docref?${path}`)
    seen.push(...body.entry.map(({ resource }: { resource: { id: string } }) => names.get(resource.id)))
    path = body.link.find(({ relation }: { relation: string }) => relation === 'next')?.url.split('?')[1]
  }
  assert.deepEqual(seen, ['note', 'summary', 'international'])
})

test('each sees what a search would show; an app that was launched for one patient asks for no other', async () => {
  assert.deepEqual(await found(doctor.client, `patient=${anna.id}`), ['note'])
  assert.deepEqual(await found(anna.client, `patient=${anna.id}`), ['note', 'summary', 'international'])
  assert.deepEqual(await found(anna.client, `patient=${ben.id}`), [])
  const app = server.as(person(server, 'patient', 'Patient', anna.id, 'patient/*.rs'))
  assert.equal((await app.get(`DocumentReference/$docref?patient=${ben.id}`)).status, 403)
  assert.equal((await app.get('DocumentReference/$docref?patient=nobody')).status, 403)
  const small = server.as(person(server, 'patient', 'Patient', anna.id, 'patient/Patient.rs'))
  assert.equal((await small.get(`DocumentReference/$docref?patient=${anna.id}`)).status, 403)
})

test('what it cannot read is refused where it stands', async () => {
  for (const [place, query] of [
    ['patient', ''],
    ['patient', 'patient=a b'],
    ['patient', `patient=Practitioner/${anna.id}`],
    ['start', 'patient=1&start=x'],
    ['foo', 'patient=1&foo=1'],
    ['on-demand', 'patient=1&on-demand=maybe'],
    ['type', 'patient=1&type=|'],
  ]) {
    const { status, body } = await admin.get(`DocumentReference/$docref?${query}`)
    assert.deepEqual([status, body.issue[0].expression], [400, [place]], query)
  }
})

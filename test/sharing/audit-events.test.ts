import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { loadDefinitions } from '../../src/definitions/load.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { type Client, scopes, startServer, type TestServer } from '../support/server.ts'
import {
  aHospital,
  anAccessRequest,
  current,
  ofKind,
  requested,
  scope,
  step,
  type StoredTask,
} from '../support/access-request.ts'
import { aDocumentReference } from '../support/resources.ts'
import { definitionsWithBalp } from '../support/balp-definitions.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'

interface Coded {
  coding: { code: string }[]
}

interface Event extends Resource {
  agent: {
    type: { coding: { code: string }[] }
    who: { reference?: string; identifier?: { system?: string; value: string }; display?: string }
    requestor: boolean
    policy?: string[]
    network?: { address: string; type: string }
  }[]
  entity: { what?: { reference?: string; identifier?: { value: string } }; role?: { code: string }; query?: string }[]
  subtype: { code: string }[]
  action: string
  outcome: string
}

let server: TestServer
let admin: Client
let officer: Client
let doctor: SomePerson
let stranger: SomePerson
let patient: SomePerson
let other: SomePerson
let observation: string

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  admin = people.admin
  officer = server.as({ roles: ['privacy-officer'], scopes: scopes('user/*.rs') })
  doctor = await people.doctor()
  stranger = await people.doctor()
  const care = { generalPractitioner: [doctor.reference] }
  ;[patient, other] = [await people.patient(care), await people.patient(care)]
  observation = (await doctor.client.post('Observation', anObservation(patient)).expect(201)).body.id
  await doctor.client.post('Observation', anObservation(other)).expect(201)
})
const remove: (() => void)[] = []
after(async () => {
  for (const one of remove) one()
  await server.close()
})

function anObservation({ reference }: SomePerson) {
  return { resourceType: 'Observation', status: 'final', code: { text: 'pulse' }, subject: reference }
}

async function found(client: Client, query: string): Promise<Event[]> {
  const { body } = await client.get(`AuditEvent?_count=1000&${query}`).expect(200)
  return ((body.entry ?? []) as { resource: Event }[]).map(({ resource }) => resource)
}

/** The events of one request. */
async function eventsOf(
  act: (requestId: string) => Promise<unknown>,
  of: 'seen' | 'unseen' | 'both' = 'both',
): Promise<Event[]> {
  const requestId = `r-${++requests}`
  await act(requestId)
  const events = (await found(officer, `_sort=-date`)).filter(({ entity }) =>
    entity.some(({ what }) => what?.identifier?.value === requestId),
  )
  if (of === 'both') return events
  const isUnseen = ({ agent }: Event) => agent.some(({ requestor, who }) => requestor && who.reference === undefined)
  return events.filter((event) => isUnseen(event) === (of === 'unseen'))
}
let requests = 0

const concerned = (events: readonly Event[]) =>
  events.flatMap(({ entity }) => entity.filter(({ role }) => role?.code === '1').map(({ what }) => what!.reference))

const roles = ({ agent }: Event) => agent.map(({ type }) => type.coding.map(({ code }) => code).join('+'))

test('BALP-1: a read leaves one event, which is there when the answer is', async () => {
  const events = await eventsOf((id) =>
    doctor.client.get(`Observation/${observation}`).set('x-request-id', id).expect(200),
  )
  assert.equal(events.length, 1)
  assert.deepEqual(concerned(events), [patient.name])
})

test('BALP-1: a page with two patients leaves two events, each about one', async () => {
  const events = await eventsOf((id) => doctor.client.get('Observation').set('x-request-id', id).expect(200))
  assert.deepEqual(concerned(events).sort(), [patient.name, other.name].sort())
  assert.equal(events.length, 2)
})

test('BALP-2: an event says what was done, how it ended, when, by whom, through what and where', async () => {
  const [event] = await eventsOf((id) => doctor.client.get(`Observation/${observation}`).set('x-request-id', id))
  assert.equal((event!['type'] as { code: string }).code, 'rest')
  assert.deepEqual(
    event!.subtype.map(({ code }) => code),
    ['read'],
  )
  assert.equal(event!.action, 'R')
  assert.equal(event!.outcome, '0')
  assert.ok(Math.abs(Date.parse(event!['recorded'] as string) - Date.now()) < 600_000)
  const [client, served, user] = event!.agent
  assert.match(client!.network!.address, /127\.0\.0\.1|::1/)
  assert.equal(served!.network!.address, server.base)
  assert.deepEqual([client!.requestor, served!.requestor, user!.requestor], [false, false, true])
  assert.equal(user!.who.reference, doctor.name)
})

test('BALP-3: who reads is the destination, who searches or writes is the source, who deletes is an application', async () => {
  const id = (await admin.post('Observation', anObservation(patient)).expect(201)).body.id as string
  const body = { ...anObservation(patient), id, note: [{ text: 'again' }] }
  const asked = async (act: (id: string) => Promise<unknown>) => roles((await eventsOf(act))[0]!)
  const header = 'x-request-id'
  assert.deepEqual(await asked((r) => admin.get(`Observation/${id}`).set(header, r)), [
    '110152',
    '110153',
    'IRCP+UserOauthAgent',
  ])
  assert.deepEqual(await asked((r) => admin.get(`Observation/${id}/_history/1`).set(header, r)), [
    '110152',
    '110153',
    'IRCP+UserOauthAgent',
  ])
  assert.deepEqual(await asked((r) => admin.get(`Observation?_id=${id}`).set(header, r)), [
    '110153',
    '110152',
    'IRCP+UserOauthAgent',
  ])
  assert.deepEqual(await asked((r) => admin.put(`Observation/${id}`, body).set(header, r)), [
    '110153',
    '110152',
    'AUT+UserOauthAgent',
  ])
  assert.deepEqual(await asked((r) => admin.post('Observation', anObservation(patient)).set(header, r)), [
    '110153',
    '110152',
    'AUT+UserOauthAgent',
  ])
  assert.deepEqual(await asked((r) => admin.delete(`Observation/${id}`).set(header, r)), [
    '110150',
    'custodian',
    'AUT+UserOauthAgent',
  ])
})

test('BALP-4: a search keeps the exact request, by GET and by POST, and a read names what was read', async () => {
  const get = `Observation?patient=${patient.id}&code:text=pul%73e&_count=0005`
  const [searched] = await eventsOf((id) => doctor.client.get(get).set('x-request-id', id).expect(200))
  assert.equal(queryOf(searched!), `GET /fhir/${get}`)
  assert.equal(searched!.entity.find(({ query }) => query)!.what, undefined)
  const form = `subject=Patient/${patient.id}&_total=accurate`
  const [posted] = await eventsOf((id) =>
    doctor.client
      .raw('post')('Observation/_search')
      .set({ 'x-request-id': id, 'content-type': 'application/x-www-form-urlencoded' })
      .send(form)
      .expect(200),
  )
  assert.equal(queryOf(posted!), `POST /fhir/Observation/_search\n\n${form}`)
  const [read] = await eventsOf((id) => doctor.client.get(`Observation/${observation}`).set('x-request-id', id))
  const references = read!.entity.map(({ what }) => what?.reference).filter(Boolean)
  assert.deepEqual(references, [`Observation/${observation}`, patient.name])
})

const isError = ({ severity }: { severity: string }) => severity === 'error' || severity === 'fatal'

function queryOf({ entity }: Event): string {
  return Buffer.from(entity.find(({ query }) => query)!.query!, 'base64').toString()
}

test('BALP-5: the account is told as a subject of the issuer, the app by its id, and of the token its end alone', async () => {
  const [event] = await eventsOf((id) => doctor.client.get(`Observation/${observation}`).set('x-request-id', id))
  const [client, , user] = event!.agent
  assert.equal(client!.who.identifier!.value, 'test')
  assert.equal(user!.who.identifier!.system, `${server.url}/auth`)
  assert.ok(user!.who.identifier!.value)
  assert.deepEqual(user!.policy, [doctor.client.token!.slice(-8)])
})

test('BALP-7: a document that a message passes on leaves an event at the source and one at the recipient', async () => {
  const colleague = await peopleOf(server).doctor()
  const document = await doctor.client.post('DocumentReference', aDocumentReference(patient.name)).expect(201)
  const reference = `DocumentReference/${document.body.id}`
  const message = {
    resourceType: 'Communication',
    status: 'in-progress',
    recipient: [colleague.reference],
    payload: [{ contentReference: { reference } }],
  }
  const events = await eventsOf((id) =>
    doctor.client.post('Communication', message).set('x-request-id', id).expect(201),
  )
  const disclosures = events.filter(({ subtype }) => subtype.some(({ code }) => code === 'disclose'))
  assert.deepEqual(disclosures.map((one) => (one['type'] as { code: string }).code).sort(), ['110106', '110107'])
  for (const { agent, entity } of disclosures) {
    assert.deepEqual(
      agent.map(({ who }) => who.reference),
      [doctor.name, colleague.name],
    )
    const about = entity.map(({ what }) => what?.reference)
    assert.deepEqual(about.slice(0, 2), [patient.name, reference])
    assert.match(about[2]!, /^Consent\//)
  }
  const { body } = await patient.client.get(`Patient/${patient.id}/$access-log`).expect(200)
  const log = JSON.stringify(body)
  assert.match(log, /passed your documents on to/)
  assert.equal(log.split('"valueString":"passed your documents on to').length, 2)
})

/** The decisions about a patient, as somebody finds them. */
const decisionsOf = async (client: Client, { id }: SomePerson) =>
  (await found(client, `subtype=AuthZ-Consent&patient=${id}`)).map((event) => ({
    type: (event['type'] as { code: string }).code,
    ended: [event.action, event.outcome, event['outcomeDesc']],
    who: event.agent.map(({ type, who }) => [type.coding[0]!.code, who.reference ?? who.display]),
    about: event.entity.map(({ what }) => what!.reference!),
  }))

/** A request for the letters of a patient, which the office decides. */
async function decided(status: 'accepted' | 'rejected') {
  const { office, fresh } = await aHospital(server)
  const { doctor, patient } = await fresh()
  const { body: hospital } = await admin.post('Organization', { resourceType: 'Organization', name: 'Harbour Clinic' })
  const organization = `Organization/${hospital.id}`
  const place = { practitioner: doctor.reference, organization: { reference: organization }, active: true }
  await admin.post('PractitionerRole', { resourceType: 'PractitionerRole', ...place }).expect(201)
  const about = { for: patient.reference, input: [scope(ofKind('letter'))] }
  const task = await current(office, await requested(server, doctor, anAccessRequest(about)))
  const more = status === 'rejected' ? { statusReason: { text: 'Not yours to see.' } } : {}
  const { body } = await step(office, task, status, more).expect(200)
  return { doctor, patient, organization, task: `Task/${task.id}`, output: body.output as StoredTask['output'] }
}

test('BALP-6: what is granted leaves an event with who asked, for which organization, who decided, and the Consent', async () => {
  const { doctor, patient, organization, output } = await decided('accepted')
  const [event, ...more] = await decisionsOf(officer, patient)
  assert.deepEqual(more, [])
  assert.deepEqual([event!.type, event!.ended], ['110113', ['E', '0', undefined]])
  assert.deepEqual(event!.about, [patient.name, output!.at(-1)!.valueReference!.reference])
  const [client, user, place, authorizer, decider] = event!.who
  assert.deepEqual([client![0], authorizer], ['110150', ['authserver', 'Chartshare']])
  assert.deepEqual(
    [user, place],
    [
      ['IRCP', doctor.name],
      ['PROV', organization],
    ],
  )
  assert.match(decider!.join(' '), /^AUT Practitioner\//)
  assert.equal((await decisionsOf(patient.client, patient)).length, 1)
  assert.equal((await decisionsOf(doctor.client, patient)).length, 1)
})

test('BALP-6: what is refused leaves an event for the patient, which who asked does not find', async () => {
  const { doctor, patient, task } = await decided('rejected')
  const [event, ...more] = await decisionsOf(patient.client, patient)
  assert.deepEqual(more, [])
  assert.deepEqual(event!.ended, ['E', '4', 'The request was not granted.'])
  assert.deepEqual(event!.about, [patient.name, task])
  assert.deepEqual(event!.who[1], ['IRCP', doctor.name])
  assert.deepEqual(await decisionsOf(doctor.client, patient), [])
})

test('BALP-2: the person has a role by its kind, and a patient asks for the own sake', async () => {
  const asked = async ({ client }: SomePerson) => {
    const [event] = await eventsOf((id) => client.get(`Observation/${observation}`).set('x-request-id', id).expect(200))
    const { role, purposeOfUse } = event!.agent[2] as { role?: Coded[]; purposeOfUse?: Coded[] }
    return [role, purposeOfUse].map((concepts) => concepts?.[0]?.coding[0]!.code)
  }
  assert.deepEqual(await asked(doctor), ['PROV', undefined])
  assert.deepEqual(await asked(patient), ['PAT', 'PATRQT'])
})

test('BALP-8: nobody changes or removes a stored event', async () => {
  const [event] = await found(officer, '')
  for (const client of [admin, officer, doctor.client, patient.client]) {
    const path = `AuditEvent/${event!.id}`
    for (const answer of [client.put(path, { ...event, action: 'D' }), client.patch(path, []), client.delete(path)]) {
      const { status } = await answer
      assert.ok(status === 405 || (status === 403 && client === officer), `${status}`)
    }
  }
  const { body } = await admin.get(`AuditEvent/${event!.id}`)
  assert.deepEqual(body, event)
})

test('a doctor finds what he did himself, a patient what was done with his record, and the officer all of it', async () => {
  await stranger.client.get(`Observation/${observation}`).expect(404)
  const own = await found(doctor.client, '')
  assert.ok(own.length > 0)
  assert.ok(own.every(({ agent }) => agent.some(({ who }) => who.reference === doctor.name)))
  const mine = await found(patient.client, '')
  assert.ok(mine.length > 0)
  assert.deepEqual([...new Set(concerned(mine))], [patient.name])
  assert.ok((await found(officer, '')).length > mine.length)
})

test('a refusal is told to the patient whom it concerned, and does not tell the caller whose the record is', async () => {
  const act = (id: string) => stranger.client.get(`Observation/${observation}`).set('x-request-id', id).expect(404)
  const events = await eventsOf(act)
  assert.equal(events.length, 2)
  assert.ok(events.every(({ outcome }) => outcome === '4'))
  assert.deepEqual(concerned(events), [patient.name])
  const visible = await found(stranger.client, '')
  assert.ok(visible.length > 0)
  assert.deepEqual(concerned(visible), [])
  assert.ok(!JSON.stringify(visible).includes(patient.id))
  const told = (await found(patient.client, '')).filter(({ outcome }) => outcome === '4')
  assert.ok(told.some(({ agent }) => agent.some(({ who }) => who.display === stranger.name)))
})

test('who asks for a patient and is shown nothing is told to that patient as well', async () => {
  const act = (id: string) => stranger.client.get(`Condition?patient=${patient.id}`).set('x-request-id', id).expect(200)
  assert.deepEqual(concerned(await eventsOf(act, 'unseen')), [patient.name])
  assert.deepEqual(concerned(await found(stranger.client, 'type=rest')), [])
})

test('events are found by what R4 defines: patient, date, agent, entity, action, outcome, type, subtype', async () => {
  const count = async (query: string) => (await found(officer, query)).length
  assert.ok((await count(`patient=${patient.id}&action=R&outcome=0&type=rest&subtype=read`)) > 0)
  assert.ok((await count(`agent=${doctor.name}&entity=Observation/${observation}&date=gt2020-01-01`)) > 0)
  assert.equal(await count(`patient=${patient.id}&date=lt2020-01-01`), 0)
  assert.equal(await count(`agent=${doctor.name}&outcome=8`), 0)
  assert.ok((await count('_lastUpdated=gt2020-01-01&entity-type=2')) > 0)
  await officer.get('AuditEvent?colour=red').expect(400)
})

test('every event is a valid AuditEvent', async () => {
  const definitions = await loadDefinitions()
  const events = await found(officer, '')
  assert.ok(events.length > 20)
  for (const event of events) {
    const wrong = definitions.validate(event).filter(isError)
    assert.deepEqual(wrong, [], JSON.stringify(event))
  }
})

const ig = process.env['TEST_DATA'] && path.join(process.env['TEST_DATA'], 'ig', 'ihe-basicaudit', 'json')

test(
  'BALP-3: every event follows the profiles of BALP that it claims',
  { skip: ig && existsSync(ig) ? false : 'NEEDS TEST_DATA: the profiles of BALP are not here' },
  async () => {
    const definitions = await definitionsWithBalp(ig!, (one) => remove.push(one))
    const events = await found(officer, '')
    const claimed = new Set<string>()
    for (const event of events) {
      const profiles = event.meta?.profile ?? []
      for (const profile of profiles) claimed.add(profile.split('.').at(-1)!)
      const issues = definitions.validate(event, { profiles })
      const wrong = issues.filter(isError)
      assert.deepEqual(wrong, [], JSON.stringify(event))
      assert.ok(!JSON.stringify(issues).includes('not on board') || profiles.length === 0, JSON.stringify(issues))
    }
    const read = events.find(({ meta }) => meta?.profile?.some((profile) => profile.endsWith('PatientRead')))!
    const [client, served, ...others] = read.agent
    const mistaken = { type: served!.type, who: client!.who, requestor: false }
    const twisted = { ...read, agent: [mistaken, served!, ...others] }
    assert.notDeepEqual(definitions.validate(twisted, { profiles: read.meta!.profile! }).filter(isError), [])
    for (const name of [
      'PatientCreate',
      'PatientRead',
      'PatientUpdate',
      'PatientDelete',
      'PatientQuery',
      'Opaque',
      'AuthZconsent',
      'Source',
      'Recipient',
    ])
      assert.ok(claimed.has(name), name)
  },
)

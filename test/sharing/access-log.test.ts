import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '../../src/access/principal.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { type Client, person, scopes, startServer, type TestServer } from '../support/server.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'

interface Part {
  name: string
  part?: Part[]
  valueString?: string
  valueCode?: string
  valueUri?: string
  valueId?: string
  valueReference?: { reference: string }
}

let server: TestServer
let admin: Client
let officer: Client
let doctor: SomePerson
let stranger: SomePerson
let grantee: SomePerson
let patient: SomePerson
let observation: string
let consent: string

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  admin = people.admin
  officer = server.as({ roles: ['privacy-officer'], scopes: scopes('user/*.cruds') })
  const named = (family: string) => ({ name: [{ prefix: ['Dr.'], given: ['Ada'], family }] })
  doctor = await people.doctor(named('Lindqvist'))
  stranger = await people.doctor(named('Unbekannt'))
  grantee = await people.doctor(named('Okafor'))
  patient = await people.patient({ generalPractitioner: [doctor.reference] })
  const { body: hospital } = await admin.post('Organization', { resourceType: 'Organization', name: 'Harbour Clinic' })
  await admin
    .post('PractitionerRole', {
      resourceType: 'PractitionerRole',
      practitioner: doctor.reference,
      organization: { reference: `Organization/${hospital.id}` },
      specialty: [{ text: 'Cardiology' }],
    })
    .expect(201)
  const pulse = { resourceType: 'Observation', status: 'final', code: { text: 'pulse' }, subject: patient.reference }
  observation = (await doctor.client.post('Observation', pulse).expect(201)).body.id
  const shared = await patient.client.post('Consent', aConsent()).expect(201)
  consent = shared.body.id
  await doctor.client.get(`Observation/${observation}`).expect(200)
  await grantee.client.get(`Observation/${observation}`).expect(200)
  await stranger.client.get(`Observation/${observation}`).expect(404)
})
after(() => server.close())

function aConsent() {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: patient.reference,
    policy: [{ uri: 'http://example.org/policy' }],
    provision: {
      type: 'permit',
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
          reference: grantee.reference,
        },
      ],
    },
  }
}

async function lines(client: Client, query = ''): Promise<Part[]> {
  const { body } = await client.get(`Patient/${patient.id}/$access-log${query}`).expect(200)
  return body.parameter as Part[]
}

const entries = async (client: Client, query = '?_count=200') =>
  (await lines(client, query)).filter(({ name }) => name === 'entry').map(({ part }) => part!)

const of = (part: readonly Part[], name: string) => part.find((one) => one.name === name)

async function lineOf(who: SomePerson, mark: string, about = ''): Promise<Part[]> {
  const found = (await entries(patient.client)).find(
    (part) =>
      of(part, 'person')?.valueReference?.reference === who.name &&
      of(part, 'mark')?.valueCode === mark &&
      of(part, 'text')!.valueString!.includes(about),
  )
  assert.ok(found, `no line of ${who.name} that is marked ${mark}`)
  return found
}

test('ACC-2: each line says in plain words who, in which role, of which organisation, when, what and why', async () => {
  const part = await lineOf(doctor, 'seen')
  const text = 'Dr. Ada Lindqvist (Cardiology, Harbour Clinic) looked at your results and measurements.'
  assert.equal(of(part, 'text')!.valueString, text)
  assert.equal(of(part, 'role')!.valueString, 'Cardiology')
  assert.equal(of(part, 'organization')!.valueString, 'Harbour Clinic')
  assert.equal(of(part, 'why')!.valueString, 'Your record names this person as the one who treats you.')
  assert.equal(of(part, 'data')!.valueReference!.reference, `Observation/${observation}`)
  assert.ok(of(part, 'when'))
})

test('ACC-2: a line names the consent under which the record was seen', async () => {
  const part = await lineOf(grantee, 'seen')
  assert.equal(of(part, 'grant')!.valueReference!.reference, `Consent/${consent}`)
  assert.equal(of(part, 'why')!.valueString, 'A consent allowed it.')
  assert.equal(of(await lineOf(doctor, 'seen'), 'grant'), undefined)
})

test('ACC-2: who wrote into the record is told apart from who looked, and both from the patient himself', async () => {
  assert.match(of(await lineOf(doctor, 'changed'), 'text')!.valueString!, /added to your results and measurements\.$/)
  assert.match(of(await lineOf(patient, 'own'), 'text')!.valueString!, /^You /)
})

const texts = async () => (await entries(patient.client)).map((part) => of(part, 'text')!.valueString!)

test('ACC-2: who looked at the log itself is told in a sentence of its own', async () => {
  await officer.get(`AuditEvent?patient=${patient.id}`).expect(200)
  const told = (await texts()).filter((text) => text.includes('who looked'))
  assert.ok(told.length > 0)
  for (const text of told) assert.match(text, / looked through the list of who looked at records\.$/)
})

test('ACC-2: somebody without a name is told apart from a program, and is no bare id', async () => {
  const scoped = { scopes: scopes('user/*.rs'), roles: ['admin'] satisfies Role[] }
  const observed = `Observation/${observation}`
  await server
    .as({ ...scoped, accountId: '4711' })
    .get(observed)
    .expect(200)
  await server
    .as({ kind: 'system', roles: [], scopes: scopes('system/*.rs') })
    .get(observed)
    .expect(200)
  await server
    .as({ ...person(server, 'admin', 'Practitioner', 'gone', 'user/*.rs') })
    .get(observed)
    .expect(200)
  const told = await texts()
  const looked = 'looked at your results and measurements.'
  for (const who of [
    'Somebody whose name is not known',
    'The system "test"',
    'A member of the staff whose name is not known',
  ])
    assert.ok(told.includes(`${who} ${looked}`), who)
  assert.ok(!told.some((text) => text.includes('Practitioner/')))
})

test('ACC-2: what the server adds on behalf of somebody is told of who caused it', async () => {
  const { body } = await doctor.client.post('DocumentReference', aDocumentReference(patient.name)).expect(201)
  const payload = [{ contentReference: { reference: `DocumentReference/${body.id}` } }]
  const recipient = [(await peopleOf(server).doctor()).reference]
  const message = { resourceType: 'Communication', status: 'in-progress', recipient, payload }
  await doctor.client.post('Communication', message).expect(201)
  assert.match(of(await lineOf(doctor, 'changed', 'consents'), 'text')!.valueString!, /^Dr\. Ada Lindqvist .*added to/)
  assert.ok(!(await texts()).some((text) => text.startsWith('The system "chartshare"')))
})

test('ACC-2: who acts for the patient has the log while the relation lasts, and of no other patient', async () => {
  const path = `Patient/${patient.id}/$access-log`
  const relative = async (period: object) => {
    const resource = { resourceType: 'RelatedPerson', active: true, patient: patient.reference, period }
    const { body } = await admin.post('RelatedPerson', resource).expect(201)
    return server.as(person(server, 'proxy', 'RelatedPerson', body.id, 'user/*.rs'))
  }
  const daughter = await relative({ start: '2020-01-01' })
  const until = `?_count=200&end=${new Date().toISOString()}`
  const seenBy = async (client: Client) => (await entries(client, until)).map((part) => of(part, 'event'))
  assert.deepEqual(await seenBy(daughter), await seenBy(patient.client))
  await daughter.get(`Observation/${observation}`).expect(200)
  const own = (await entries(patient.client)).find((part) =>
    of(part, 'person')?.valueReference?.reference.startsWith('RelatedPerson/'),
  )
  assert.equal(of(own!, 'who')!.valueString, 'A relative whose name is not known')
  assert.equal(of(own!, 'why')!.valueString, 'This person acts for you.')
  await (await relative({ end: '2020-01-01' })).get(path).expect(404)
  const other = await peopleOf(server).patient()
  await daughter.get(`Patient/${other.id}/$access-log`).expect(404)
})

test('ACC-2: pages follow each other without a gap or a double', async () => {
  const seen: string[] = []
  let url: string | undefined =
    `${server.base}/Patient/${patient.id}/$access-log?_count=2&end=${new Date().toISOString()}`
  const whole = await entries(patient.client, `?_count=200&end=${new Date().toISOString()}`)
  for (let pages = 0; url !== undefined; pages++) {
    assert.ok(pages < 40)
    const { body } = await patient.client.get(url.slice(server.url.length)).expect(200)
    const part = body.parameter as Part[]
    seen.push(...part.flatMap((one) => (one.part ? [of(one.part, 'event')!.valueReference!.reference] : [])))
    url = part.find(({ name }) => name === 'next')?.valueUri
  }
  const names = whole.map((part) => of(part, 'event')!.valueReference!.reference)
  assert.equal(new Set(seen).size, seen.length)
  assert.deepEqual(seen.filter((name) => names.includes(name)).sort(), [...names].sort())
})

test('ACC-2: the log is for the patient, the administrator and who answers for privacy; to others it is refused or not there', async () => {
  const path = `Patient/${patient.id}/$access-log`
  assert.ok((await entries(officer)).length > 3)
  assert.ok((await entries(admin)).length > 3)
  await doctor.client.get(path).expect(403)
  await stranger.client.get(path).expect(404)
  await peopleOf(server)
    .patient()
    .then(({ client }) => client.get(path).expect(404))
  await server
    .as(person(server, 'patient', 'Patient', patient.id, 'patient/Patient.rs'))
    .get(path)
    .expect(403)
  await officer.get('Patient/nobody/$access-log').expect(404)
})

test('ACC-2: the operation is promised, and its answer is a valid Parameters', async () => {
  const { body } = await server.anonymous.get('metadata').expect(200)
  const resources = body.rest[0].resource as { type: string; operation?: { name: string; definition: string }[] }[]
  const promised = resources.find(({ type }) => type === 'Patient')!.operation!.map(({ name }) => name)
  assert.ok(promised.includes('access-log') && promised.includes('ask-about-access'))
  const answer = { resourceType: 'Parameters', parameter: await lines(patient.client) }
  const wrong = (await loadDefinitions()).validate(answer).filter(({ severity }) => severity === 'error')
  assert.deepEqual(wrong, [])
})

test('ACC-3: a denied attempt stands in the log of the patient and is marked', async () => {
  const part = await lineOf(stranger, 'refused', 'results')
  const text = 'Dr. Ada Unbekannt tried to reach your results and measurements and was refused.'
  assert.equal(of(part, 'text')!.valueString, text)
  assert.equal(of(part, 'why')!.valueString, 'Nothing allowed it.')
})

test('ACC-3: who asked for the record and was shown nothing is marked', async () => {
  await stranger.client.get(`Condition?patient=${patient.id}`).expect(200)
  const part = await lineOf(stranger, 'asked')
  assert.match(of(part, 'text')!.valueString!, /asked for your illnesses and problems and was shown nothing\.$/)
})

test('ACC-3: the question of a patient becomes a Task that the privacy officer finds and answers, and the patient follows', async () => {
  const event = of(await lineOf(stranger, 'refused', 'results'), 'event')!.valueReference!.reference
  const ask = (client: Client, more: Part[] = []) => {
    const parameter = [{ name: 'question', valueString: 'Who is this?' }, ...more]
    return client.post(`Patient/${patient.id}/$ask-about-access`, { resourceType: 'Parameters', parameter })
  }
  const { body } = await ask(patient.client, [{ name: 'event', valueId: event.split('/')[1]! }]).expect(200)
  const name = body.parameter[0].valueReference.reference as string
  const { body: task } = await officer.get(name).expect(200)
  assert.equal(task.description, 'Who is this?')
  assert.equal(task.focus.reference, event)
  assert.equal(task.for.reference, patient.name)
  const found = await officer.get('Task?code=access-query&status=requested').expect(200)
  assert.equal(found.body.entry.length, 1)
  const answered = { ...task, status: 'completed', note: [{ text: 'A colleague on call, who mistook you.' }] }
  await officer.put(name, answered).expect(200)
  await officer.put(name, { ...answered, description: 'Nothing' }).expect(403)
  assert.equal((await patient.client.get(name).expect(200)).body.status, 'completed')
  await patient.client.put(name, { ...answered, status: 'requested' }).expect(403)
  await stranger.client.get(name).expect(404)
  await doctor.client.get(name).expect(404)
  await ask(doctor.client).expect(403)
  await ask(stranger.client).expect(404)
  await ask(patient.client, [{ name: 'event', valueId: 'of-nobody' }]).expect(404)
})

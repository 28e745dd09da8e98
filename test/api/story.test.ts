import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import request from 'supertest'
import { createBrowser } from '../support/browser.ts'
import { mailsTo } from '../support/people.ts'
import { aPatient } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type FhirClient, launchFhirClient, signIn } from '../support/sign-in.ts'

/**
 * The main job, from an empty server to a suspended doctor, over HTTP with the server's own forms, mails and tokens.
 */
const administrator = { email: 'office@example.org', password: 'seven lanterns at the harbour' }
const password = 'a quiet orchard in november'

let server: TestServer
let admin: Caller
before(async () => {
  server = await startServer({ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password })
  admin = callerWith(await tokenOf(administrator))
})
after(() => server.close())

type Caller = ReturnType<typeof callerWith>

function callerWith(token: string) {
  const bearing = (test: request.Test) => test.set('authorization', `Bearer ${token}`)
  const fhir = (path: string) => (path.startsWith('/') ? path : `/fhir/${path}`)
  return {
    get: (path: string) => bearing(request(server.url).get(fhir(path))),
    post: (path: string, resource: unknown) =>
      bearing(request(server.url).post(fhir(path)))
        .type('application/fhir+json')
        .send(JSON.stringify(resource)),
    upload: (bytes: Buffer, type: string) =>
      bearing(request(server.url).post('/fhir/Binary')).set('content-type', type).send(bytes),
    patch: (path: string, operations: object[]) =>
      bearing(request(server.url).patch(fhir(path)))
        .type('application/json-patch+json')
        .send(JSON.stringify(operations)),
  }
}

async function tokenOf(credentials: { email: string; password: string }): Promise<string> {
  const signedIn = await signIn(server.url, credentials)
  assert.ok('token' in signedIn, 'page' in signedIn ? `${signedIn.page.status} ${signedIn.page.html}` : '')
  return signedIn.token
}

/** The link in the newest mail to an address, opened as a person would. */
async function openMailedLink(email: string, path: string) {
  const mail = mailsTo(server, email).at(-1)
  const link = new RegExp(`${server.url}${path}\\S+`).exec(mail ?? '')?.[0]
  assert.ok(link, `a link to ${path} in ${mail}`)
  return createBrowser(server.url).open(link)
}

interface Doctor {
  readonly id: string
  readonly email: string
  readonly reference: { reference: string }
}

/** Registers by the form, confirms by the mailed link; the doctor is pending then. */
async function registeredDoctor(given: string): Promise<Doctor> {
  const email = `${given.toLowerCase()}@clinic.example`
  const form = await createBrowser(server.url).open('/register')
  await form.submit({ given, family: 'Okafor', email, password, licence: `L-${given}` })
  const page = await openMailedLink(email, '/verify')
  if (page.forms.length > 0) await page.submit()
  const { body } = await admin.get(`Practitioner?email=${email}`).expect(200)
  assert.equal(body.entry?.length, 1)
  const { id, active } = body.entry[0].resource
  assert.equal(active, false)
  return { id, email, reference: { reference: `Practitioner/${id}` } }
}

async function approve({ id }: Doctor): Promise<void> {
  await admin.patch(`Practitioner/${id}`, [{ op: 'replace', path: '/active', value: true }]).expect(200)
}

const story: {
  author?: Doctor & { caller: Caller }
  colleague?: Doctor & { caller: Caller }
  stranger?: Doctor & { caller: Caller }
  patient?: string
  otherPatient?: string
  document?: string
  otherDocument?: string
  binary?: string
  pdf: Buffer
} = { pdf: Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(5 * 1024 * 1024)]) }

test('a doctor who registered and verified is refused while pending, and gets no code', async () => {
  const doctor = await registeredDoctor('Amara')
  const { body: tasks } = await admin.get(`Task?code=practitioner-approval&focus=Practitioner/${doctor.id}`).expect(200)
  assert.equal(tasks.entry[0].resource.status, 'requested')
  const refused = await signIn(server.url, { email: doctor.email, password })
  assert.ok('page' in refused)
  assert.match(refused.page.html, /approv/i)
  assert.ok(!refused.page.url.searchParams.has('code'))

  await approve(doctor)
  const { body: done } = await admin.get(`Task/${tasks.entry[0].resource.id}`).expect(200)
  assert.equal(done.status, 'completed')
  story.author = { ...doctor, caller: callerWith(await tokenOf({ email: doctor.email, password })) }
})

test('two more doctors come the same way', async () => {
  for (const [role, given] of [
    ['colleague', 'Bisi'],
    ['stranger', 'Chidi'],
  ] as const) {
    const doctor = await registeredDoctor(given)
    await approve(doctor)
    story[role] = { ...doctor, caller: callerWith(await tokenOf({ email: doctor.email, password })) }
  }
})

test('the office makes two patients, and names the first one’s doctor', async () => {
  const named = (family: string, more: object = {}) =>
    aPatient({ name: [{ family, given: ['Ngozi'] }], birthDate: '1970-01-01', ...more })
  story.patient = (
    await admin.post('Patient', named('Eze', { generalPractitioner: [story.author!.reference] })).expect(201)
  ).body.id
  story.otherPatient = (await admin.post('Patient', named('Bello')).expect(201)).body.id
  const other = {
    resourceType: 'DocumentReference',
    status: 'current',
    subject: { reference: `Patient/${story.otherPatient}` },
    content: [{ attachment: { contentType: 'text/plain', data: Buffer.from('of another').toString('base64') } }],
  }
  story.otherDocument = (await admin.post('DocumentReference', other).expect(201)).body.id
})

test('the doctor uploads a PDF of 5 MB for the patient', async () => {
  const { caller } = story.author!
  const { body: binary } = await caller.upload(story.pdf, 'application/pdf').expect(201)
  story.binary = binary.id
  const { body } = await caller
    .post('DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      description: 'Discharge letter',
      subject: { reference: `Patient/${story.patient}` },
      content: [{ attachment: { contentType: 'application/pdf', url: `Binary/${binary.id}` } }],
    })
    .expect(201)
  story.document = body.id
  const { attachment } = body.content[0]
  assert.equal(attachment.size, story.pdf.length)
  assert.equal(attachment.hash, createHash('sha1').update(story.pdf).digest('base64'))
})

test('before the share the colleague gets 404, after it the same bytes; a third doctor gets 404 still', async () => {
  const { author, colleague, stranger, document, binary, patient } = story
  for (const { caller } of [colleague!, stranger!]) {
    for (const path of [`DocumentReference/${document}`, `Binary/${binary}`, `Patient/${patient}`]) {
      await caller.get(path).expect(404)
    }
    const { body } = await caller.get('DocumentReference?_total=accurate').expect(200)
    assert.equal(body.total, 0)
  }
  await author!.caller
    .post('Communication', {
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: `Patient/${patient}` },
      sender: author!.reference,
      recipient: [colleague!.reference],
      payload: [
        { contentString: 'Please have a look.' },
        { contentReference: { reference: `DocumentReference/${document}` } },
      ],
    })
    .expect(201)
  await colleague!.caller.get(`DocumentReference/${document}`).expect(200)
  const { body } = await colleague!.caller.get(`Binary/${binary}`).responseType('blob').expect(200)
  assert.ok(story.pdf.equals(body))
  const { body: found } = await colleague!.caller.get('DocumentReference?_total=accurate').expect(200)
  assert.equal(found.total, 1)
  for (const path of [`DocumentReference/${document}`, `Binary/${binary}`]) await stranger!.caller.get(path).expect(404)
})

test('the patient is invited, activates the account, and finds exactly the own documents', async () => {
  const { body: invitation } = await admin
    .post(`Patient/${story.patient}/$invite`, { resourceType: 'Parameters' })
    .expect(200)
  const code = invitation.parameter.find(({ name }: { name: string }) => name === 'code').valueString
  const email = 'ngozi@home.example'
  const form = await createBrowser(server.url).open('/activate')
  await form.submit({ email, password, code, birthdate: '1970-01-01' })
  const page = await openMailedLink(email, '/verify')
  if (page.forms.length > 0) await page.submit()

  const scope = 'openid fhirUser launch/patient patient/*.rs'
  const app = await launchFhirClient(server.url, { email, password }, scope)
  assert.equal(app.patient.id, story.patient)
  assert.equal((await app.patient.read()).id, story.patient)
  const documents = await app.request<{ entry: { resource: { id: string } }[] }>('DocumentReference')
  assert.deepEqual(
    documents.entry.map(({ resource }) => resource.id),
    [story.document],
  )
  await findsNothingOfTheOther(app)
})

/** Not by id, search, chain, include, _has, history, Bundle or Binary. */
async function findsNothingOfTheOther(app: FhirClient): Promise<void> {
  const patient = callerWith(app.state.tokenResponse!.access_token!)
  const { otherPatient, otherDocument } = story
  const { body: document } = await admin.get(`DocumentReference/${otherDocument}`).expect(200)
  const binary = new URL(document.content[0].attachment.url as string).pathname
  for (const path of [
    `Patient/${otherPatient}`,
    `Patient/${otherPatient}/_history`,
    `Patient/${otherPatient}/_history/1`,
    `DocumentReference/${otherDocument}`,
    `DocumentReference/${otherDocument}/_history`,
    `DocumentReference/${otherDocument}/_history/1`,
    binary,
  ]) {
    await patient.get(path).expect(404)
  }
  for (const query of [
    `Patient?_id=${otherPatient}`,
    'Patient?family=Bello',
    `DocumentReference?patient=${otherPatient}`,
    `DocumentReference?_id=${otherDocument}`,
    'DocumentReference?patient.family=Bello',
    'Patient?_has:DocumentReference:patient:status=current&family=Bello',
    `DocumentReference?_id=${otherDocument}&_include=DocumentReference:patient`,
    `Patient?_id=${otherPatient}&_revinclude=DocumentReference:patient`,
  ]) {
    const { body } = await patient.get(`${query}&_total=accurate`).expect(200)
    assert.equal(body.total, 0, query)
    assert.equal(body.entry, undefined, query)
  }
  const entry = [`Patient/${otherPatient}`, `DocumentReference?patient=${otherPatient}`].map((url) => ({
    request: { method: 'GET', url },
  }))
  const { body } = await patient.post('/fhir', { resourceType: 'Bundle', type: 'batch', entry }).expect(200)
  assert.equal(body.entry[0].response.status, '404')
  assert.equal(body.entry[1].resource.entry, undefined)
}

test('a suspended colleague gets 401 on the very next request, with the token already issued', async () => {
  const { caller, id } = story.colleague!
  await caller.get(`DocumentReference/${story.document}`).expect(200)
  await caller.get(`DocumentReference?_id=${story.document}`).expect(200)
  await admin.patch(`Practitioner/${id}`, [{ op: 'replace', path: '/active', value: false }]).expect(200)
  await caller.get(`DocumentReference?_id=${story.document}`).expect(401)
  await caller.get('DocumentReference?no-such=parameter').expect(401)
  await caller.get(`DocumentReference/${story.document}`).expect(401)
})

test('what happened stands in the audit trail, the refusals too', async () => {
  const rows = await server.composed.store.query<{ outcome: string; n: number }>(
    'select outcome, count(*)::int as n from audit where type = $1 and id = $2 group by outcome order by outcome',
    ['DocumentReference', story.document],
  )
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ['refused', 'success'],
  )
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createCodes } from '../../src/oauth/accounts/codes.ts'
import { createLetters } from '../../src/oauth/accounts/letters.ts'
import { createPasswords } from '../../src/oauth/accounts/passwords.ts'
import { createRegister } from '../../src/oauth/accounts/registration.ts'
import { mailbox } from '../../src/sharing/mail-channel.ts'
import { createOutbox } from '../../src/sharing/outbox.ts'
import { openStore } from '../store/open-store.ts'
import { aPendingDoctor, anApplicant, confirm, password } from '../support/applicants.ts'
import { mailsTo, peopleOf } from '../support/people.ts'
import { aTransaction } from '../support/resources.ts'
import { administrator, type Client, person, startServer, type TestServer } from '../support/server.ts'
import { refresh, signIn } from '../support/sign-in.ts'

const first = { ADMIN_EMAIL: 'first@example.org', ADMIN_PASSWORD: 'correct horse battery staple 9' }

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer({ ...first, RATE_LIMIT_SCALE: '0' })
  ;({ admin } = peopleOf(server))
})
after(() => server.close())

const activate = (id: string, value: boolean, by = admin) =>
  by.patch(`Practitioner/${id}`, [{ op: 'replace', path: '/active', value }])
const read = async (path: string) => (await admin.get(path)).body
const countOf = async (query: string) => (await read(`${query}&_summary=count`)).total as number

describe('a doctor who registered', () => {
  test('REG-1: a pending doctor with the right password is told that he waits, and has no token', async () => {
    const { email } = await aPendingDoctor(server)
    const answer = await signIn(server.url, { email, password })
    assert.ok('page' in answer)
    assert.match(answer.page.html, /awaiting approval/)
    assert.equal((await server.anonymous.get('Patient')).status, 401)
  })

  test('has an inactive PractitionerRole with what he told, which follows Practitioner.active', async () => {
    const told = { organization: 'Lakeside Hospital', specialty: 'Cardiology' }
    const { id } = await aPendingDoctor(server, told)
    const role = async () => (await read(`PractitionerRole?practitioner=Practitioner/${id}`)).entry[0].resource
    const { active, organization, specialty } = await role()
    assert.deepEqual(
      [active, organization, specialty],
      [false, { display: told.organization }, [{ text: 'Cardiology' }]],
    )
    await activate(id, true)
    assert.equal((await role()).active, true)
    await activate(id, false)
    assert.equal((await role()).active, false)
  })

  test('is told in the app as well that he was let in, and administrators that somebody waits', async () => {
    const { id } = await aPendingDoctor(server)
    await activate(id, true)
    const doctor = server.as(person(server, 'practitioner', 'Practitioner', id))
    const { body } = await doctor.get(`Communication?recipient=Practitioner/${id}&category=notification`)
    assert.equal(body.entry.length, 1)
    assert.equal(body.entry[0].resource.payload[0].contentString.includes('let you in'), true)
    const chief = (await read('Practitioner?family=Administrator')).entry[0].resource.id
    const rid = server.composed.keys.ridOf('Practitioner', chief)
    const himself = server.as({ ...administrator(), person: { type: 'Practitioner', id: chief, rid } })
    const notices = await himself.get(`Communication?recipient=Practitioner/${chief}&category=notification`)
    assert.ok(notices.body.entry.length > 0)
    assert.ok(!JSON.stringify(notices.body).includes(id))
  })

  test('REG-7: an address that is not confirmed never reaches the administrators', async () => {
    const before = [await countOf('Task?code=practitioner-approval'), await countOf('Practitioner?active=false')]
    const mails = mailsTo(server, first.ADMIN_EMAIL).length
    const applicant = await anApplicant(server)
    assert.equal((await read(`Practitioner?family=${applicant.family}`)).entry, undefined)
    const after = [await countOf('Task?code=practitioner-approval'), await countOf('Practitioner?active=false')]
    assert.deepEqual(after, before)
    assert.equal(mailsTo(server, first.ADMIN_EMAIL).length, mails)
    await confirm(server, applicant)
    assert.equal(await countOf('Task?code=practitioner-approval'), before[0]! + 1)
  })
})

describe('REG-2: a doctor does not let himself in', () => {
  type Way = (doctor: Client, id: string, stored: object) => Promise<{ status: number }>
  const ways: Record<string, Way> = {
    PUT: async (doctor, id, stored) => doctor.put(`Practitioner/${id}`, { ...stored, active: true }),
    PATCH: async (doctor, id) => activate(id, true, doctor),
    'a conditional update': async (doctor, id, stored) =>
      doctor.put(`Practitioner?_id=${id}`, { ...stored, active: true }),
    'a conditional patch': async (doctor, id) =>
      doctor.patch(`Practitioner?_id=${id}`, [{ op: 'replace', path: '/active', value: true }]),
    'a transaction': async (doctor, id, stored) =>
      doctor.post(
        '/fhir',
        aTransaction({
          resource: { ...stored, active: true },
          request: { method: 'PUT', url: `Practitioner/${id}` },
        }),
      ),
    'an earlier version from the history': async (doctor, id) =>
      doctor.put(`Practitioner/${id}`, (await doctor.get(`Practitioner/${id}/_history/2`)).body),
  }
  for (const [name, act] of Object.entries(ways)) {
    test(`REG-2: by ${name} is 403, and the stored value is unchanged`, async () => {
      const { id } = await aPendingDoctor(server)
      await activate(id, true)
      await activate(id, false)
      const doctor = server.as(person(server, 'practitioner', 'Practitioner', id))
      const { status } = await act(doctor, id, (await doctor.get(`Practitioner/${id}`)).body)
      assert.equal(status, 403)
      assert.equal((await read(`Practitioner/${id}`)).active, false)
    })
  }
})

describe('REG-3: who is let in', () => {
  type Suspend = (id: string) => Promise<{ status: number }>
  const inactive = async (id: string) => ({ ...(await read(`Practitioner/${id}`)), active: false })
  const suspensions: Record<string, Suspend> = {
    'a patch': (id) => activate(id, false),
    'an update': async (id) => admin.put(`Practitioner/${id}`, await inactive(id)),
    'a transaction': async (id) => {
      const request = { method: 'PUT', url: `Practitioner/${id}` }
      return admin.post('/fhir', aTransaction({ resource: await inactive(id), request }))
    },
    deletion: (id) => admin.delete(`Practitioner/${id}`),
  }
  for (const [name, suspend] of Object.entries(suspensions)) {
    test(`REG-3: has tokens at once, and suspended by ${name} neither uses nor renews them, also when let in again`, async () => {
      const { id, email } = await aPendingDoctor(server)
      assert.equal((await activate(id, true)).status, 200)
      const answer = await signIn(server.url, { email, password }, 'openid fhirUser offline_access user/*.cruds')
      assert.ok('token' in answer)
      const renewed = await refresh(server.url, answer.refreshToken!)
      assert.equal(renewed.status, 200)
      const tokens = [answer.token, renewed.body.access_token!]
      const statuses = async () => {
        const get = (token: string) =>
          server.anonymous.get(`Practitioner/${id}`).set('authorization', `Bearer ${token}`)
        return (await Promise.all(tokens.map(get))).map(({ status }) => status)
      }
      assert.deepEqual(await statuses(), [200, 200])

      const stored = await read(`Practitioner/${id}`)
      const { status } = await suspend(id)
      assert.ok(status === 200 || status === 204)
      const dead = async () => {
        assert.deepEqual(await statuses(), [401, 401])
        const { status: refused, body } = await refresh(server.url, renewed.body.refresh_token!)
        assert.deepEqual([refused, body.error, body.access_token], [400, 'invalid_grant', undefined])
      }
      await dead()
      const again = await admin.put(`Practitioner/${id}`, stored)
      assert.ok(again.status === 200 || again.status === 201)
      await dead()
      assert.ok('token' in (await signIn(server.url, { email, password })))
    })
  }
})

describe('a decision', () => {
  test('REG-4: of two administrators at once is 200 for one and 412 for the other; played again it is 412', async () => {
    const { task } = await aPendingDoctor(server)
    const decide = () => admin.put(`Task/${task.id}`, { ...task, status: 'completed' }).set('if-match', 'W/"1"')
    const statuses = (await Promise.all([decide(), decide()])).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [200, 412])
    assert.equal((await decide()).status, 412)
  })

  const steps: [from: string[], to: string, status: number][] = [
    [[], 'in-progress', 200],
    [['in-progress'], 'on-hold', 200],
    [['in-progress', 'on-hold'], 'requested', 200],
    [['in-progress'], 'completed', 200],
    [['on-hold'], 'cancelled', 200],
    [[], 'draft', 409],
    [[], 'accepted', 409],
    [['in-progress'], 'received', 409],
    [['completed'], 'requested', 409],
    [['completed'], 'rejected', 409],
    [['cancelled'], 'completed', 409],
  ]
  for (const [from, to, status] of steps) {
    const path = ['requested', ...from].join(', ')
    test(`from ${path} to ${to} is ${status}${status === 409 ? ', and the allowed steps are named' : ''}`, async () => {
      let { task } = await aPendingDoctor(server)
      for (const step of from) task = (await admin.put(`Task/${task.id}`, { ...task, status: step }).expect(200)).body
      const statusReason = { text: 'a reason' }
      const { status: is, body } = await admin.put(`Task/${task.id}`, { ...task, status: to, statusReason })
      assert.equal(is, status, JSON.stringify(body))
      if (status === 200) return assert.ok(body.businessStatus.coding[0].code)
      assert.deepEqual(body.issue[0].expression, ['Task.status'])
      assert.match(body.issue[0].diagnostics, /It may become: .*completed|It is decided/)
    })
  }

  test('asks for more by a mail without the words, and says in businessStatus where it stands', async () => {
    const { task, email } = await aPendingDoctor(server)
    const note = [{ text: 'Send a copy of the diploma.' }]
    const { body } = await admin.put(`Task/${task.id}`, { ...task, status: 'on-hold', note })
    assert.equal(body.businessStatus.coding[0].code, 'info-requested')
    const mail = mailsTo(server, email).at(-1)!
    assert.match(mail, /^Subject: Your registration needs something more/m)
    assert.ok(!mail.includes('diploma'))
  })
})

describe('REG-5: registering an address that is known', () => {
  test('REG-5: has the same answer, and its owner a mail that says so', async () => {
    const applicant = { given: 'Ola', family: 'Nord', password, licence: 'MD-1', role: 'practitioner' }
    const register = (email: string) =>
      server.anonymous
        .raw('post')('/register')
        .send({ ...applicant, email })
    const { email } = await aPendingDoctor(server)
    const [known, unknown] = [await register(email), await register(`${randomUUID()}@example.org`)]
    assert.deepEqual([known.status, known.body], [unknown.status, unknown.body])
    assert.match(mailsTo(server, email).at(-1)!, /^Subject: You already have an account/m)
  })

  test('REG-5: is the same work: argon2 calls, SQL statements, queued mails', async () => {
    const opened = await openStore()
    try {
      let hashes = 0
      const passwords = await createPasswords()
      const counted = { ...passwords, hash: (text: string) => ((hashes += 1), passwords.hash(text)) }
      const log = { warn: () => undefined, error: () => undefined }
      const silent = { deliver: () => assert.fail('stopped'), isRefusal: () => false, isInstant: false }
      const writer = createOutbox({ store: opened.store, key: Buffer.alloc(32), log, channels: { mail: silent } })
      void writer.stop()
      const letters = createLetters({ mail: mailbox(writer), publicUrl: 'https://chart.example' })
      const codes = createCodes({ secret: Buffer.alloc(32) })
      const register = createRegister({ store: opened.store, passwords: counted, codes, letters })
      const work = async (email: string) => {
        const [hashed, queued] = [hashes, (await writer.count()).waiting]
        const trips = await opened.trips(() =>
          register({
            ...{ given: 'Ola', family: 'Nord', licence: '1', password, email },
            organization: undefined,
            specialty: undefined,
          }),
        )
        return { hashes: hashes - hashed, trips, mails: (await writer.count()).waiting - queued }
      }
      const unknown = await work('new@example.org')
      const unconfirmed = await work('new@example.org')
      await opened.store.query(
        `update oauth_account set state = 'verified', applicant = null, person_type = 'Practitioner', person_id = 'x', person_rid = 1`,
      )
      const known = await work('new@example.org')
      assert.deepEqual(unknown, { hashes: 1, trips: unknown.trips, mails: 1 })
      assert.deepEqual(known, unknown)
      assert.deepEqual(unconfirmed, unknown)
    } finally {
      await opened.close()
    }
  })
})

test('REG-6: the lists show exactly who waits and who was accepted, with status, date, licence and who decided', async () => {
  const fresh = await startServer({ ...first, RATE_LIMIT_SCALE: '0' })
  try {
    const { admin: chief } = peopleOf(fresh)
    const doctors = []
    for (let n = 0; n < 5; n += 1) doctors.push(await aPendingDoctor(fresh))
    for (const { id } of doctors.slice(0, 2)) await activate(id, true, chief)
    const pending = 'Task?code=practitioner-approval&status=requested,in-progress,on-hold'
    assert.equal((await chief.get(`${pending}&_summary=count`)).body.total, 3)
    const { body } = await chief.get(`${pending}&_include=Task:focus`)
    const of = (mode: string) => body.entry.filter(({ search }: { search: { mode: string } }) => search.mode === mode)
    assert.equal(of('match').length, 3)
    for (const { resource } of of('match')) assert.ok(resource.status === 'requested' && resource.authoredOn)
    assert.deepEqual(of('include').map(idOf).sort(), doctors.slice(2).map(idOfDoctor).sort())
    for (const { resource } of of('include')) assert.equal(resource.identifier[0].value, 'MD-1')

    // The first administrator is an active practitioner as well.
    assert.equal((await chief.get('Practitioner?active=true&_summary=count')).body.total, 3)
    const accepted = await chief.get('Practitioner?active=true&_revinclude=Task:focus')
    const tasks = accepted.body.entry.filter(isTask)
    assert.equal(tasks.length, 2)
    for (const { resource } of tasks) {
      assert.equal(resource.status, 'completed')
      assert.ok(resource.lastModified)
      assert.match(resource.owner.reference, /^Practitioner\//)
    }
  } finally {
    await fresh.close()
  }
})

const idOf = ({ resource }: { resource: { id: string } }) => resource.id
const idOfDoctor = ({ id }: { id: string }) => id
const isTask = ({ resource }: { resource: { resourceType: string } }) => resource.resourceType === 'Task'

describe('the two-person rule', () => {
  let strict: TestServer
  let [one, other] = [] as unknown as [Client, Client]
  before(async () => {
    strict = await startServer({ ...first, RATE_LIMIT_SCALE: '0', REQUIRE_SECOND_APPROVER: 'yes' })
    one = peopleOf(strict).admin
    other = peopleOf(strict).admin
  })
  after(() => strict.close())

  test('one administrator accepts, another completes, and nobody does both', async () => {
    const { id, task } = await aPendingDoctor(strict)
    const put = (by: Client, resource: object) => by.put(`Task/${task.id}`, resource)
    const active = async () => (await one.get(`Practitioner/${id}`)).body.active
    const hasty = await put(one, { ...task, status: 'completed' })
    assert.equal(hasty.status, 409)
    assert.match(hasty.body.issue[0].diagnostics, /accepted/)
    const accepted = await put(one, { ...task, status: 'accepted' })
    assert.equal(accepted.body.businessStatus.coding[0].code, 'first-approval')
    assert.equal(await active(), false)
    const forged = { ...accepted.body, owner: { reference: 'Practitioner/somebody' } }
    assert.equal((await put(one, forged)).body.owner.reference, accepted.body.owner.reference)
    assert.equal((await put(one, { ...forged, status: 'completed' })).status, 403)
    assert.equal(await active(), false)
    assert.equal((await put(other, { ...accepted.body, status: 'completed' })).status, 200)
    assert.equal(await active(), true)
  })

  test('writing active directly is 409, also for somebody who comes back after a deletion', async () => {
    const { id } = await aPendingDoctor(strict)
    assert.equal((await activate(id, true, one)).status, 409)
    const { body } = await one.get(`Practitioner/${id}`)
    await one.delete(`Practitioner/${id}`).expect(204)
    assert.equal((await one.put(`Practitioner/${id}`, { ...body, active: true })).status, 409)
  })
})

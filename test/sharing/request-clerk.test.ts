import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, mock, test } from 'node:test'
import {
  anAccessRequest,
  aHospital,
  byIdentifier,
  current,
  mrn,
  ofKind,
  requested,
  scope,
  statuses,
  step,
} from '../support/access-request.ts'
import { type SomePerson } from '../support/people.ts'
import { startServer, type TestServer } from '../support/server.ts'

type Hospital = Awaited<ReturnType<typeof aHospital>>
let server: TestServer
let hospital: Hospital

const letters = { input: [scope(ofKind('letter'))] }
const statusesOf = (tasks: readonly { status: string }[]) => tasks.map(({ status }) => status)

/** What the clerk does when it looks after the requests so many hours from now. */
async function hoursLater(hours: number): Promise<void> {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + hours * 3_600_000 })
  try {
    await server.composed.lookAfterRequests()
  } finally {
    mock.timers.reset()
  }
}

describe('a request for a patient whom nobody knows', () => {
  before(async () => {
    server = await startServer()
    hospital = await aHospital(server)
  })
  after(() => server.close())

  const unknown = () => anAccessRequest({ input: [byIdentifier(mrn, randomUUID()), scope(ofKind('letter'))] })

  test('is refused by itself, not before an hour and within two days, as people refuse', async () => {
    const { office, strange, routing } = hospital
    const { doctor, about } = await strange()
    const refused = await requested(server, doctor, anAccessRequest(about))
    const statusReason = { text: 'no such treatment' }
    assert.equal((await step(office, await routing(refused), 'rejected', { statusReason })).status, 200)

    const task = await requested(server, doctor, unknown())
    await hoursLater(0.9)
    assert.deepEqual(statusesOf([await current(doctor, task), await routing(task)]), ['received', 'received'])
    await hoursLater(48.1)
    const ended = await current(doctor, task)
    assert.deepEqual(statusesOf([ended, await routing(task)]), ['rejected', 'rejected'])
    const byPeople = await current(doctor, refused)
    const told = (one: object) => Object.keys(one).sort()
    assert.deepEqual([ended.statusReason, told(ended)], [byPeople.statusReason, told(byPeople)])
  })

  test('leaves one for a patient whom somebody knows to who decides', async () => {
    const { strange, routing } = hospital
    const { doctor, about } = await strange()
    const task = await requested(server, doctor, anAccessRequest(about))
    await hoursLater(48.1)
    assert.deepEqual(statusesOf([await current(doctor, task), await routing(task)]), ['received', 'received'])
  })

  test('is not refused while the office asks something, and what was cancelled stays so', async () => {
    const { office, people, routing } = hospital
    const doctor = await people.doctor()
    const [held, cancelled] = [await requested(server, doctor, unknown()), await requested(server, doctor, unknown())]
    assert.equal((await step(office, await routing(held), 'on-hold', { note: [{ text: 'Which?' }] })).status, 200)
    assert.equal((await step(doctor, cancelled, 'cancelled')).status, 200)
    await hoursLater(48.1)
    assert.deepEqual(statusesOf([await current(doctor, held), await current(doctor, cancelled)]), [
      'on-hold',
      'cancelled',
    ])
  })
})

describe('a rule of the hospital', () => {
  const rule = 'same-organization-and-care-relation'
  let organization: { reference: string }
  let other: { reference: string }
  before(async () => {
    server = await startServer({ ACCESS_REQUEST_RULES: rule })
    hospital = await aHospital(server)
    ;[organization, other] = [await anOrganization(), await anOrganization()]
  })
  after(() => server.close())

  async function made(resourceType: string, more: object): Promise<{ reference: string }> {
    const { status, body } = await hospital.people.admin.post(resourceType, { resourceType, ...more })
    assert.equal(status, 201, JSON.stringify(body))
    return { reference: `${resourceType}/${body.id}` }
  }
  const anOrganization = () => made('Organization', { name: 'Hospital' })
  const aRole = ({ reference }: SomePerson, more: object = {}) =>
    made('PractitionerRole', { active: true, practitioner: reference, organization, ...more })

  /** The request of a general practitioner, once the clerk has seen it. */
  async function asked({ doctor, patient }: { doctor: SomePerson; patient: SomePerson }, input: object = letters) {
    return requested(server, doctor, anAccessRequest({ for: patient.reference, ...input }))
  }

  test('accepts a doctor of the patient’s organization who treats him at once, and is logged as who did', async () => {
    const seen = await hospital.fresh({ managingOrganization: organization })
    await aRole(seen.doctor)
    const task = await asked(seen)
    assert.equal(task.status, 'completed', JSON.stringify(task))
    assert.match(JSON.stringify(task['businessStatus']), /accepted-by-policy/)
    assert.deepEqual(await statuses(seen.doctor, [...seen.letters, seen.image]), [200, 200, 404])

    const consent = task.output![0]!.valueReference!.reference
    const stored = (await hospital.people.admin.get(consent)).body
    assert.deepEqual([stored.status, stored.performer], ['active', [organization]])
    const rows = await server.composed.store.query(
      `select detail, person, outcome from audit where interaction = 'authorize' and type = 'Consent' and id = $1`,
      [consent.split('/')[1]],
    )
    const asker = seen.doctor.reference.reference
    const detail = {
      ...{ decision: 'permit', task: `Task/${task.id}`, policy: rule },
      ...{ asker, organization: organization.reference },
    }
    assert.deepEqual(rows, [{ detail, person: null, outcome: 'success' }])
    const { body } = await hospital.people.admin.get(`Provenance?target=${consent}`)
    assert.deepEqual(
      body.entry.map(({ resource }: { resource: { agent: object[] } }) => resource.agent),
      [[{ who: organization }]],
    )
  })

  const people: [title: string, made: () => Promise<{ doctor: SomePerson; patient: SomePerson }>][] = [
    [
      'of another organization',
      async () => {
        const seen = await hospital.fresh({ managingOrganization: organization })
        await aRole(seen.doctor, { organization: other })
        return seen
      },
    ],
    [
      'whose role has ended',
      async () => {
        const seen = await hospital.fresh({ managingOrganization: organization })
        await aRole(seen.doctor, { active: false })
        return seen
      },
    ],
    [
      'of a patient without an organization',
      async () => {
        const seen = await hospital.fresh()
        await aRole(seen.doctor)
        return seen
      },
    ],
  ]
  for (const [title, made] of people) {
    test(`leaves a doctor ${title} to people`, async () => {
      const seen = await made()
      const task = await asked(seen)
      assert.deepEqual([task.status, task['businessStatus'], task.output], ['received', undefined, undefined])
    })
  }

  for (const [state, expected] of [
    ['active', 'completed'],
    ['inactive', 'received'],
  ] as const) {
    test(`of a doctor who is no general practitioner any more and in a care team that is ${state}: ${expected}`, async () => {
      const { admin } = hospital.people
      const seen = await hospital.fresh({ managingOrganization: organization })
      const { doctor, patient } = seen
      await aRole(doctor)
      const participant = [{ member: doctor.reference }]
      await made('CareTeam', { status: state, subject: patient.reference, participant })
      const asking = anAccessRequest({ for: patient.reference, ...letters })
      const { status, body } = await doctor.client.post('Task', asking)
      assert.equal(status, 201, JSON.stringify(body))
      // The relations of the moment of the decision count, not those of the question.
      const stored = (await admin.get(patient.name)).body
      const without = { ...stored, generalPractitioner: [hospital.author.reference] }
      assert.equal((await admin.put(patient.name, without)).status, 200)
      await server.composed.lookAfterRequests()
      assert.equal((await current(hospital.office, body)).status, expected)
    })
  }

  test('gives nothing where there is nothing to give: people look at it', async () => {
    const seen = await hospital.fresh({ managingOrganization: organization })
    await aRole(seen.doctor)
    const task = await asked(seen, { input: [scope(ofKind('nothing-such'))] })
    assert.deepEqual([task.status, task.output], ['received', undefined])
  })

  test('does not speak for a request by an identifier, which would tell that there is a patient', async () => {
    const seen = await hospital.strange({ managingOrganization: organization })
    await aRole(seen.doctor)
    const task = await requested(server, seen.doctor, anAccessRequest(seen.about))
    assert.deepEqual([task.status, task.output], ['received', undefined])
    assert.equal((await hospital.routing(task)).status, 'received')
  })
})

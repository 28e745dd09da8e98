import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Principal, serverPrincipal } from '../../../src/access/principal.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Change, Work } from '../../../src/interactions/rule.ts'
import { ownCodes } from '../../../src/sharing/codes.ts'
import type { Letters } from '../../../src/sharing/letters.ts'
import { practitionerApproval } from '../../../src/sharing/practitioner-approval.ts'
import { createRegistration } from '../../../src/sharing/registration.ts'

const base = 'https://example.org/fhir'
const codes = ownCodes(base)

/** The two rules on a few resources, and all that they did. */
function hospital(stored: readonly Resource[] = [], { secondApprover = false } = {}) {
  const did: string[] = []
  const note = (what: string) => () => Promise.resolve(void did.push(what))
  const letter = (_target: object, name: string) => (name === 'rejected' ? () => note(name) : note(name))
  const letters = new Proxy({}, { get: (target, name) => letter(target, String(name)) }) as Letters
  const work = {
    tx: {},
    read: (type: string, id: string) =>
      Promise.resolve(stored.find((one) => one.resourceType === type && one.id === id)),
    find: (type: string) => Promise.resolve(stored.filter((one) => one.resourceType === type)),
    update: (resource: Resource) => note(`update ${resource.resourceType}/${resource.id}`)(),
    create: (resource: Resource) => note(`create ${resource.resourceType}`)(),
  } as unknown as Work
  const accounts = { keepAnAdministrator: note('keeps an administrator'), revokeAll: note('revokes') }
  const [practitioners, tasks] = practitionerApproval({ accounts, letters, codes, base, secondApprover })
  return { did, work, practitioners: practitioners!, tasks: tasks! }
}

const person = (id: string): Principal => ({
  ...{ kind: 'person', roles: ['admin'], clientId: 'app', scopes: [] },
  person: { type: 'Practitioner', id, rid: 1n },
})

function change(
  before: Resource | undefined,
  after: Resource | undefined,
  more: { by?: Principal; version?: number } = {},
): Change {
  const { by = person('admin'), version = before ? 2 : 1 } = more
  const signal = new AbortController().signal
  const kind = before ? 'update' : 'create'
  return {
    context: { principal: by, base, requestId: 'r', now: new Date(), signal },
    ...{ kind, interaction: kind, before, after },
    identity: { type: after!.resourceType, id: after!.id ?? 'new', rid: 1n, version },
  }
}

const doctor = (more: object = {}): Resource => ({ resourceType: 'Practitioner', id: 'doctor', ...more })
const registration = (status: string, more: object = {}): Resource => ({
  ...{ resourceType: 'Task', id: 'registration', status, intent: 'order' },
  ...{ code: codes.task('practitioner-approval'), focus: { reference: 'Practitioner/doctor' }, ...more },
})

describe('a Practitioner', () => {
  test('who changes the own address opens and shuts nothing', async () => {
    const { practitioners, work, did } = hospital()
    const changed = change(doctor({ active: true }), doctor({ active: true, telecom: [] }), { by: person('doctor') })
    await practitioners.before!(changed, work)
    await practitioners.after!(changed, work)
    assert.deepEqual(did, [])
  })

  test('who is brought along as active needs no second approver, and gets no letter; who comes back does', async () => {
    const { practitioners, work, did } = hospital([], { secondApprover: true })
    const brought = change(undefined, doctor({ active: true }))
    await practitioners.before!(brought, work)
    await practitioners.after!(brought, work)
    assert.deepEqual(did, [])
    const back = change(undefined, doctor({ active: true }), { version: 3 })
    await assert.rejects(practitioners.before!(back, work), /Two administrators/)
  })

  test('whose role is as it should be, or has ended, keeps it', async () => {
    const role = (id: string, more: object) => ({ resourceType: 'PractitionerRole', id, ...more })
    const roles = [
      role('waiting', { active: false }),
      role('active', { active: true }),
      role('ended', { active: false, period: { end: '2020' } }),
    ]
    const { practitioners, work, did } = hospital(roles)
    await practitioners.after!(change(doctor({ active: false }), doctor({ active: true })), work)
    assert.deepEqual(did, ['update PractitionerRole/waiting', 'accepted'])
  })
})

describe('a registration', () => {
  test('begins as requested', async () => {
    const { tasks, work } = hospital()
    await assert.rejects(tasks.before!(change(undefined, registration('accepted')), work), /begins as requested/)
    assert.equal(await tasks.before!(change(undefined, registration('requested')), work), undefined)
  })

  test('that is finished keeps who decided, whoever adds to it', async () => {
    const { tasks, work, did } = hospital([doctor()])
    const done = registration('completed', { owner: { reference: 'Practitioner/first' } })
    const added = change(done, { ...done, note: [{ text: 'filed' }] })
    assert.equal(await tasks.before!(added, work), undefined)
    await tasks.after!(added, work)
    assert.deepEqual(did, [])
  })

  test('that somebody accepted stays his, and no machine accepts', async () => {
    const { tasks, work } = hospital([], { secondApprover: true })
    const first = registration('accepted', { owner: { reference: 'Practitioner/first' } })
    const settled = await tasks.before!(change(first, { ...first, note: [] }), work)
    assert.deepEqual(settled!['owner'], { reference: 'Practitioner/first' })
    const machine = change(registration('in-progress'), registration('accepted'), { by: serverPrincipal })
    await assert.rejects(tasks.before!(machine, work), /A person approves/)
  })

  test('of somebody who is gone cannot be decided; of what is no practitioner nothing follows', async () => {
    const { tasks, work, did } = hospital()
    const accepted = change(registration('in-progress'), registration('completed'))
    await assert.rejects(tasks.after!(accepted, work), /no longer there/)
    const focus = { focus: { reference: 'Patient/1' } }
    await tasks.after!(change(registration('in-progress', focus), registration('completed', focus)), work)
    assert.deepEqual(did, [])
  })

  test('is no other Task', async () => {
    const { tasks, work } = hospital()
    const other = (focus: string) => ({
      resourceType: 'Task',
      id: 'x',
      status: 'requested',
      focus: { reference: focus },
    })
    assert.equal(await tasks.before!(change(other('Patient/1'), other('Patient/2')), work), undefined)
  })
})

test('where an approval stands follows from the newest Task', async () => {
  const accounts = { activeAdministrators: () => Promise.resolve([]) }
  const { approvalOf } = createRegistration({ accounts, letters: {} as Letters, codes } as Parameters<
    typeof createRegistration
  >[0])
  const stateOf = async (...stored: readonly Resource[]) => (await approvalOf(hospital(stored).work, 'doctor'))?.state
  const suspension = { ...registration('completed'), code: codes.task('practitioner-suspension') }
  const states = await Promise.all([
    stateOf(),
    stateOf(doctor({ active: true }), registration('rejected')),
    stateOf(doctor()),
    stateOf(doctor(), suspension),
    ...['requested', 'in-progress', 'on-hold', 'rejected', 'cancelled', 'completed'].map((status) =>
      stateOf(doctor(), registration(status)),
    ),
    stateOf(doctor(), registration('completed', { businessStatus: codes.approvalState('rejected') })),
  ])
  assert.deepEqual(states, [
    ...[undefined, 'accepted', 'suspended', 'suspended'],
    ...['pending', 'pending', 'information-requested', 'rejected', 'rejected', 'suspended', 'rejected'],
  ])
})

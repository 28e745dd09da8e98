import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { createApproval } from '../../../src/sharing/request-approval.ts'
import { createRequestDecision } from '../../../src/sharing/request-decision.ts'
import {
  base,
  byNumber,
  codes,
  contextOf,
  documentOf,
  letters,
  office,
  parameter,
  person,
  records,
  refusal,
  sent,
  wholeRecord,
} from './request-desk.ts'

const anna: Resource = {
  ...{ resourceType: 'Patient', id: 'anna', managingOrganization: { reference: 'Organization/hospital' } },
}
const doctor: Resource = { resourceType: 'Practitioner', id: 'asker', active: true }
const author = person('Practitioner/author')
const document = (id: string, by = 'author'): Resource => ({
  ...{ resourceType: 'DocumentReference', id, status: 'current', author: [{ reference: `Practitioner/${by}` }] },
})
const known = [anna, doctor, document('one'), document('two')]
const approve = createApproval({ codes, base })

interface Asked {
  readonly more?: object
  readonly by?: typeof office
  readonly stored?: readonly Resource[]
  readonly policy?: string
}

async function approval({ more = {}, by = office, stored = known, policy }: Asked = {}) {
  const { work, did, written } = records(stored)
  const name = await approve(sent('received', more), contextOf(by), work, policy)
  const [consent, provenance] = written
  return { name, did, consent: consent!, provenance: provenance! }
}

const granted = (...output: object[]) => ({ output })
const only = (id: string) => parameter('granted', { valueReference: { reference: `DocumentReference/${id}` } })
const dataOf = (consent: Resource) =>
  (consent['provision'] as { data?: { reference: { reference: string } }[] }).data?.map(
    (one) => one.reference.reference,
  )

describe('the approval of a request', () => {
  test('writes a consent with its grants, who authorized it, and a line of the trail', async () => {
    const { name, did, consent, provenance } = await approval()
    assert.deepEqual([name, did], ['Consent/new', ['create Consent', '2 grants', 'create Provenance', 'trail']])
    assert.deepEqual(dataOf(consent), ['DocumentReference/one', 'DocumentReference/two'])
    assert.deepEqual(consent['performer'], [{ reference: 'Practitioner/office' }])
    assert.deepEqual(provenance['agent'], [{ who: { reference: 'Practitioner/office' } }])
  })

  test('by a rule of the hospital is given by the hospital', async () => {
    const { consent } = await approval({ policy: 'same-organization', by: author })
    assert.deepEqual(consent['performer'], [{ reference: 'Organization/hospital' }])
  })

  test('needs a patient who is known and a doctor who is active', async () => {
    await assert.rejects(approval({ stored: [doctor, document('one')] }), refusal(422, 'Task.for'))
    await assert.rejects(approval({ more: { for: undefined } }), refusal(422, 'Task.for'))
    const suspended = [anna, { ...doctor, active: false }, document('one')]
    await assert.rejects(approval({ stored: suspended }), refusal(409, 'Task.requester'))
    const patient = { requester: { reference: 'Patient/asker' } }
    await assert.rejects(approval({ more: patient }), refusal(409, 'Task.requester'))
  })

  test('gives what there is, as it was asked for or less', async () => {
    assert.equal(dataOf((await approval({ more: { input: [wholeRecord] } })).consent), undefined)
    const one = await approval({ more: granted(only('one')), stored: [anna, doctor, document('one')] })
    assert.deepEqual(dataOf(one.consent), ['DocumentReference/one'])
    const narrowed = await approval({ more: { input: [wholeRecord], ...granted(only('one'), only('two')) } })
    assert.deepEqual(dataOf(narrowed.consent), ['DocumentReference/one', 'DocumentReference/two'])
    await assert.rejects(approval({ stored: [anna, doctor] }), refusal(422, 'Task.input'))
  })

  test('never goes beyond what was asked', async () => {
    const beyond = (more: object) => assert.rejects(approval({ more }), refusal(422, 'Task.output'))
    await beyond(granted(parameter('granted', { valueCodeableConcept: { coding: [{ code: 'record' }] } })))
    await beyond(granted(only('three')))
    const { work } = records(known, {
      'DocumentReference?patient=anna&status=current&_id=one': [document('one')],
      'DocumentReference?patient=anna&status=current&_id=two': [document('two')],
    })
    const other = sent('received', { input: [documentOf('one')], ...granted(only('two')) })
    await assert.rejects(approve(other, contextOf(office), work), refusal(422, 'Task.output'))
    const during = (start: string | undefined, end: string) =>
      granted(parameter('granted-period', { valuePeriod: { ...(start && { start }), end } }))
    await beyond(during('2026-02-01', '2026-03-10'))
    await beyond(during('2026-03-02', '2026-04-10'))
    await beyond(during('2026-03-01', '2026-03-01T11:00:00Z'))
    const { consent } = await approval({ more: during('2026-03-02', '2026-03-10') })
    assert.deepEqual((consent['provision'] as Resource)['period'], { start: '2026-03-02', end: '2026-03-10' })
  })

  test('of too many documents is refused', async () => {
    const many = Array.from({ length: 100 }, (_, n) => document(`d${n}`))
    await assert.rejects(approval({ stored: [anna, doctor, ...many] }), refusal(422, 'Task.output'))
    await approval({ stored: [anna, doctor, ...many.slice(1)] })
  })

  test('is for the patient and the office, and for a doctor of what he wrote', async () => {
    await approval({ by: person('Patient/anna', ['patient']) })
    await approval({ by: author })
    const both = [anna, doctor, document('one'), document('two', 'somebody')]
    await approval({ stored: both })
    await assert.rejects(approval({ by: author, stored: both }), refusal(403, 'Task.output'))
    await assert.rejects(approval({ by: author, more: { input: [wholeRecord] } }), refusal(403, 'Task.output'))
    await assert.rejects(approval({ by: person('Patient/ben', ['patient']) }), refusal(403, 'Task.output'))
  })
})

describe('a step of a request', () => {
  const byIdentifier = { for: undefined, input: [letters, byNumber] }
  const routing = (status: string) =>
    sent(status, { id: 'routing', basedOn: [{ reference: 'Task/request' }], ...withRecipient })
  const withRecipient = {
    restriction: {
      period: { start: '2026-03-01', end: '2026-03-31' },
      recipient: [{ reference: 'Practitioner/asker' }],
    },
  }

  function desk(stored: readonly Resource[]) {
    const made = records([...known, ...stored])
    const decision = createRequestDecision({ letters: made.letters, codes, base, approve: async () => 'Consent/new' })
    return { ...made, decision }
  }

  async function taken(from: Resource, status: string, pair?: Resource, by = office, more: object = {}) {
    const { decision, work, did, written } = desk(pair ? [pair] : [])
    const done = await decision.taken(from, { ...from, status, ...more }, contextOf(by), work)
    return { done, did, other: written.find(({ resourceType }) => resourceType === 'Task') }
  }

  test('that accepts it completes it with the grant, and tells the doctor and the patient', async () => {
    const { done, did } = await taken(sent('received'), 'accepted')
    const output = done['output'] as { valueReference: object }[]
    assert.deepEqual([done['status'], output[0]!.valueReference], ['completed', { reference: 'Consent/new' }])
    assert.deepEqual(did, ['requestDecided to asker', 'accessGiven to anna'])
    const own = await taken(sent('received'), 'accepted', undefined, person('Patient/anna', ['patient']))
    assert.deepEqual(own.did, ['requestDecided to asker'])
  })

  test('that refuses it leaves a line of the trail, and tells the doctor alone', async () => {
    const { did } = await taken(sent('received'), 'rejected')
    assert.deepEqual(did, ['requestDecided to asker', 'trail'])
    assert.deepEqual((await taken(sent('received'), 'on-hold')).did, ['requestDecided to asker'])
  })

  test('that decides nothing is told to nobody', async () => {
    assert.deepEqual((await taken(sent('received'), 'cancelled')).did, [])
  })

  test('by an identifier is taken by both Tasks, in words that name no patient', async () => {
    const { done, did, other } = await taken(routing('received'), 'rejected', sent('received', byIdentifier))
    assert.deepEqual([done['id'], other!.id, other!['status']], ['routing', 'request', 'rejected'])
    assert.deepEqual(other!['statusReason'], { text: 'The request was not granted.' })
    assert.deepEqual(did, ['update Task/request', 'requestDecided to asker', 'trail'])
    const back = await taken(sent('received', byIdentifier), 'cancelled', routing('received'))
    assert.deepEqual([back.other!.id, back.other!['status']], ['routing', 'cancelled'])
  })

  test('of a request that names its patient looks for no other Task', async () => {
    const { did } = await taken(sent('received'), 'cancelled', routing('received'))
    assert.deepEqual(did, [])
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Work } from '../../../src/interactions/rule.ts'
import { accessRequests } from '../../../src/sharing/access-requests.ts'
import {
  asker,
  base,
  byNumber,
  change,
  codes,
  letters,
  office,
  parameter,
  person,
  refusal,
  request,
  sent,
  wholeRecord,
} from './request-desk.ts'

const decided: string[] = []
let woken = 0
const rule = accessRequests({
  ...{ codes, base, wakeClerk: () => (woken += 1) },
  decision: {
    pairOf: async () => undefined,
    taken: async (_stored, task) => {
      decided.push(String(task['status']))
      return { ...task, note: [{ text: 'taken' }] }
    },
  },
})
const work = { tx: { afterCommit: (act: () => Promise<void>) => act() } } as unknown as Work
const before = (...asked: Parameters<typeof change>) => rule.before!(change(...asked), work)
const create = (more: object = {}, status = 'requested') => before(undefined, request(status, more))
const patient = person('Patient/anna', ['patient'])
const doctor = person('Practitioner/other')
const other = { reference: 'Practitioner/other' }

describe('a request for access that is made', () => {
  test('waits for the records office from the moment that the server names, and is of who sends it', async () => {
    const made = (await create({ requester: undefined, owner: other }))!
    assert.deepEqual(made['requester'], { reference: 'Practitioner/asker' })
    assert.deepEqual([made['owner'], made['authoredOn']], [codes.recordsOffice, '2026-03-01T12:00:00.000Z'])
    assert.deepEqual((await create({ requester: other, restriction: period('2026-03-31') }))!['requester'], other)
    const byPatient = await before(undefined, request('draft', { requester: undefined }), patient)
    assert.equal(byPatient!['requester'], undefined)
  })

  test('begins as a draft or is sent', async () => {
    assert.equal((await create({}, 'draft'))!['owner'], undefined)
    for (const status of ['accepted', 'received', 'completed']) {
      await assert.rejects(create({}, status), refusal(409, 'Task.status'))
    }
  })

  test('is about one patient, who is named or meant by one identifier', async () => {
    const unnamed = (...input: object[]) => create({ for: undefined, input: [letters, ...input] })
    assert.ok(await unnamed(byNumber))
    await assert.rejects(unnamed(), refusal(422, 'Task.for'))
    await assert.rejects(unnamed(byNumber, byNumber), refusal(422, 'Task.for'))
    await assert.rejects(create({ input: [letters, byNumber] }), refusal(422, 'Task.for'))
    for (const valueIdentifier of [{ system: 'mrn' }, { value: '1' }, undefined]) {
      await assert.rejects(unnamed(parameter('patient-identifier', { valueIdentifier })), refusal(422, 'Task.input'))
    }
  })

  test('says which documents, for treatment, for 90 days at most and for nobody else', async () => {
    const scopeOf = (...input: object[]) => create({ input })
    await assert.rejects(scopeOf(), refusal(422, 'Task.input'))
    await assert.rejects(scopeOf(wholeRecord, letters), refusal(422, 'Task.input'))
    const image = parameter('scope', { valueReference: { reference: 'Media/1' } })
    await assert.rejects(scopeOf(image), refusal(422, 'Task.input'))
    await assert.rejects(create({ reasonCode: { coding: [{ code: 'HMARKT' }] } }), refusal(422, 'Task.reasonCode'))
    await assert.rejects(create({ reasonCode: undefined }), refusal(422, 'Task.reasonCode'))
    const expression = 'Task.restriction.period'
    await assert.rejects(create({ restriction: undefined }), refusal(422, expression))
    await assert.rejects(create({ restriction: period('2026-03-02', '2026-03-05') }), refusal(422, expression))
    await assert.rejects(create({ restriction: period('2026-02-27', '2026-02-01') }), refusal(422, expression))
    await assert.rejects(create({ restriction: period('2026-05-31') }), refusal(422, expression))
    assert.ok(await create({ restriction: period('2026-05-29') }))
    const recipient = (reference: string) => ({ restriction: { ...period('2026-03-31'), recipient: [{ reference }] } })
    await assert.rejects(create(recipient('Practitioner/other')), refusal(422, 'Task.restriction.recipient'))
    assert.ok(await create(recipient('Practitioner/asker')))
  })

  test('says nothing that the server says, not even as a draft', async () => {
    for (const element of ['output', 'basedOn', 'partOf']) {
      await assert.rejects(create({ [element]: [] }, 'draft'), refusal(422, `Task.${element}`))
    }
  })
})

describe('a request for access that is stored', () => {
  test('is looked at as a request alone, and does nothing by itself when it was brought from elsewhere', async () => {
    assert.equal(await before(sent('received'), undefined), undefined)
    const letter: Resource = { resourceType: 'Task', status: 'accepted', intent: 'order' }
    assert.equal(await before(undefined, letter), undefined)
    const brought = change(undefined, request('accepted'))
    assert.equal(await rule.before!({ ...brought, interaction: 'update' }, work), undefined)
    const another = sent('received', { code: codes.task('practitioner-approval') })
    await assert.rejects(before(sent('received'), another), refusal(422, 'Task.code'))
  })

  test('is sent from a draft, which may say everything anew but whose it is', async () => {
    const draft = request('draft')
    const done = await before(draft, request('requested', { focus: other, owner: other }))
    assert.deepEqual(done!['owner'], codes.recordsOffice)
    assert.equal((await before(draft, request('draft', { description: 'please' })))!['description'], 'please')
    await assert.rejects(before(draft, request('requested', { requester: other })), refusal(422, 'Task.requester'))
  })

  test('keeps what was asked', async () => {
    const focus = sent('received', { focus: other })
    await assert.rejects(before(sent('received'), focus), refusal(422, 'Task.focus'))
    await assert.rejects(before(sent('received'), sent('received', { for: other })), refusal(422, 'Task.for'))
  })

  test('goes the ways that there are, each by whom it belongs to', async () => {
    const move = (from: string, to: string, by: typeof asker) =>
      before(sent(from), sent(to, { statusReason: { text: 'no' } }), by)
    await assert.rejects(move('received', 'completed', office), refusal(409, 'Task.status'))
    await assert.rejects(move('rejected', 'received', office), refusal(409, 'Task.status'))
    await assert.rejects(move('received', 'accepted', asker), refusal(403, 'Task.status'))
    await assert.rejects(move('received', 'cancelled', office), refusal(403, 'Task.status'))
    for (const [to, by] of [
      ['accepted', office],
      ['rejected', patient],
      ['on-hold', office],
      ['cancelled', asker],
    ] as const) {
      decided.length = 0
      assert.deepEqual((await move('received', to, by))!['note'], [{ text: 'taken' }])
      assert.deepEqual(decided, [to])
    }
  })

  test('without a step is only written', async () => {
    decided.length = 0
    assert.equal(await before(sent('received'), sent('received', { note: [{ text: 'hello' }] })), undefined)
    assert.deepEqual(decided, [])
  })

  test('is decided within seven days, and rejected with a reason', async () => {
    const old = { authoredOn: '2026-02-01T12:00:00Z' }
    const late = (to: string, by: typeof asker) => before(sent('received', old), sent(to, { ...old, statusReason }), by)
    const statusReason = { text: 'no' }
    for (const to of ['accepted', 'rejected', 'on-hold']) {
      await assert.rejects(late(to, office), refusal(409, 'Task.status'))
    }
    assert.ok(await late('cancelled', asker))
    await assert.rejects(before(sent('received'), sent('rejected'), office), refusal(422, 'Task.statusReason'))
    assert.ok(await before(sent('received'), sent('rejected', { statusReason }), office))
  })

  test('has its output from the approval', async () => {
    const output = [parameter('granted', { valueCoding: { code: 'letter' } })]
    const written = (to: string) => before(sent('received'), sent(to, { output }), office)
    await assert.rejects(written('received'), refusal(422, 'Task.output'))
    await assert.rejects(written('on-hold'), refusal(422, 'Task.output'))
    assert.ok(await written('accepted'))
  })

  test('is handed on by the records office, to the patient or to a doctor who did not ask', async () => {
    const handed = (owner: object, by = office, more: object = {}) =>
      before(sent('received', more), sent('received', { ...more, owner }), by)
    await assert.rejects(handed(other, doctor), refusal(403, 'Task.owner'))
    await assert.rejects(handed(other, asker), refusal(403, 'Task.owner'))
    assert.equal(await handed(other), undefined)
    assert.equal(await handed({ reference: 'Patient/anna' }), undefined)
    assert.equal(await handed({ identifier: codes.recordsOffice.identifier }), undefined)
    for (const reference of ['Practitioner/asker', 'Patient/ben', 'Organization/1']) {
      await assert.rejects(handed({ reference }), refusal(422, 'Task.owner'))
    }
    const unnamed = { for: undefined, input: [letters, byNumber] }
    await assert.rejects(handed(other, office, unnamed), refusal(422, 'Task.owner'))
    const routing = { ...unnamed, basedOn: [{ reference: 'Task/1' }] }
    assert.equal(await handed(other, office, routing), undefined)
  })

  test('wakes who routes it once it is sent', async () => {
    const after = async (stored: Resource | undefined, task: Resource | undefined) => {
      woken = 0
      await rule.after!(change(stored, task), work)
      return woken
    }
    assert.equal(await after(undefined, request('requested')), 1)
    assert.equal(await after(request('draft'), request('requested')), 1)
    assert.equal(await after(request('requested'), request('requested')), 0)
    assert.equal(await after(undefined, request('draft')), 0)
    assert.equal(await after(request('requested'), undefined), 0)
    assert.equal(await after(undefined, { ...request('requested'), code: codes.task('practitioner-approval') }), 0)
  })
})

function period(end: string, start?: string) {
  return { period: { ...(start === undefined ? {} : { start }), end } }
}

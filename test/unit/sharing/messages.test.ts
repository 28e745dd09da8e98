import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Work } from '../../../src/interactions/rule.ts'
import { refuseUnwanted } from '../../../src/sharing/accepted-senders.ts'
import { messages } from '../../../src/sharing/messages.ts'
import { createReceipts } from '../../../src/sharing/receipts.ts'
import { base, change, codes, contextOf, now, office, person, refusal } from './request-desk.ts'

const rule = messages({ receipts: createReceipts({ codes, base }), base })
const doctor = person('Practitioner/doctor')
const read = {
  extension: [
    { url: codes.readReceipt, extension: [{ url: 'who', valueReference: { reference: 'Practitioner/other' } }] },
  ],
}
const message = (status: string, more: object = {}): Resource => ({
  ...{ resourceType: 'Communication', id: 'm', status, recipient: [{ reference: 'Practitioner/other' }] },
  ...more,
})
const text = { payload: [{ contentString: 'Hello' }] }

describe('a message', () => {
  const before = (after: Resource | undefined, stored?: Resource, more: object = {}) =>
    rule.before!({ ...change(stored, after, office), ...more }, {} as Work)

  test('is unread by everybody whom it reaches', async () => {
    const made = await before(message('completed', text))
    assert.deepEqual(made!.meta!.tag, [{ system: codes.unread, code: 'Practitioner/other' }])
  })

  test('that is deleted or was brought from elsewhere stays as it is', async () => {
    assert.equal(await before(undefined, message('completed')), undefined)
    const brought = message('completed', { payload: [{ contentAttachment: {} }] })
    assert.equal(await before(brought, undefined, { interaction: 'update' }), undefined)
    await assert.rejects(before(brought), refusal(422, 'Communication.payload[0].content'))
  })

  test('that is taken back has no text, unless somebody has read it', async () => {
    assert.equal((await before(message('stopped', text), message('completed', text)))!['payload'], undefined)
    const wasRead = await before(message('stopped', read), message('completed', { ...text, ...read }))
    assert.deepEqual(wasRead!['payload'], text.payload)
  })
})

describe('the versions of a message that is taken back', () => {
  const versions = [
    { version: 4, deleted: false, json: JSON.stringify(message('stopped', { ...text, note: 'as it is now' })) },
    { version: 3, deleted: false, json: JSON.stringify(message('completed', text)) },
    { version: 2, deleted: true, json: '' },
    { version: 1, deleted: false, json: JSON.stringify(message('completed', text)) },
  ]

  async function redacted(after: Resource | undefined, stored: Resource | undefined) {
    const found: string[] = []
    const resources = {
      history: async () => ({ versions }),
      redact: async (_type: string, _rid: bigint, version: number, json: string) =>
        void found.push(`${version} ${json.includes('Hello') ? 'with' : 'without'} text`),
    }
    const { identity, ...rest } = change(stored, after)
    await rule.after!({ ...rest, identity: { ...identity, version: 4 } }, { tx: { resources } } as unknown as Work)
    return found
  }

  test('lose their text, but the last one and deletions, which have none', async () => {
    assert.deepEqual(await redacted(message('stopped'), message('completed', text)), [
      '3 without text',
      '1 without text',
    ])
  })

  test('keep it where nothing was taken back, or somebody had read it', async () => {
    assert.deepEqual(await redacted(undefined, message('completed')), [])
    assert.deepEqual(await redacted(message('completed'), message('completed')), [])
    assert.deepEqual(await redacted(message('stopped'), message('preparation')), [])
    assert.deepEqual(await redacted(message('stopped', read), message('completed', read)), [])
  })
})

describe('a practitioner', () => {
  interface Settings {
    readonly accepts?: string
    readonly blocked?: boolean
    /** Of the sender, at the moment. */
    readonly works?: object
    readonly sees?: boolean
    readonly wrote?: string
  }
  const answer = { inResponseTo: [{ reference: 'Communication/first' }] }

  async function takes(by: Principal, given: Settings, more: object = {}) {
    const { accepts = 'anyone', blocked = false, works = {}, sees = true, wrote = 'Practitioner/other' } = given
    const role = (id: string) => ({ organization: { reference: `Organization/${id}` } })
    const work = {
      ...{ now, tx: { query: async () => [{ accepts, blocked }] }, maySee: async () => sees },
      read: async (type: string) => type === 'Communication' && { sender: { reference: wrote } },
      find: async (_type: string, query: string) =>
        query.includes('other') ? [role('clinic')] : [{ ...role('clinic'), ...works }],
    } as unknown as Work
    const where = { context: contextOf(by), work, base, path: 'Communication.recipient[0]' }
    return refuseUnwanted('other', message('completed', more), where).then(
      () => true,
      (error: unknown) => !refusal(403, 'Communication.recipient[0]')(error),
    )
  }

  test('takes messages from anyone who is not blocked', async () => {
    assert.equal(await takes(doctor, {}), true)
    assert.equal(await takes(doctor, { blocked: true }), false)
    assert.equal(await takes(doctor, { blocked: true }, answer), false)
    assert.equal(await takes(person('Patient/anna', ['patient']), { accepts: 'nobody' }), true)
    assert.equal(await takes(person('Practitioner/other'), { accepts: 'nobody' }), true)
    const { person: _nobody, ...service } = office
    assert.equal(await takes(service, { accepts: 'nobody', blocked: true }), true)
  })

  test('may take them from those alone who work in the same place today', async () => {
    assert.equal(await takes(doctor, { accepts: 'organization' }), true)
    assert.equal(await takes(doctor, { accepts: 'nobody' }), false)
    for (const works of [
      { organization: { reference: 'Organization/elsewhere' } },
      { period: { end: '2025-12-31' } },
      { period: { start: '2026-12-31' } },
    ]) {
      assert.equal(await takes(doctor, { accepts: 'organization', works }), false, JSON.stringify(works))
    }
  })

  test('always takes an answer to what he wrote', async () => {
    const accepts = 'nobody'
    assert.equal(await takes(doctor, { accepts }, answer), true)
    assert.equal(await takes(doctor, { accepts, wrote: 'Practitioner/doctor' }, answer), false)
    assert.equal(await takes(doctor, { accepts, wrote: 'Patient/other' }, answer), false)
    assert.equal(await takes(doctor, { accepts, sees: false }, answer), false)
    const other = { inResponseTo: [{ reference: 'Observation/first' }] }
    assert.equal(await takes(doctor, { accepts }, other), false)
  })
})

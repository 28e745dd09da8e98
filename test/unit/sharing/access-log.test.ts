import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { givenOf } from '../../../src/interactions/operation-parameters.ts'
import type { Call, Operation } from '../../../src/interactions/operation.ts'
import { accessLog } from '../../../src/sharing/access-log.ts'
import { askAboutAccess } from '../../../src/sharing/ask-about-access.ts'
import { base, codes, contextOf, person } from './request-desk.ts'

interface World {
  readonly deleted?: boolean
  /** Whom the rules of the record let see the patient. */
  readonly mayRead?: boolean
  readonly events?: readonly string[]
}

const scopes: Principal['scopes'] = [{ level: 'user', type: '*', actions: ['r', 's'] }] as never
const ben = { ...person('Patient/ben', ['patient']), scopes: [] }
const officer = { ...person('Practitioner/office', ['privacy-officer']), scopes }
const doctor = { ...person('Practitioner/anna'), scopes }
const proxy = { ...person('RelatedPerson/eve', ['proxy']), scopes: [] }

function called(by: Principal, given: object, { deleted = false, mayRead = true, events = [] }: World = {}) {
  const created: Resource[] = []
  const stored = {
    type: 'Patient',
    id: 'ben',
    rid: 1n,
    deleted,
    json: '{"resourceType":"Patient","id":"ben"}',
    pat: 1n,
  }
  const read = async (type: string, [id]: readonly string[], options: { where?: unknown } = {}) =>
    type === 'AuditEvent' ? events.filter((one) => one === id) : mayRead || options.where === undefined ? [stored] : []
  const resources = { read, find: async () => ({ matches: [], next: undefined }) }
  const handle = { resources, transaction: (work: (tx: object) => Promise<unknown>) => work({ resources }) }
  const parts = {
    ...{ base, codes, access: { rows: () => ({ op: 'all' }) }, trail: { upToNow: async () => undefined } },
    search: { parse: () => ({}) },
    serverWork: () => ({ create: async (one: Resource) => (created.push(one), { ...one, id: 't' }) }),
  } as never
  const values = Object.entries(given).map(([name, value]) => ({ name, value: String(value), place: name }))
  const call = {
    ...{ context: contextOf(by), handle, rows: { op: 'none' } },
    ...{ asked: { kind: 'operation', type: 'Patient', id: 'ben', name: 'x' }, given: givenOf(values) },
  } as unknown as Call
  const run = (operation: (parts: never) => Operation) => operation(parts).run(call)
  return { created, log: () => run(accessLog as never), ask: () => run(askAboutAccess as never) }
}

const status = (wanted: number) => (error: unknown) => {
  assert.equal((error as { status?: number }).status, wanted, String(error))
  return true
}

describe('the access log', () => {
  test('is for the patient, for who acts for him and for who answers for privacy', async () => {
    for (const by of [ben, proxy, officer]) assert.equal((await called(by, {}).log()).answer.status, 200)
    await assert.rejects(called(doctor, {}).log(), status(403))
    await assert.rejects(called({ ...ben, person: { ...ben.person!, id: 'carl' } }, {}).log(), status(403))
  })

  test('is as hidden as the record, but for who answers for privacy', async () => {
    await assert.rejects(called(ben, {}, { mayRead: false }).log(), status(404))
    assert.equal((await called(officer, {}, { mayRead: false }).log()).answer.status, 200)
    await assert.rejects(called({ ...officer, scopes: [] }, {}, { mayRead: false }).log(), status(404))
  })

  test('outlives the record, for who answers for privacy alone', async () => {
    await assert.rejects(called(ben, {}, { deleted: true }).log(), status(410))
    await assert.rejects(called(proxy, {}, { deleted: true }).log(), status(410))
    assert.equal((await called(officer, {}, { deleted: true }).log()).answer.status, 200)
  })
})

describe('a question about access', () => {
  const question = 'Who was that?'

  test('of the patient becomes a Task, with the line that it is about', async () => {
    const { created, ask } = called(ben, { question, event: 'e' }, { events: ['e'] })
    assert.equal((await ask()).answer.status, 200)
    const [{ description, focus } = {}] = created as { description?: string; focus?: object }[]
    assert.deepEqual([description, focus], [question, { reference: 'AuditEvent/e' }])
  })

  test('is nobody else’s, has its length, and is about a line that is there', async () => {
    const refused = async (wanted: number, ...asked: Parameters<typeof called>) => {
      const { created, ask } = called(...asked)
      await assert.rejects(ask(), status(wanted))
      assert.deepEqual(created, [])
    }
    await refused(403, officer, { question })
    await refused(403, { ...ben, person: { ...ben.person!, id: 'carl' } }, { question })
    await refused(404, ben, { question }, { mayRead: false, deleted: true })
    await refused(404, ben, { question }, { deleted: true })
    await refused(422, ben, { question: 'x'.repeat(4_001) })
    await refused(404, ben, { question, event: 'other' }, { events: ['e'] })
    assert.equal((await called(ben, { question: 'x'.repeat(4_000) }).ask()).answer.status, 200)
  })
})

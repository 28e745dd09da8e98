import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Call } from '../../../src/interactions/operation.ts'
import { none } from '../../../src/search/clause.ts'
import { administratorOperation, mustAdministerAll } from '../../../src/sharing/administrator-operation.ts'
import { createPeople } from '../../../src/sharing/people.ts'
import { contextOf, now, person } from './request-desk.ts'

type PeopleParts = Parameters<typeof createPeople>[0]

const refusal = (status: number) => (error: unknown) => error instanceof FhirError && error.status === status
const admin = person('Practitioner/admin', ['admin'])

/** A store whose transaction tells whether what was done in it is kept. */
function aStore(tx: object) {
  const ended: string[] = []
  const transaction = async (act: (tx: object) => Promise<unknown>) => {
    try {
      const answer = await act(tx)
      ended.push('kept')
      return answer
    } catch (error) {
      ended.push('undone')
      throw error
    }
  }
  return { ended, store: { transaction } }
}

describe('an operation of administrators', () => {
  async function run(act: () => Promise<string>, principal = admin, deleted = false) {
    const { store, ended } = aStore({ resources: { read: () => Promise.resolve([{ deleted }]) } })
    const row = { name: 'x', types: [], definition: 'd', parameters: {}, act } as unknown as Parameters<
      typeof administratorOperation
    >[0]
    const asked = { type: 'Practitioner', id: '1' }
    const call = { context: contextOf(principal), handle: store, asked, rows: {}, given: {} } as unknown as Call
    const answered = await administratorOperation(row)
      .run(call)
      .then(
        () => 'answered',
        (error: unknown) => error,
      )
    return { answered, ended }
  }

  test('is kept whole, or undone when it fails in the middle', async () => {
    assert.deepEqual(await run(() => Promise.resolve('{}')), { answered: 'answered', ended: ['kept'] })
    const failed = await run(() => Promise.reject(new Error('in the middle')))
    assert.deepEqual(failed.ended, ['undone'])
  })

  test('is run by nobody else, and on nothing that was deleted', async () => {
    const act = () => Promise.resolve('{}')
    const byDoctor = await run(act, person('Practitioner/doctor'))
    assert.ok(refusal(403)(byDoctor.answered))
    assert.deepEqual(byDoctor.ended, [])
    const onDeleted = await run(act, admin, true)
    assert.ok(onDeleted.answered instanceof FhirError)
    assert.deepEqual(onDeleted.ended, ['undone'])
  })

  test('on everything takes a scope for every type', () => {
    const scoped = (type: string): Principal =>
      ({ ...admin, scopes: [{ level: 'user', type, actions: 'ru' }] }) as unknown as Principal
    assert.doesNotThrow(() => mustAdministerAll(contextOf(scoped('*')), 'x', 'r'))
    assert.throws(() => mustAdministerAll(contextOf(scoped('Patient')), 'x', 'r'), refusal(403))
  })
})

describe('the people behind accounts', () => {
  const people = (more: object) => createPeople({ now: () => now, ...more } as unknown as PeopleParts)

  test('who may read nothing of a type is told so, and a fault is not taken for that', async () => {
    const mayRead = (error: Error) => {
      const rows = () => {
        throw error
      }
      const read = (_type: string, _ids: string[], { where }: { where: unknown }) =>
        Promise.resolve(where === none ? [] : [{ deleted: false }])
      return people({ access: { rows }, store: { resources: { read } } }).mayRead(admin, 'Patient', '1')
    }
    assert.equal(await mayRead(new FhirError('forbidden', 'No scope.')), false)
    await assert.rejects(mayRead(new Error('a fault')), /a fault/)
  })

  test('who is not known adds no evidence, and nothing of it is kept', async () => {
    const { store, ended } = aStore({})
    const work = { read: () => Promise.resolve(undefined) }
    const registration = { answered: () => Promise.resolve() }
    const unknown = people({ store, serverWork: () => work, registration }).addEvidence('nobody', { note: 'n' })
    await assert.rejects(unknown, refusal(404))
    assert.deepEqual(ended, ['undone'])
  })
})

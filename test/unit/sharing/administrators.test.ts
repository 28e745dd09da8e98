import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { givenOf } from '../../../src/interactions/operation-parameters.ts'
import type { Call, Operation } from '../../../src/interactions/operation.ts'
import type { Work } from '../../../src/interactions/rule.ts'
import { none } from '../../../src/search/clause.ts'
import { mustAdministerAll } from '../../../src/sharing/administrator-operation.ts'
import { linkSignIn } from '../../../src/sharing/link-sign-in.ts'
import { createPeople } from '../../../src/sharing/people.ts'
import { resetSecondFactor } from '../../../src/sharing/reset-second-factor.ts'
import { setRoles } from '../../../src/sharing/set-roles.ts'
import { codes, contextOf, now, person } from './request-desk.ts'

const admin = person('Practitioner/boss', ['admin'])
const status = (wanted: number) => (error: unknown) => {
  assert.equal((error as { status?: number }).status, wanted, String(error))
  return true
}

/** What is done counts when its transaction commits; by whatever does not begin one, at once. */
function ledger() {
  const did: string[] = []
  const transaction = async <T>(work: (tx: object) => Promise<T>): Promise<T> => {
    const own: string[] = []
    const result = await work({ ...handle, write: (what: string) => own.push(what) })
    did.push(...own)
    return result
  }
  const stored = { known: { id: 'known', type: 'Practitioner', deleted: false }, gone: { id: 'gone', deleted: true } }
  const handle = {
    transaction,
    write: (what: string) => did.push(what),
    resources: { read: async (_type: string, [id]: string[]) => [stored[id as 'known']].filter(Boolean) },
  }
  return { did, handle }
}

interface Told {
  readonly by?: Principal
  readonly id?: string
  readonly given?: Readonly<Record<string, string>>
  /** After it has written. */
  readonly fails?: boolean
  readonly account?: boolean
}

async function run(
  make: (parts: never) => Operation,
  { by = admin, id = 'known', given = {}, fails = false, account = true }: Told = {},
) {
  const { did, handle } = ledger()
  const write = async ({ write }: { write: (what: string) => void }) => {
    write('written')
    if (fails) throw new Error('The database is gone.')
    return account ? 1 : undefined
  }
  const accounts = { setRoles: write, resetSecondFactor: write, linkIdentity: write }
  const values = Object.entries(given).map(([name, value]) => ({ name, value, place: name }))
  const asked = { kind: 'operation', type: 'Practitioner', id, name: 'x' }
  const call = { context: contextOf(by), handle, rows: { op: 'all' }, asked, given: givenOf(values) } as unknown as Call
  const answer = await make({ accounts, codes } as never)
    .run(call)
    .then(({ answer }) => answer.status)
    .catch((error: unknown) => error)
  return { did, answer }
}

const operations = [
  ['$set-roles', setRoles],
  ['$reset-second-factor', resetSecondFactor],
  ['$link-sign-in', linkSignIn],
] as const

for (const [name, make] of operations) {
  describe(name, () => {
    const given: Record<string, string> = name === '$set-roles' ? { role: 'practitioner' } : {}

    test('is for administrators, about others who are there', async () => {
      assert.deepEqual(await run(make as never, { given }), { did: ['written'], answer: 200 })
      const refused = async (wanted: number, told: Told) => {
        const { did, answer } = await run(make as never, { given, ...told })
        status(wanted)(answer)
        assert.deepEqual(did, [])
      }
      await refused(403, { by: person('Practitioner/anna') })
      await refused(403, { by: { ...admin, kind: 'system' } as never })
      await refused(403, { by: person('Practitioner/known', ['admin']) })
      await refused(404, { id: 'nobody' })
      await refused(404, { id: 'gone' })
      const namesake = person('Patient/known' as 'Practitioner/known', ['admin'])
      assert.equal((await run(make as never, { given, by: namesake })).answer, 200)
    })

    test('is done as a whole or not at all', async () => {
      assert.deepEqual((await run(make as never, { given, fails: true })).did, [])
    })
  })
}

test('the second factor of who has no account cannot be reset', async () => {
  status(422)((await run(resetSecondFactor as never, { account: false })).answer)
})

test('what is of no type takes a scope for every type that is narrowed to none', () => {
  const scope = { level: 'user', type: '*', actions: ['r', 'u'] }
  const holding = (...scopes: object[]) => contextOf({ ...admin, scopes } as never)
  const must = (...scopes: object[]) => mustAdministerAll(holding(...scopes), 'dead-letters', 'r')
  must(scope)
  for (const other of [{ level: 'patient' }, { type: 'Patient' }, { actions: ['u'] }, { query: [['a', 'b']] }]) {
    assert.throws(() => must({ ...scope, ...other }), status(403), JSON.stringify(other))
  }
  assert.throws(() => must(), status(403))
  const doctor = { ...contextOf(person('Practitioner/anna')) }
  assert.throws(() => mustAdministerAll(doctor, 'dead-letters', 'r'), status(403))
})

describe('what accounts need of the records', () => {
  function people({ refuses, fails, known = true }: { refuses?: Error; fails?: boolean; known?: boolean } = {}) {
    const asked: unknown[] = []
    const { did, handle } = ledger()
    const json = JSON.stringify({ resourceType: 'Patient', name: [{ family: 'Berg' }] })
    const row = (id: string) => ({ id, deleted: id === 'gone', json, pat: 3n })
    const resources = {
      async read(_type: string, [id]: readonly string[], options?: { where?: unknown }) {
        asked.push(options?.where)
        return options?.where === none || id === 'nobody' ? [] : [row(id!)]
      },
      async find(_request: object, access: (type: string) => unknown) {
        asked.push(access('Patient'), access('Observation'))
        return { matches: access('Patient') === none ? [] : [row('ben')] }
      },
    }
    const registration = {
      approvalOf: async () => ({ state: 'pending' }),
      answered: async (work: { write: (what: string) => void }) => {
        work.write('answered')
        if (fails) throw new Error('The mail is full.')
      },
    }
    const serverWork = (tx: { write: (what: string) => void }) =>
      ({
        write: tx.write,
        read: async () => (known ? { resourceType: 'Practitioner', id: 'anna' } : undefined),
      }) as unknown as Work
    const rows = () => {
      if (refuses) throw refuses
      return { op: 'all' }
    }
    const made = createPeople({
      ...{ store: { ...handle, resources }, serverWork, access: { rows }, registration, codes, content: {} },
      ...{ now: () => now, search: { parse: () => ({}) } },
    } as never)
    return { did, asked, people: made }
  }

  test('are names, of records that are there', async () => {
    const { people: known } = people()
    assert.deepEqual(await known.describe('Patient', 'ben'), { name: 'Berg' })
    assert.equal(await known.describe('Patient', 'gone'), undefined)
    assert.equal(await known.describe('Patient', 'nobody'), undefined)
  })

  test('are patients whom the principal sees, and nothing beside them', async () => {
    const { people: known, asked } = people()
    assert.deepEqual(await known.searchPatients(admin, 'Berg'), [{ id: 'ben', name: 'Berg' }])
    assert.deepEqual(asked, [{ op: 'all' }, none])
    assert.equal(await known.mayRead(admin, 'Patient', 'ben'), true)
    assert.equal(await known.mayRead(admin, 'Encounter', 'e', 3n), true)
    assert.equal(await known.mayRead(admin, 'Encounter', 'e', 4n), false)
    assert.equal(await known.mayRead(admin, 'Patient', 'gone'), false)
  })

  test('are none where the scopes allow none, and an error is no refusal', async () => {
    const { people: known } = people({ refuses: new FhirError('insufficientScope', 'No scope.') })
    assert.deepEqual(await known.searchPatients(admin, ''), [])
    assert.equal(await known.mayRead(admin, 'Patient', 'ben'), false)
    await assert.rejects(people({ refuses: new Error('A defect.') }).people.mayRead(admin, 'Patient', 'ben'), /defect/)
  })

  test('is the evidence of a doctor, which comes as a whole or not at all', async () => {
    const { people: known, did } = people()
    await known.addEvidence('anna', { note: 'Here it is.' })
    assert.deepEqual(did, ['answered'])
    const broken = people({ fails: true })
    await assert.rejects(broken.people.addEvidence('anna', { note: 'Here it is.' }))
    assert.deepEqual(broken.did, [])
    await assert.rejects(people({ known: false }).people.addEvidence('anna', { note: 'x' }), status(404))
  })
})

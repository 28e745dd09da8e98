import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '../../src/access/principal.ts'
import { type Client, person, scopes } from '../support/server.ts'
import { askAccessLogs, askBytes } from './matrix-bytes.ts'
import { type Asker, colleague, patient, proxy, staff } from './matrix-oracle.ts'
import { byId, byRecord, bySearch, byType } from './matrix-questions.ts'
import { situations } from './matrix-situations.ts'
import { ask, askTogether, aTrial, proven } from './matrix-trial.ts'
import { aWorld, type World } from './matrix-world.ts'
import { byWriting } from './matrix-writes.ts'

/** Where it matters to others than the doctor in what state a record is. */
const proxied = ['kin-now', 'kin-ended', 'kin-not-begun', 'kin-over', 'kin-denied']
const chosen = ['gp', 'denied-everybody', 'approved', ...proxied].map((name) =>
  situations.find((situation) => situation.name === name)!,
)
const named = (name: string) => chosen.find((situation) => situation.name === name)!

let world: World
before(async () => {
  world = await aWorld(chosen)
})
after(() => world.close())

const scoped = { scopes: scopes('user/*.cruds') }
const office = (...roles: Role[]) => {
  const rid = world.server.composed.keys.ridOf('Practitioner', 'office')
  return world.server.as({ roles, person: { type: 'Practitioner', id: 'office', rid }, ...scoped })
}
const patientNamed = (id: string) => world.server.as(person(world.server, 'patient', 'Patient', id))
const proxyNamed = (id: string) => {
  const rid = world.server.composed.keys.ridOf('RelatedPerson', id)
  return world.server.as({ roles: ['proxy'], person: { type: 'RelatedPerson', id, rid }, ...scoped })
}

const askers: readonly (readonly [Asker, () => Client])[] = [
  [staff('administrator'), () => office('admin', 'records-office', 'privacy-officer')],
  [staff('records office'), () => office('records-office')],
  [staff('privacy officer'), () => office('privacy-officer')],
  [
    staff('backend service'),
    () => world.server.as({ kind: 'system', clientId: 'backend', scopes: scopes('system/*.cruds') }),
  ],
  [colleague, () => world.colleague],
  [patient(named('gp')), () => patientNamed('gp')],
  [patient(named('denied-everybody')), () => patientNamed('denied-everybody')],
  [proxy(named('gp')), () => proxyNamed('gp-kin')],
  ...proxied.map((name) => [proxy(named(name)), () => proxyNamed(`${name}-kin`)] as const),
]

const trial = aTrial()

// First, while there is little to tell.
test('who looked at a record is told to the patient and to who answers for privacy', async () => {
  for (const [asker, clientOf] of askers) await askAccessLogs(trial, asker, clientOf(), world.rows)
  assert.deepEqual(trial.differences, [])
})

for (const [asker, clientOf] of askers) {
  test(`${asker.role}: every way to a record answers as the table says`, async () => {
    const { rows } = world
    const before = trial.differences.length
    const [client, read, found] = [clientOf(), byId(asker, rows), bySearch(asker, rows)]
    await ask(trial, asker, client, [...read, ...found, ...byType(asker, rows), ...byRecord(asker, rows)])
    await ask(trial, asker, client, byWriting(asker, rows))
    await askTogether(
      trial,
      asker,
      client,
      [...read, ...found].filter(({ path }, n) => n % 3 === 0 && /^(read|_id)$/.test(path)),
    )
    await askBytes(trial, asker, client, rows)
    assert.deepEqual(trial.differences.slice(before), [])
  })
}

test('that is a matrix of thousands', () => proven(trial, 4000))

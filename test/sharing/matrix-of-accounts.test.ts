import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aPendingDoctor, password } from '../support/applicants.ts'
import type { Client } from '../support/server.ts'
import { signIn } from '../support/sign-in.ts'
import { nobody } from './matrix-oracle.ts'
import { byId, byRecord, bySearch, byType, type Question } from './matrix-questions.ts'
import { situations } from './matrix-situations.ts'
import { askAlone, aTrial, proven } from './matrix-trial.ts'
import { aWorld, type World } from './matrix-world.ts'
import { byWriting } from './matrix-writes.ts'

/** Accounts with tokens of the authorization server: whoever may not act now is shown nothing, whatever his patient says. */
let world: World
before(async () => {
  world = await aWorld(situations.filter(({ name }) => name === 'granted'))
})
after(() => world.close())

const trial = aTrial()

function everything(): Question[] {
  const [asker, { rows }] = [nobody('of nobody'), world]
  const asked = [byId, bySearch, byType, byRecord, byWriting].flatMap((questions) => questions(asker, rows))
  const { name, situation } = rows.find(({ type }) => type === 'Patient')!
  const log = { path: 'access log', type: 'Patient', method: 'GET', url: `${name}/$access-log`, statuses: [] } as const
  const about = rows.filter((row) => row.situation === situation)
  const bundles = ['batch', 'transaction'].map((type) => {
    const body = { resourceType: 'Bundle', type, entry: [{ request: { method: 'GET', url: name } }] }
    return { path: type, type: 'Patient', method: 'POST', url: '/fhir', body, about, statuses: [] } as const
  })
  const questions: Question[] = [...asked, { ...log, about }, ...bundles]
  return questions.map(({ shows: _shows, total: _total, ...one }) => ({ ...one, statuses: [401] }))
}

const bearing = (token: string): Pick<Client, 'raw'> => ({
  raw: (method) => (url) => world.server.anonymous.raw(method)(url).set('authorization', `Bearer ${token}`),
})

/** The patient names him as the general practitioner. */
async function treats(id: string): Promise<void> {
  const path = '/generalPractitioner/0/reference'
  await world.admin.patch('Patient/granted', [{ op: 'replace', path, value: `Practitioner/${id}` }]).expect(200)
}

const activate = (id: string, value: boolean) =>
  world.admin.patch(`Practitioner/${id}`, [{ op: 'replace', path: '/active', value }]).expect(200)

test('a doctor who waits for approval has no token, and without one nothing is answered', async () => {
  const { id, email } = await aPendingDoctor(world.server)
  await treats(id)
  assert.ok('page' in (await signIn(world.server.url, { email, password })))
  const before = trial.differences.length
  await askAlone(trial, nobody('pending doctor'), world.server.anonymous, everything())
  assert.deepEqual(trial.differences.slice(before), [])
})

test('a doctor who was suspended is answered nothing from then on, by the token that he had', async () => {
  const { id, email } = await aPendingDoctor(world.server)
  await treats(id)
  await activate(id, true)
  const answer = await signIn(world.server.url, { email, password }, 'openid fhirUser user/*.cruds')
  assert.ok('token' in answer)
  const client = bearing(answer.token)
  const read = async () => (await client.raw('get')('Observation/granted-one')).status
  assert.equal(await read(), 200)
  await activate(id, false)
  const before = trial.differences.length
  await askAlone(trial, nobody('suspended doctor'), client, everything())
  assert.deepEqual(trial.differences.slice(before), [])
})

test('those are hundreds of cells', () => proven(trial, 400))

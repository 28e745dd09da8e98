import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { roles } from '../support/role-matrix.ts'
import { startTrial, type Trial } from '../support/role-matrix-trial.ts'
import { seeds } from '../support/role-matrix-seeds.ts'
import { scopes } from '../support/server.ts'

let trial: Trial
before(async () => {
  trial = await startTrial()
})
after(() => trial.server.close())

for (const role of roles.staff) {
  test(`${role}: every interaction with every class of resource, as the matrix says`, (t) => trial.ask(t, role))
}

/** `[type] $[name]` of what the server offers on the types of the seeds. */
async function offered(): Promise<string[]> {
  const { body } = await trial.server.anonymous.get('metadata').set('accept', 'application/fhir+json').expect(200)
  const types = new Set(seeds.map(({ resource }) => resource.resourceType))
  const resources = body.rest[0].resource as { type: string; operation?: { name: string }[] }[]
  return resources
    .filter(({ type }) => types.has(type))
    .flatMap(({ type, operation = [] }) => operation.map(({ name }) => `${type} $${name}`))
}

test('every operation of every type has been asked in every role', async () => {
  // What administrators do to accounts has tests of its own.
  const missing = (await offered()).filter(
    (one) => !trial.called.has(one) && !/\$(invite|set-roles|reset-second-factor|link-sign-in)$/.test(one),
  )
  assert.deepEqual(missing, [])
})

test('no operation answers on a type that the scopes leave out, whatever the role and whether the resource exists', async () => {
  const narrow = trial.asRole('admin', { scopes: scopes('user/Basic.cruds') })
  for (const one of await offered()) {
    const [type, name] = one.split(' ') as [string, string]
    const { resource } = seeds.find((seed) => seed.resource.resourceType === type)!
    const answers = [`${type}/${name}`, `${type}/${resource.id}/${name}`, `${type}/nobody/${name}`]
    const statuses = await Promise.all(
      answers.map(async (path) => (await narrow.request('POST', path, { resourceType: 'Parameters' })).status),
    )
    // 404: there is no such operation at this level.
    const told = statuses.filter((status) => status !== 404)
    assert.ok(told.length > 0 && told.every((status) => status === 403), `${one}: ${statuses.join(' ')}`)
    assert.equal(statuses[1], statuses[2], one)
  }
})

test('a granular scope narrows what operations answer about as it narrows a read', async () => {
  const query = [['subject', 'Patient/treated']] as [string, string][]
  const narrow = trial.asRole('admin', { scopes: [{ level: 'user', type: 'Observation', actions: 'rsu', query }] })
  const statusOf = async (path: string) => (await narrow.request('GET', path)).status
  for (const operation of ['$validate', '$validate?mode=delete', '$meta']) {
    assert.equal(await statusOf(`Observation/treated/${operation}`), 200, operation)
    assert.equal(await statusOf(`Observation/strange/${operation}`), 404, operation)
  }
  assert.equal(await statusOf('Patient/treated/$everything'), 403)
  const { status } = await narrow.request('GET', '$meta')
  assert.equal(status, 200)
})

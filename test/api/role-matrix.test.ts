import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Principal } from '../../src/access/principal.ts'
import { type ClassOf, createClassOf } from '../../src/access/resource-class.ts'
import type { Column } from '../../src/access/role-matrix.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { type Asker, cells, roles } from '../support/role-matrix.ts'
import { people, seeds } from '../support/role-matrix-seeds.ts'
import { scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let classOf: ClassOf
const askers = new Map<Column, Asker>()
/** `[type] $[name]` of every operation that was called. */
const called = new Set<string>()

before(async () => {
  server = await startServer()
  classOf = createClassOf(await loadDefinitions())
  for (const role of roles) askers.set(role, asRole(role))
  for (const { resource } of seeds) {
    const { status, body } = await askers
      .get('admin')!
      .request('PUT', `${resource.resourceType}/${resource.id}`, resource)
    assert.equal(status, 201, `${resource.resourceType}/${resource.id}: ${JSON.stringify(body)}`)
  }
})
after(() => server.close())

function asRole(role: Column, granted: Partial<Principal> = {}): Asker {
  const client = server.as({ ...principalOf(role), ...granted })
  return {
    async request(method, path, body) {
      const name = /\$[a-z-]+/.exec(path)?.[0]
      if (name) called.add(`${path.split('/', 1)[0]} ${name}`)
      if (method === 'GET') return client.get(path).set('accept', 'application/fhir+json')
      if (method === 'DELETE') return client.delete(path)
      return method === 'PUT' ? client.put(path, body) : client.post(path, body)
    },
  }
}

function principalOf(role: Column): Partial<Principal> {
  if (role === 'system') return { kind: 'system', clientId: 'backend', scopes: scopes('system/*.cruds') }
  const [type, id] = people[role].split('/') as ['Practitioner' | 'Patient' | 'RelatedPerson', string]
  const rid = server.composed.keys.ridOf(type, id)
  return { kind: 'person', roles: [role], person: { type, id, rid }, scopes: scopes('user/*.cruds') }
}

for (const role of roles) {
  test(`${role}: every interaction with every class of resource, as the matrix says`, async (t) => {
    for (const { action, type, questions } of cells(classOf).filter((cell) => cell.role === role)) {
      // Thousands of requests have become none yet, and nobody is to wait for them in a question.
      if (type === 'AuditEvent') await server.composed.trail.upToNow(Infinity)
      for (const { title, statuses, matches, shows, tells, ask } of questions) {
        await t.test(`${action} ${type}: ${title}`, async () => {
          const { status, body } = await ask(askers.get(role)!)
          assert.ok(statuses.includes(status), `${status}, not ${statuses.join(' or ')}: ${JSON.stringify(body)}`)
          if (matches !== undefined) assert.equal(body.entry?.length ?? 0, matches)
          if (tells) assert.equal(JSON.stringify(body).includes(tells.text), tells.is, JSON.stringify(body))
          if (!shows) return
          const entries = (body.entry ?? []) as readonly { resource: { resourceType: string; id: string } }[]
          const shown = entries.some(({ resource }) => resource.resourceType === shows.type && resource.id === shows.id)
          assert.equal(shown, shows.is)
        })
      }
    }
  })
}

/** `[type] $[name]` of what the server offers on the types of the seeds. */
async function offered(): Promise<string[]> {
  const { body } = await server.anonymous.get('metadata').set('accept', 'application/fhir+json').expect(200)
  const types = new Set(seeds.map(({ resource }) => resource.resourceType))
  const resources = body.rest[0].resource as { type: string; operation?: { name: string }[] }[]
  return resources
    .filter(({ type }) => types.has(type))
    .flatMap(({ type, operation = [] }) => operation.map(({ name }) => `${type} $${name}`))
}

test('every operation of every type has been asked in every role', async () => {
  // What administrators do to accounts has tests of its own.
  const missing = (await offered()).filter(
    (one) => !called.has(one) && !/\$(invite|set-roles|reset-second-factor|link-sign-in)$/.test(one),
  )
  assert.deepEqual(missing, [])
})

test('no operation answers on a type that the scopes leave out, whatever the role and whether the resource exists', async () => {
  const narrow = asRole('admin', { scopes: scopes('user/Basic.cruds') })
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
  const narrow = asRole('admin', { scopes: [{ level: 'user', type: 'Observation', actions: 'rsu', query }] })
  const statusOf = async (path: string) => (await narrow.request('GET', path)).status
  for (const operation of ['$validate', '$validate?mode=delete', '$meta']) {
    assert.equal(await statusOf(`Observation/treated/${operation}`), 200, operation)
    assert.equal(await statusOf(`Observation/strange/${operation}`), 404, operation)
  }
  assert.equal(await statusOf('Patient/treated/$everything'), 403)
  const { status } = await narrow.request('GET', '$meta')
  assert.equal(status, 200)
})

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

function asRole(role: Column): Asker {
  const client = server.as(principalOf(role))
  return {
    async request(method, path, body) {
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
      for (const { title, statuses, matches, shows, ask } of questions) {
        await t.test(`${action} ${type}: ${title}`, async () => {
          const { status, body } = await ask(askers.get(role)!)
          assert.ok(statuses.includes(status), `${status}, not ${statuses.join(' or ')}: ${JSON.stringify(body)}`)
          if (matches !== undefined) assert.equal(body.entry?.length ?? 0, matches)
          if (!shows) return
          const entries = (body.entry ?? []) as readonly { resource: { resourceType: string; id: string } }[]
          const shown = entries.some(({ resource }) => resource.resourceType === shows.type && resource.id === shows.id)
          assert.equal(shown, shows.is)
        })
      }
    }
  })
}

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Principal } from '../../src/access/principal.ts'
import { createClassOf } from '../../src/access/resource-class.ts'
import type { Column } from '../../src/access/role-matrix.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { type Asker, cells } from './role-matrix.ts'
import { people, seeds } from './role-matrix-seeds.ts'
import { scopes, startServer, type TestServer } from './server.ts'

export interface Trial {
  readonly server: TestServer
  /** `[type] $[name]` of every operation that was called. */
  readonly called: ReadonlySet<string>
  asRole(role: Column, granted?: Partial<Principal>): Asker
  /** Every question of the matrix to one role. */
  ask(t: TestContext, role: Column): Promise<void>
}

/** A server with the resources that the matrix of roles is asked about. */
export async function startTrial(): Promise<Trial> {
  const server = await startServer()
  const classOf = createClassOf(await loadDefinitions())
  const called = new Set<string>()
  const admin = asRole('admin')
  for (const { resource } of seeds) {
    const { status, body } = await admin.request('PUT', `${resource.resourceType}/${resource.id}`, resource)
    assert.equal(status, 201, `${resource.resourceType}/${resource.id}: ${JSON.stringify(body)}`)
  }

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

  async function ask(t: TestContext, role: Column): Promise<void> {
    const asker = asRole(role)
    for (const { action, type, questions } of cells(classOf).filter((cell) => cell.role === role)) {
      // Thousands of requests have become none yet, and nobody is to wait for them in a question.
      if (type === 'AuditEvent') await server.composed.trail.upToNow(Infinity)
      for (const { title, statuses, matches, shows, tells, ask } of questions) {
        await t.test(`${action} ${type}: ${title}`, async () => {
          const { status, body } = await ask(asker)
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
  }

  return { server, called, asRole, ask }
}

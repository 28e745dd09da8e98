import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import request from 'supertest'
import type { Principal, Role, Scope } from '../../src/access/principal.ts'
import { compose, type Composed } from '../../src/compose.ts'
import { readConfig, type Settings } from '../../src/config.ts'
import { freshDatabase } from './database.ts'

export interface TestServer {
  readonly url: string
  readonly base: string
  readonly dataDir: string
  readonly settings: Settings
  readonly composed: Composed
  /** A client with a token for this principal; the token is good until `revoke`. */
  as(principal: Partial<Principal>): Client
  anonymous: Client
  close(): Promise<void>
}

export type Client = ReturnType<typeof clientOf>

/**
 * The whole server on a database of its own, reached over HTTP. Tokens are made by the test (`as`) beside those that the
 * authorization server issues, so that tests of the FHIR side need no login.
 */
export async function startServer(env: Record<string, string> = {}): Promise<TestServer> {
  const database = await freshDatabase()
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-test-'))
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}`
  const settings = readConfig({
    NODE_ENV: 'test',
    PORT: String(port),
    PUBLIC_URL: url,
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'fatal',
    ...env,
  })
  const tokens = new Map<string, Principal>()
  const parts = { tokens: (token: string) => tokens.get(token), housekeeping: false } as const
  const composed = await compose(settings, parts).catch(async (error: unknown) => {
    await closed(server)
    await database.drop()
    throw error
  })
  server.on('request', composed.app.callback())

  return {
    url,
    base: `${url}/fhir`,
    dataDir,
    settings,
    composed,
    as(principal) {
      const token = randomUUID()
      tokens.set(token, {
        kind: 'person',
        roles: [],
        clientId: 'test',
        scopes: [],
        ...(principal.kind === 'system' ? {} : { accountId: randomUUID() }),
        ...principal,
      })
      return clientOf(url, token)
    },
    anonymous: clientOf(url, undefined),
    async close() {
      await closed(server)
      await composed.close()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** An administrator with every scope. */
export function administrator(): Partial<Principal> {
  return { roles: ['admin', 'records-office', 'privacy-officer'], scopes: scopes('user/*.cruds') }
}

export function scopes(...texts: string[]): Scope[] {
  return texts.map((text) => {
    const [level, rest] = text.split('/') as [Scope['level'], string]
    const [type, actions] = rest.split('.') as [string, string]
    return { level, type, actions }
  })
}

/** A person with a role whose resource has this id. */
export function person(
  server: TestServer,
  role: Role,
  type: 'Practitioner' | 'Patient' | 'RelatedPerson',
  id: string,
  granted = 'user/*.cruds',
): Partial<Principal> {
  const rid = server.composed.keys.ridOf(type, id)
  const own = { roles: [role], person: { type, id, rid }, scopes: scopes(granted) }
  return type === 'Patient' ? { ...own, patient: { id, rid } } : own
}

function clientOf(url: string, token: string | undefined) {
  const to = (method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options') => (target: string) => {
    const test = request(url)[method](target.startsWith('/') ? target : `/fhir/${target}`)
    return token === undefined ? test : test.set('authorization', `Bearer ${token}`)
  }
  const send = (method: 'post' | 'put') => (target: string, resource: unknown) =>
    to(method)(target)
      .set('content-type', 'application/fhir+json')
      .send(typeof resource === 'string' ? resource : JSON.stringify(resource))
  return {
    token,
    get: to('get'),
    head: to('head'),
    options: to('options'),
    delete: to('delete'),
    raw: to,
    post: send('post'),
    put: send('put'),
    patch: (target: string, operations: unknown) =>
      to('patch')(target).set('content-type', 'application/json-patch+json').send(JSON.stringify(operations)),
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hash } from '@node-rs/argon2'
import Koa from 'koa'
import type { Role } from '../../src/access/principal.ts'
import type { IndexValues } from '../../src/search/index-values.ts'
import { createKeys, type Keys } from '../../src/search/keys.ts'
import { createOAuth, type OAuth, type OAuthParts } from '../../src/oauth/create-oauth.ts'
import type { ExternalSettings } from '../../src/oauth/accounts/external-provider.ts'
import type { Applicant, People, Person } from '../../src/oauth/people.ts'
import type { Mail } from '../../src/oauth/mail.ts'
import { createStore } from '../../src/store/create-store.ts'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { openObjects } from '../../src/store/open-objects.ts'
import type { Handle, Store } from '../../src/store/store.ts'
import { freshDatabase } from '../support/database.ts'

export interface Message {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface OAuthServer {
  /** The public URL. */
  readonly url: string
  /** Where it listens. */
  readonly address: string
  readonly fhir: string
  readonly oauth: OAuth
  readonly store: Store
  readonly database: Database
  readonly keys: Keys
  readonly mail: Mail
  readonly mails: Message[]
  readonly evidence: unknown[]
  /** An account that may sign in, with a person of its own in the health records. */
  addAccount(account: NewAccount): Promise<Person & { accountId: string }>
  /** Writes the practitioner's row anew, as an update of the resource would. */
  setActive(practitioner: Person, active: boolean): Promise<void>
  /** Another server process on the same database; where it listens. */
  beside(): Promise<string>
  close(): Promise<void>
}

export interface NewAccount {
  email: string
  roles?: readonly Role[]
  type?: Person['type']
  active?: boolean
}

export const password = 'a lantern over the harbour'
export const masterKey = Buffer.alloc(32, 3)

/** The room on its own: real Postgres, real HTTP, and persons as rows of the store. */
export async function startOAuth(
  options: {
    rateScale?: number
    fetchAllow?: readonly string[]
    publicUrl?: string
    secondFactorOf?: 'none' | 'staff' | 'all'
    now?: () => number
    external?: ExternalSettings
    /** While it says so, mails wait for ever. */
    mailIsDown?: () => boolean
  } = {},
): Promise<OAuthServer> {
  const fresh = await freshDatabase()
  const dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-smart-'))
  const database = openDatabase({ connection: fresh.url, pool: 20 })
  const keys = createKeys(Buffer.alloc(32, 7))
  const store = await createStore({ database, keys, objects: await openObjects({ dataDir }) })
  const http = createServer()
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const address = `http://localhost:${(http.address() as AddressInfo).port}`
  const url = options.publicUrl ?? address
  const mails: Message[] = []
  const mail: Mail = {
    async send(tx, message) {
      tx.afterCommit(async () => {
        if (!options.mailIsDown?.()) mails.push(message)
      })
    },
  }
  const evidence: unknown[] = []
  const activeKey = keys.key('Practitioner', 'active', 'true')
  const records = createRecords(store, keys, activeKey, evidence)
  const parts: OAuthParts = {
    ...{
      publicUrl: url,
      store,
      masterKey,
      practitionerActiveKey: activeKey,
      partyKeys: { salts: '{1,2}', active: 3n },
      ridOf: keys.ridOf,
      people: records.people,
    },
    mail,
    isUsableScope: ({ type, query }) => type !== 'Nonsense' && !query?.some(([name]) => name === 'nonsense'),
    fetchAllow: options.fetchAllow ?? [],
    rateScale: options.rateScale ?? 0,
    secondFactorOf: options.secondFactorOf ?? 'none',
    ...(options.now ? { now: options.now } : {}),
    external: options.external,
    log: { error: (details, message) => console.error(message, details.err) },
  }
  const oauth = await createOAuth(parts)
  const others: Server[] = []
  const app = new Koa()
  for (const route of oauth.routes) app.use(route)
  app.use(async (ctx) => {
    if (!ctx.path.startsWith('/fhir/')) return
    const token = /^Bearer (.+)$/.exec(ctx.get('authorization'))?.[1]
    const principal = token && (await oauth.principalOf(token))
    ctx.status = principal ? 200 : 401
    ctx.body = JSON.stringify(principal ?? {}, (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
  })
  http.on('request', app.callback())

  return {
    ...{ url, address, fhir: `${url}/fhir`, oauth, store, database, keys, mail, mails, evidence },
    addAccount: (account) => addAccount(store, records, account),
    setActive: records.setActive,
    async beside() {
      const other = new Koa()
      for (const route of (await createOAuth(parts)).routes) other.use(route)
      const server = createServer(other.callback())
      others.push(server)
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return `http://localhost:${(server.address() as AddressInfo).port}`
    },
    async close() {
      for (const other of others) {
        other.closeAllConnections()
        other.close()
      }
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
      await store.close()
      await fresh.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

type Records = ReturnType<typeof createRecords>

function createRecords(store: Store, keys: Keys, activeKey: bigint, evidence: unknown[]) {
  const versions = new Map<string, number>()

  const index = (active: boolean): IndexValues => ({
    ...{ pat: null, labels: 0, keys: [], akeys: [], dates: {}, strings: [], numbers: [], periods: [], elements: [] },
    texts: [],
    words: [],
    fkeys: active ? [activeKey] : [],
  })

  async function create(handle: Handle, type: Person['type'], active: boolean): Promise<Person> {
    const { id, rid } = keys.newIdentity(type)
    const json = JSON.stringify({ resourceType: type, id, active })
    await handle.resources.put([{ kind: 'create', type, id, rid, lastUpdated: Date.now(), json, index: index(active) }])
    versions.set(id, 1)
    return { type, id, rid }
  }

  async function setActive({ type, id, rid }: Person, active: boolean): Promise<void> {
    const expectedVersion = versions.get(id)!
    const json = JSON.stringify({ resourceType: type, id, active })
    const common = {
      type,
      id,
      rid,
      expectedVersion,
      revive: false,
      lastUpdated: Date.now(),
      json,
      index: index(active),
    }
    await store.resources.put([{ kind: 'update', ...common }])
    versions.set(id, expectedVersion + 1)
  }

  const patients = [
    { id: 'anna', name: 'Anna Berg', birthDate: '1980-02-03' },
    { id: 'ben', name: 'Ben Dahl', birthDate: '1975-06-07' },
  ]
  const people: People = {
    register: (_applicant: Applicant, tx) => create(tx, 'Practitioner', false),
    registerAdministrator: (_administrator, tx) => create(tx, 'Practitioner', true),
    describe: async (type, id) =>
      type === 'Patient'
        ? (patients.find((patient) => patient.id === id) ?? { name: 'Carla', birthDate: '1990-01-01' })
        : { name: id },
    searchPatients: async (_principal, text) =>
      patients.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase())),
    mayRead: async (_principal, type, id, patient) =>
      type === 'Patient'
        ? patients.some((one) => one.id === id)
        : patient === undefined || (id === 'visit-1' && patient === keys.ridOf('Patient', 'anna')),
    approvalOf: async () => ({ state: 'pending' }),
    addEvidence: async (practitionerId, given) => void evidence.push({ practitionerId, ...given }),
  }
  return { people, create, setActive }
}

async function addAccount(
  store: Store,
  records: Records,
  account: NewAccount,
): Promise<Person & { accountId: string }> {
  const { email, type = 'Practitioner', active = true } = account
  const person = await records.create(store, type, active)
  const roles = account.roles ?? [type === 'Practitioner' ? 'practitioner' : type === 'Patient' ? 'patient' : 'proxy']
  const [row] = await store.query<{ id: string }>(
    `insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
     values (gen_random_uuid(), $1, $2, 'verified', $3, $4, $5, $6) returning id`,
    [email, await hash(password), roles, type, person.id, person.rid],
  )
  return { ...person, accountId: row!.id }
}

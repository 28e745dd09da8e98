import path from 'node:path'
import { createAccess } from './access/create-access.ts'
import { canNarrow } from './access/narrowing.ts'
import type { Phrases } from './access/phrases.ts'
import type { Principal, Scope } from './access/principal.ts'
import type { Settings } from './config.ts'
import type { Definitions } from './definitions/definitions.ts'
import { loadDefinitions } from './definitions/load.ts'
import { FhirError } from './fhir/error.ts'
import { type App, createApp } from './http/create-app.ts'
import type { Readiness } from './http/health.ts'
import type { Gauge } from './http/metrics.ts'
import { createLog, type Log } from './http/log.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createCapabilities } from './interactions/capabilities.ts'
import { createOperationDefinitions } from './interactions/operation-definitions.ts'
import { createPerform, type Perform, type Performer } from './interactions/perform.ts'
import { standardOperations } from './interactions/standard-operations.ts'
import { createOAuth, type OAuth } from './oauth/create-oauth.ts'
import { createSearch, type Search } from './search/create-search.ts'
import { digestOf, firstMeaning } from './search/index-state.ts'
import { createKeys, type Keys } from './search/keys.ts'
import type { Accounts } from './sharing/accounts.ts'
import { activityKeys } from './sharing/active-practitioner.ts'
import { consentReading } from './sharing/compile-grants.ts'
import { createSharing } from './sharing/create-sharing.ts'
import { createShowTrail, type ShowTrail } from './sharing/show-trail.ts'
import { howIndexed } from './sharing/how-indexed.ts'
import { createMail } from './sharing/mail.ts'
import { mailbox, mailChannel } from './sharing/mail-channel.ts'
import { createOutbox, type Outbox } from './sharing/outbox.ts'
import { type AuditSeals, createAuditSeals } from './store/create-audit-seals.ts'
import type { RequestClerk } from './sharing/request-clerk.ts'
import { createStore } from './store/create-store.ts'
import { installSecret } from './store/install-value.ts'
import { derivedKey, readMasterKey } from './store/master-key.ts'
import { migrate, refusePendingMigrations } from './store/migrations.ts'
import { type Connection, type Database, openDatabase } from './store/open-database.ts'
import { openIndexState, type OpenIndexState } from './store/open-index-state.ts'
import { openObjects } from './store/open-objects.ts'
import { renewGrants } from './store/renew-grants.ts'
import { createSearchIndex, type SearchIndex } from './store/search-index.ts'
import type { Store } from './store/store.ts'
import { webFiles } from './web/web-files.ts'

/** How long rows of the audit trail wait for their seal at most, in milliseconds. */
const sealEvery = 5_000

/** How often a server that waits for a reindex looks, in milliseconds. */
const indexPatience = 1_000

export interface Parts {
  log?: Log
  /** The embedded database; without it DATABASE_URL is used. */
  connection?: Connection
  /** Tokens known beside those that the authorization server issued, for tests. */
  tokens?: (token: string) => Principal | undefined
  /** Off: what is done beside the requests is left to whoever composes, for tests that count statements. */
  housekeeping?: false
}

export interface Composed {
  readonly app: App
  readonly perform: Perform
  readonly store: Store
  readonly keys: Keys
  readonly seals: AuditSeals
  readonly trail: ShowTrail
  readonly base: string
  /** Where the first administrator is made, while there is none. */
  readonly setupLink: string | undefined
  /** Routes access requests and ends those that nobody decided; else it happens by itself. */
  lookAfterRequests(): Promise<void>
  /** SQL round trips since the start. */
  roundTrips(): number
  close(): Promise<void>
}

/** Puts the server together on a database that is there; migrates it when it is the embedded one. */
export async function compose(settings: Settings, parts: Parts = {}): Promise<Composed> {
  const log = parts.log ?? createLog(settings.log.level)
  const opened = await openStore(settings, parts, log)
  try {
    return await composeOn(opened, settings, parts, log)
  } catch (error) {
    await opened.store.close()
    throw error
  }
}

async function composeOn(
  { store, keys, definitions, objects, database }: Awaited<ReturnType<typeof openStore>>,
  settings: Settings,
  parts: Parts,
  log: Log,
): Promise<Composed> {
  const { publicUrl, limits } = settings
  const base = `${publicUrl}/fhir`
  const masterKey = masterKeyOf(settings)
  const secretFor = (purpose: string) => derivedKey(masterKey, purpose)
  const seals = createAuditSeals({ store, objects, key: secretFor('audit trail') })
  await seals.makeMonths()
  await readConsentsAnew({ database, store, keys, base, log })
  const searchIndex = createSearchIndex(database)
  const index = openIndexState(searchIndex, firstMeaning(definitions))
  const search = createSearch({ definitions, keys, base, cursorSecret: secretFor('cursors'), ...howIndexed, index })
  const watch = await watchIndex(searchIndex, index, search, log)
  const access = createAccess({ definitions, search, keys, base, implicitPolicy: settings.implicitPolicy })
  const outbox = openOutbox(settings, { store, key: secretFor('outbox'), log })
  const trail = createShowTrail({ store, seals, search, keys, base, issuer: `${publicUrl}/auth` })
  // Two pairs of parts need each other: what they need is looked up when it is used, after all of them are there.
  const late = {} as { oauth: OAuth; performer: Performer }
  const sharing = createSharing({
    ...{ store, access, definitions, search, keys, mail: mailbox(outbox), outbox, base, publicUrl, limits, trail },
    secondApprover: settings.secondApprover,
    accounts: accountsOf(() => late.oauth),
    serverWork: (tx, now) => late.performer.serverWork(tx, now),
    ...{ requestPolicies: settings.requestPolicies, onError: failureOf(log, 'work on access requests') },
  })
  const operations = [...standardOperations({ definitions, access, search, keys }), ...sharing.operations]
  const operationDefinitions = createOperationDefinitions(operations)
  const capabilities = createCapabilities({ definitions, access, search, operations, base, limits })
  late.performer = createPerform({
    ...{ definitions, access, search, keys, store, operations, capabilities, base, limits },
    rules: [...sharing.rules, operationDefinitions.rule],
    beforehand: trail.before,
    onError: (err) => log.error({ err }, 'an entry of a batch failed'),
  })
  late.oauth = await createOAuth({
    ...{ publicUrl, store, mail: mailbox(outbox), masterKey, people: sharing.people, log },
    ...activityKeys(search, keys),
    ridOf: keys.ridOf,
    isUsableScope: (scope) => isUsable(scope, definitions, search),
    ...signInSettings(settings),
  })
  const { setupLink } = await late.oauth.bootstrapAdministrator(settings.firstAdministrator)
  const { oauth, performer } = late
  const app = createApp({
    ...{ definitions, base, limits, log, publicUrl, gauges: gaugesOf(outbox) },
    capabilities: async (query) => (await capabilities(query)).answer.json!,
    operationDefinition: operationDefinitions.textOf,
    attachments: store.attachments,
    perform: performer.perform,
    trustProxy: settings.http.trustProxy,
    metricsToken: settings.http.metricsToken,
    callerOf: callerOf(parts.tokens, oauth),
    oauth: oauth.routes,
    webFiles: webFiles(),
    readiness: readinessOf({ database: () => store.query('select 1'), attachments: () => objects.health() }),
    rateLimit: createRateLimit(limits.rateScale),
  })
  const housekeeping = parts.housekeeping === false ? [] : keepHouse({ store, seals, trail, oauth, log, ...sharing })
  await outbox.start()
  return {
    ...{ app, store, keys, seals, trail, base, setupLink },
    ...{ perform: performer.perform, lookAfterRequests: sharing.requests.run, roundTrips: database.roundTrips },
    async close() {
      for (const timer of housekeeping) clearInterval(timer)
      watch.stop()
      await sharing.requests.stop()
      await outbox.close()
      await store.close()
    },
  }
}

/** As the authorization server names them. */
function signInSettings({ fetchAllow, limits, secondFactor, externalSignIn }: Settings) {
  return { fetchAllow, rateScale: limits.rateScale, secondFactorOf: secondFactor, external: externalSignIn }
}

/** Before anything is decided by them. */
async function readConsentsAnew(parts: Pick<Composed, 'store' | 'keys' | 'base'> & { database: Database; log: Log }) {
  const { database, store, keys, base, log } = parts
  const renewed = await renewGrants({ database, store, ...consentReading({ ridOf: keys.ridOf, base }) })
  if (renewed > 0) log.info(`Consents that were stored are read as they are read today: ${renewed}`)
}

function masterKeyOf({ masterKeyFile, dataDir }: Settings): Buffer {
  return masterKeyFile ? readMasterKey(masterKeyFile, false) : readMasterKey(path.join(dataDir, 'master.key'), true)
}

async function openStore(settings: Settings, parts: Parts, log: Log) {
  const { url, schema, pool, statementTimeout } = settings.database
  const database = openDatabase({
    ...{ schema, pool, statementTimeout },
    connection: parts.connection ?? url!,
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  })
  try {
    if (parts.connection) await migrate(database)
    else await refusePendingMigrations(database)
    const [definitions, objects] = await Promise.all([loadDefinitions(settings.profilesDir), openObjects(settings)])
    const keys = createKeys(await installSecret(database))
    const onError = (err: unknown) => log.error({ err }, 'work after a commit failed')
    return { store: await createStore({ database, keys, objects, onError }), keys, definitions, objects, database }
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * A server that indexes what earlier rows were not indexed for refuses searches by it, until a reindex, which this process looks
 * out for, has made their index.
 */
async function watchIndex(
  index: SearchIndex,
  state: OpenIndexState,
  search: Search,
  log: Log,
): Promise<{ stop(): void }> {
  const indexed = search.indexed()
  const lacking = await state.compare(indexed)
  await index.serve(digestOf(indexed))
  if (lacking.size === 0) return { stop: () => undefined }
  const names = [...lacking].map(([type, codes]) => `${type} (${codes.join(', ')})`)
  log.warn(
    `Not indexed for what is stored, and refused in searches or (#in-order) slower, until \`npm run reindex\`: ${names.join('; ')}`,
  )
  const timer = setInterval(() => {
    state.compare(indexed).then(
      ({ size }) => size === 0 && clearInterval(timer),
      (err: unknown) => log.warn({ err }, 'the state of the index could not be read'),
    )
  }, indexPatience).unref()
  return { stop: () => clearInterval(timer) }
}

/** Whose token it is: one that is known beforehand, or that the authorization server issued. */
function callerOf(known: Parts['tokens'], oauth: OAuth): OAuth['callerOf'] {
  return (token, proof) => {
    const given = known?.(token)
    return given ? { presumed: given, principal: Promise.resolve(given) } : oauth.callerOf(token, proof)
  }
}

/** What the product asks of the accounts, once there are any. */
function accountsOf(oauth: () => OAuth): Accounts {
  return {
    keepAnAdministrator: (tx, id) => oauth().keepAnAdministrator(tx, id),
    async activeAdministrators(tx) {
      const accounts = await oauth().activeAdministrators(tx)
      return accounts.flatMap(({ person }) => (person ? [person.id] : []))
    },
    hasAccount: (tx, person) => oauth().hasAccount(tx, person),
    revokeAll: (tx, person) => oauth().revokeAllOf(tx, person),
    issueInvitation: (tx, person) => oauth().issueInvitation(tx, person),
    linkIdentity: (tx, person, subject) => oauth().linkIdentity(tx, person, subject),
    resetSecondFactor: (tx, person) => oauth().resetSecondFactor(tx, person),
    setRoles: (tx, id, roles) => oauth().setRoles(tx, id, roles),
  }
}

/** A scope for a type or a search parameter that does not exist would promise something; it is not granted. */
function isUsable({ type, query = [] }: Scope, definitions: Definitions, phrases: Phrases): boolean {
  if (type === '*') return query.length === 0
  if (!definitions.isResourceType(type)) return false
  try {
    return query.every(([name, value]) => canNarrow(phrases.parameter(type, name, value)))
  } catch (error) {
    if (error instanceof FhirError) return false
    throw error
  }
}

function openOutbox({ mail, dataDir, publicUrl }: Settings, parts: { store: Store; key: Buffer; log: Log }) {
  const transport = createMail(mail, path.join(dataDir, 'outbox'))
  const outbox = createOutbox({ ...parts, channels: mailChannel(transport, new URL(publicUrl).hostname) })
  const timer = every(3_600_000, parts.log, outbox.sweep)
  return {
    ...outbox,
    async close() {
      clearInterval(timer)
      await outbox.stop()
      transport.close()
    },
  }
}

/** What an operator wants to see grow. */
function gaugesOf(outbox: Outbox): readonly Gauge[] {
  const gauge = (state: 'waiting' | 'dead', help: string) => ({
    ...{ name: `outbox_${state}`, help },
    value: async () => (await outbox.count())[state],
  })
  return [
    gauge('waiting', 'What waits to be sent, for the first time or again.'),
    gauge('dead', 'What could not be sent and is not tried again by itself: see $dead-letters.'),
  ]
}

function readinessOf(checks: Record<string, () => Promise<unknown>>): Readiness {
  return async () => {
    const results = Object.entries(checks).map(async ([name, check]) => {
      try {
        await check()
        return [name, undefined] as const
      } catch {
        return [name, 'does not answer'] as const
      }
    })
    return Object.fromEntries(await Promise.all(results))
  }
}

function failureOf(log: Log, what: string) {
  return (err: unknown) => log.error({ err }, `${what} failed`)
}

type HousekeepingParts = Pick<Composed, 'store' | 'seals' | 'trail'> & {
  oauth: OAuth
  requests: Pick<RequestClerk, 'run'>
  log: Log
}

function keepHouse({ store, seals, trail, oauth, requests, log }: HousekeepingParts) {
  return [
    every(3_600_000, log, () => store.attachments.sweep(Date.now(), seals.isAnchor)),
    // Processes that never live for an hour take part as well.
    every(300_000, log, oauth.sweepWhenDue),
    every(60_000, log, requests.run),
    every(43_200_000, log, () => seals.makeMonths()),
    every(sealEvery, log, trail.inQuiet),
  ]
}

/** Housekeeping that failed is tried again the next time; requests never depend on it. */
function every(milliseconds: number, log: Log, work: () => Promise<unknown>): NodeJS.Timeout {
  let running = false
  const run = async () => {
    if (running) return
    running = true
    await work().catch((err: unknown) => log.error({ err }, 'housekeeping failed'))
    running = false
  }
  return setInterval(() => void run(), milliseconds).unref()
}

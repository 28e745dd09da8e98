import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { FhirError } from '../../src/fhir/error.ts'
import { createAccountReset } from '../../src/oauth/account-reset.ts'
import { clientEndpoints } from '../../src/oauth/endpoints/clients.ts'
import { sweep } from '../../src/oauth/sweep.ts'
import { createAuditSeals } from '../../src/store/create-audit-seals.ts'
import { renewGrants } from '../../src/store/renew-grants.ts'
import { breaking, type Breaking, breaksCleanly } from '../support/breaking-store.ts'
import type { Grant } from '../../src/store/store.ts'
import { aCreate, anAuditRow, openStore, type TestStore } from './open-store.ts'

const id = '00000000-0000-4000-8000-000000000001'
const publicUrl = 'https://records.example.org'
const mail = { send: async (tx: Breaking) => void (await tx.query(`insert into written values ('a mail')`)) }
const tables = ['oauth_account', 'oauth_code', 'oidc_payload', 'smart_grant', 'written']

let real: TestStore

before(async () => {
  real = await openStore()
  await real.database.query('create table written (text text)')
})

after(() => real.close())

const client = (payload: object) =>
  real.database.query(
    `insert into oidc_payload (model, id, payload, expires_at) values ('Client', 'app', $1, null) on conflict do nothing`,
    [JSON.stringify({ client_id: 'app', ...payload })],
  )

const aGrant: Grant = {
  ...{ grantee: 1n, pat: 2n, type: 'DocumentReference', rid: 3n, effect: 'permit', starts: 0, ends: 1 },
  ...{ labels: 1, obligations: 0, purposes: 0, nested: false, excepted: false },
}

/** A handler of `/auth/clients`, called by an administrator. */
async function calls(store: Breaking, wanted: string, body?: object): Promise<void> {
  const handlers = new Map<string, (ctx: object) => Promise<void>>()
  const route =
    (method: string) =>
    (path: string, ...all: ((ctx: object) => Promise<void>)[]) =>
      void handlers.set(`${method} ${path}`, all.at(-1)!)
  const router = { get: route('get'), patch: route('patch'), post: route('post'), delete: route('delete') }
  const parts = {
    ...{ store, database: real.store, publicUrl, grantableScopes: { has: () => true }, audit: {} },
    ...{
      provider: { Client: { validate: async () => undefined } },
      administrators: { administrator: () => undefined },
    },
  }
  clientEndpoints(router as never, parts as never)
  const ctx = {
    ...{ params: { id: 'app' }, status: 200, ip: '127.0.0.1', set: () => undefined },
    req: Readable.from(body ? [Buffer.from(JSON.stringify(body))] : []),
    state: { caller: { principal: { clientId: 'web' } } },
  }
  await handlers.get(wanted)!(ctx)
  assert.ok(ctx.status < 300, String(ctx.status))
}

describe('where the database fails at any statement, nothing of it is stored', () => {
  const breaks = (does: (store: Breaking) => Promise<unknown>) => breaksCleanly(real.store, tables, does)

  test('an account that is reset', async () => {
    await real.database.query(
      `insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
       values ($1, 'dora@example.org', 'old', 'verified', '{practitioner}', 'Practitioner', 'p1', 7)`,
      [id],
    )
    const masterKey = Buffer.alloc(32, 3)
    await breaks(async (store) => {
      const reset = await createAccountReset({ store, masterKey, publicUrl, mail: mail as never })
      await reset('dora@example.org')
    })
  })

  test('an app that is suspended', async () => {
    await client({ approval: 'granted', approved_at: 1 })
    await breaks((store) => calls(store, 'patch /auth/clients/:id', { approval: 'suspended' }))
  })

  test('an app that is removed', async () => {
    await client({ approval: 'granted', approved_at: 1 })
    await breaks((store) => calls(store, 'delete /auth/clients/:id'))
  })

  test('an app that nobody approved in time', async () => {
    await client({ approval: 'waiting', client_id_issued_at: 0 })
    await breaks((store) => sweep(store, async () => undefined))
  })

  test('grants that are made anew, and how far that has come', async () => {
    await real.store.resources.put([aCreate(real.keys, 'Consent')])
    const told = async () => {
      const [row] = await real.database.query<{ granted: boolean; noted: boolean }>(
        'select exists (select from access_grant) as granted, exists (select from install) as noted',
      )
      return row!
    }
    for (let at = 1; ; at++) {
      await real.database.query('truncate access_grant, install')
      const { store, sent } = breaking(real.store, at)
      const renewal = { database: real.database, store, type: 'Consent', meaning: 'new', compile: () => [aGrant] }
      const failed = await renewGrants(renewal).then(
        () => false,
        () => true,
      )
      const { granted, noted } = await told()
      assert.equal(granted, noted, `statement ${at}`)
      assert.equal(failed, sent() >= at)
      if (!failed) break
    }
    assert.deepEqual(await told(), { granted: true, noted: true })
  })
})

describe('the seals of the trail', () => {
  const sealsOf = () => real.database.query<{ seq: bigint }>('select seq from audit_seal order by seq')
  const missing = async () => {
    throw new FhirError('internal', 'There is no such object.')
  }
  const objects = { put: async () => undefined, get: missing, list: async function* () {} }
  const seals = (more: object = {}) =>
    createAuditSeals({ store: real.store, objects: { ...objects, ...more } as never, key: Buffer.alloc(32, 4) })
  const broken = async () => {
    throw new Error('The bucket is gone.')
  }

  test('are not made where their anchor cannot be', async () => {
    await real.store.audit.record(anAuditRow())
    await assert.rejects(seals({ put: broken }).seal(), /bucket/)
    assert.deepEqual(await sealsOf(), [])
  })

  test('wait for each other', async () => {
    await Promise.all(Array.from({ length: 5 }, () => seals().seal()))
    assert.deepEqual(await sealsOf(), [{ seq: 1n }])
  })
})

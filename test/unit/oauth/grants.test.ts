import assert from 'node:assert/strict'
import { test } from 'node:test'
import type Provider from 'oidc-provider'
import { createGrants } from '../../../src/oauth/provider/grants.ts'
import type { Handle } from '../../../src/store/store.ts'

const [fhirBase, publicUrl] = ['https://example.org/fhir', 'https://example.org']
const style = { smart_style_url: `${publicUrl}/auth/smart-style.json` }

/** A database that answers these rows, and what it was sent. */
function databaseOf(rows: readonly object[]) {
  const sent: unknown[][] = []
  const query = ((_text: string, values: unknown[]) => {
    sent.push(values)
    return Promise.resolve(rows)
  }) as Handle['query']
  return { sent, grants: createGrants({ database: { query }, fhirBase, publicUrl }) }
}

/** What the library's grant was told. */
function providerOf() {
  const told = { oidc: '', resource: '' }
  class Grant {
    addOIDCScope(scope: string) {
      told.oidc = scope
    }
    addResourceScope(_resource: string, scope: string) {
      told.resource = scope
    }
    save() {
      return Promise.resolve('grant-1')
    }
  }
  return { told, provider: { Grant } as unknown as Provider }
}

async function saved(scopes: readonly string[]) {
  const { sent, grants } = databaseOf([])
  const { told, provider } = providerOf()
  const grant = { accountId: 'a', clientId: 'c', scopes: [...scopes], context: { extra: {} } }
  await grants.save(provider, { ...grant, sessionUid: 'session-1', signedInAt: 1_000 })
  const [, , , , , , , session, seconds] = sent[0]!
  return { told, session, days: (seconds as number) / 86_400 }
}

test('a launch without a patient tells an app nothing of one', () => {
  const { grants } = databaseOf([])
  assert.deepEqual(grants.standalone(undefined), { extra: {} })
  const patient = { id: '1', rid: 1n }
  assert.deepEqual(grants.standalone(patient), { patient, extra: { need_patient_banner: true, ...style } })
})

test('a launch handle that is used, expired or another’s gives no context', async () => {
  const used = databaseOf([]).grants.useLaunch(Buffer.alloc(32), 'a', 'c', () => 1n)
  assert.equal(await used, undefined)
  const row = { patient_id: '1', extra: { intent: 'order-review' } }
  const context = await databaseOf([row]).grants.useLaunch(Buffer.alloc(32), 'a', 'c', () => 7n)
  assert.deepEqual(context, {
    patient: { id: '1', rid: 7n },
    extra: { need_patient_banner: false, ...style, intent: 'order-review' },
  })
})

test('a grant ends with its session, unless the app may stay connected', async () => {
  const [online, offline] = [await saved(['openid', 'user/*.rs']), await saved(['offline_access', 'user/*.rs'])]
  assert.deepEqual([online.session, offline.session], ['session-1', null])
  assert.ok(online.days < 1 && offline.days > 30, `${online.days} and ${offline.days} days`)
})

test('what is not of the records is granted as the library wants it, and both as what the token says', async () => {
  const { told } = await saved(['openid', 'user/*.rs'])
  assert.deepEqual(told, { oidc: 'openid', resource: 'openid user/*.rs' })
})

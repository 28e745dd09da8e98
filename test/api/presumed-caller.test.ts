import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Context, Principal } from '../../src/access/principal.ts'
import { FhirError } from '../../src/fhir/error.ts'
import { administrator, startServer, type TestServer } from '../support/server.ts'

/** Who a token stood for the last time is a presumption: what counts is who it stands for now. */

let server: TestServer
before(async () => {
  server = await startServer()
  await server.as(administrator()).put('Patient/ann', { resourceType: 'Patient', id: 'ann' }).expect(201)
})
after(() => server.close())

const office: Principal = {
  kind: 'person',
  roles: [],
  scopes: [],
  clientId: 'test',
  accountId: 'office',
  ...administrator(),
}
const nobody: Principal = { ...office, accountId: 'nobody', roles: ['practitioner'] }
const search = { kind: 'search-type', type: 'Patient', query: new URLSearchParams('_id=ann'), lenient: false } as const

function contextOf(principal: Principal, confirm?: Context['confirm']): Context {
  const { base } = server
  const signal = new AbortController().signal
  return { principal, base, requestId: randomUUID(), now: new Date(), signal, ...(confirm && { confirm }) }
}

const audited = ({ requestId }: Context) =>
  server.composed.store.query<{ account_id: string }>('select account_id from audit where request_id = $1', [requestId])

test('a caller who is still the same gets what the search found meanwhile, audited once', async () => {
  const asked: Context = contextOf(office, () => Promise.resolve(asked))
  const { json } = await server.composed.perform(asked, search)
  assert.equal(JSON.parse(json!).total, 1)
  assert.deepEqual(await audited(asked), [{ account_id: 'office' }])
})

test('a caller who is somebody else now gets what that one may see, audited under that name', async () => {
  const now = contextOf(nobody)
  const asked = contextOf(office, () => Promise.resolve(now))
  const { json } = await server.composed.perform(asked, search)
  assert.equal(JSON.parse(json!).total, 0)
  assert.deepEqual([await audited(asked), await audited(now)], [[], [{ account_id: 'nobody' }]])
})

test('a refusal under the old name is none under the new one, and the other way round', async () => {
  const unscoped = { ...office, scopes: [] }
  const now = contextOf(office)
  const { status } = await server.composed.perform(
    contextOf(unscoped, () => Promise.resolve(now)),
    search,
  )
  assert.equal(status, 200)
  const refused = contextOf(office, () => Promise.resolve(contextOf(unscoped)))
  await assert.rejects(server.composed.perform(refused, search), { status: 403 })
})

test('whose token is no longer good gets nothing and changes nothing', async () => {
  const expired = () => Promise.reject(new FhirError('expiredToken', 'The access token is revoked.'))
  const asked = contextOf(office, expired)
  await assert.rejects(server.composed.perform(asked, search), { status: 401 })
  const create = { kind: 'create', type: 'Patient', prefer: 'minimal' } as const
  const body = { kind: 'json', text: '{"resourceType":"Patient","active":true}' } as const
  await assert.rejects(server.composed.perform(contextOf(office, expired), create as never, body as never), {
    status: 401,
  })
  assert.deepEqual(await audited(asked), [])
  const { body: found } = await server.as(administrator()).get('Patient?active=true')
  assert.equal(found.total, 0)
})

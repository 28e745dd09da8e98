import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { createKeyRotation } from '../../src/oauth/key-rotation.ts'
import { launch, post } from './app.ts'
import { masterKey, type OAuthServer, startOAuth } from './oauth-server.ts'

const hour = 3_600_000
const chief = { email: 'chief@example.org' }

let server: OAuthServer
let other: string
let clock = Date.now()
let rotation: ReturnType<typeof createKeyRotation>

before(async () => {
  server = await startOAuth({ now: () => clock })
  other = await server.beside()
  await server.addAccount({ ...chief, roles: ['admin'] })
  rotation = createKeyRotation({ store: server.store, masterKey, now: () => clock })
})

after(() => server.close())

async function published(at = server.url): Promise<string[]> {
  const response = await fetch(`${at}/auth/jwks`)
  assert.equal(response.headers.get('cache-control'), 'public, max-age=300')
  const { keys } = (await response.json()) as JSONWebKeySet
  assert.ok(keys.every((key) => !('d' in key)))
  return keys.map(({ kid }) => kid!)
}

const newest = async () => (await published()).filter((kid) => !before1.includes(kid))
let before1: string[] = []

async function idToken(at = server.url): Promise<string> {
  const { body } = await launch(server, chief, { scope: 'openid offline_access user/*.rs' })
  const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'chartshare-web' }
  const refreshed = await post(`${at}/auth/token`, form)
  assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body))
  return refreshed.body['id_token'] as string
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid!
/** As an app does: with the keys that a process publishes now. */
const verifies = (token: string, at = server.url) => jwtVerify(token, createRemoteJWKSet(new URL(`${at}/auth/jwks`)))

test('new keys are published at once on every process, sign after a day, and the old ones stay for another day', async () => {
  before1 = await published()
  const first = await idToken()
  assert.ok(before1.includes(kidOf(first)))
  const rotated = await rotation.rotate({ leaked: false })
  assert.equal(rotated?.length, 4)
  clock += 10_000

  const added = await newest()
  assert.equal(added.length, 2)
  assert.deepEqual(await published(other), await published())
  const during = [await idToken(), await idToken(other)]
  assert.ok(during.every((token) => before1.includes(kidOf(token))))
  await assert.rejects(rotation.rotate({ leaked: false }), /published already; they sign from/)

  clock += 24 * hour
  const afterwards = [await idToken(other), await idToken()]
  assert.ok(afterwards.every((token) => added.includes(kidOf(token))))
  for (const at of [server.url, other]) {
    for (const token of [first, ...during, ...afterwards]) await verifies(token, at)
  }

  clock += 24 * hour
  assert.deepEqual(await published(), added)
  assert.deepEqual(await published(other), added)
  await verifies(afterwards[0]!)
  await assert.rejects(verifies(first), /no applicable key/)
})

test('a key past its end leaves the database with the housekeeping', async () => {
  const kept = async () => (await rotation.rotate({ leaked: false }))!.length
  await server.oauth.sweep()
  // The two that sign, and the two that were just made: those of the test above are gone.
  assert.equal(await kept(), 4)
  const rows = await server.database.query<{ interaction: string; detail: { removed: string } }>(
    `select interaction, detail from audit where interaction like 'keys-%' order by at`,
  )
  assert.deepEqual(
    rows.map(({ interaction }) => interaction),
    ['keys-rotate', 'keys-remove', 'keys-rotate'],
  )
  assert.deepEqual(rows[1]!.detail.removed.split(' ').sort(), [...before1].sort())
  assert.doesNotMatch(JSON.stringify(rows), /"d"|PRIVATE/)
})

test('after a leak the new keys sign at once, and what the old ones signed is worth nothing', async () => {
  const old = await idToken()
  await rotation.rotate({ leaked: true })
  clock += 10_000
  assert.equal((await published(other)).length, 2)
  const token = await idToken(other)
  assert.notEqual(kidOf(token), kidOf(old))
  await verifies(token)
  await assert.rejects(verifies(old), /no applicable key/)
})

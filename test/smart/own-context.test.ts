import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { storage } from '../../src/oauth/provider/own-context.ts'
import { fhir, launch } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
before(async () => {
  server = await startOAuth()
})
after(() => server.close())

/** Node 24 has no such mark, and no such cost. */
const isOn = () => (storage as { enabled?: boolean }).enabled === true

test('the context of the library is there for launches side by side, and off when none is under way', async () => {
  assert.equal(isOn(), false)
  const emails = ['ann@example.org', 'ben@example.org', 'cleo@example.org']
  for (const email of emails) await server.addAccount({ email })
  const launched = await Promise.all(emails.map((email) => launch(server, { email })))
  for (const { body } of launched) assert.equal(await fhir(server, body.access_token), 200)
  assert.equal(isOn(), false)
})

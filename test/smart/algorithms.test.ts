import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { administratorToken, type ClientKey, clientKey, register, token } from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let key: ClientKey
let clientId = ''

before(async () => {
  server = await startOAuth()
  key = await clientKey(server, () => clientId, 'RS384')
  const metadata = {
    ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', scope: 'system/*.cruds' },
    jwks: { keys: [key.publicJwk] },
  }
  clientId = (await register(server, metadata, await administratorToken(server))).body.client_id
})

after(() => server.close())

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** The claims of a good assertion under another header, signed as `sign` does. */
async function forged(alg: string, sign: (text: string) => string): Promise<string> {
  const [, claims] = (await key.assertion()).client_assertion!.split('.')
  const text = `${encoded({ alg, kid: key.publicJwk.kid, typ: 'JWT' })}.${claims}`
  return `${text}.${sign(text)}`
}

test('an assertion without a signature, or signed with the public key as a secret, is refused', async () => {
  const pem = createPublicKey({ key: key.publicJwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const secrets = [pem, JSON.stringify(key.publicJwk), key.publicJwk.n!]
  const assertions = [
    ...(await Promise.all(['none', 'None', 'nOnE'].map((alg) => forged(alg, () => '')))),
    ...(await Promise.all(
      secrets.flatMap((secret) =>
        (['256', '384'] as const).map((bits) =>
          forged(`HS${bits}`, (text) => createHmac(`sha${bits}`, secret).update(text).digest('base64url')),
        ),
      ),
    )),
  ]
  const { client_assertion_type } = await key.assertion()
  const ask = (client_assertion: string) =>
    token(server, {
      grant_type: 'client_credentials',
      scope: 'system/*.rs',
      client_assertion_type: client_assertion_type!,
      client_assertion,
    })
  for (const assertion of assertions) {
    const { status, body } = await ask(assertion)
    assert.deepEqual(
      [status, body.error, body.access_token],
      [401, 'invalid_client', undefined],
      assertion.slice(0, 40),
    )
  }
  assert.equal((await ask((await key.assertion()).client_assertion!)).status, 200)
})

test('every field for a password hides it, and names itself for password managers', async () => {
  for (const path of ['/login', '/register', '/activate', '/status']) {
    const { html } = await createBrowser(server.url).open(path)
    const fields = html.match(/<input[^>]*name="password"[^>]*>/g) ?? []
    assert.ok(fields.length > 0, path)
    for (const field of fields) {
      assert.match(field, /type="password"/, path)
      assert.match(field, /autocomplete="(current|new)-password"/, path)
      assert.doesNotMatch(field, /onpaste|maxlength|readonly/, path)
    }
  }
})

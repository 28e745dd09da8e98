import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  administratorToken,
  authorizationRequest,
  authorize,
  callback,
  clientKey,
  redeem,
  register,
  token,
} from './app.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'

let server: OAuthServer
let chief: string

before(async () => {
  server = await startOAuth()
  chief = await administratorToken(server)
  await server.addAccount({ email: 'doctor@example.org' })
})

after(() => server.close())

const doctor = { email: 'doctor@example.org' }
const app = { redirect_uris: [callback], token_endpoint_auth_method: 'none' }
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Nothing may have been issued, and the trail says why. */
async function isRefused(ask: () => Promise<{ status: number; body: object }>, error: string, interaction: string) {
  const tokens = `select count(*)::int as n from oidc_payload where model in ('AccessToken', 'ClientCredentials', 'RefreshToken')`
  const count = async () => (await server.database.query<{ n: number }>(tokens))[0]!.n
  const before = await count()
  const { status, body } = await ask()
  assert.equal((body as { error?: string }).error, error, JSON.stringify(body))
  assert.ok(status === 400 || status === 401)
  assert.ok((await count()) <= before)
  const [row] = await server.database.query<{ interaction: string; outcome: string; error: string }>(
    `select interaction, outcome, detail ->> 'error' as error from audit order by n desc limit 1`,
  )
  assert.deepEqual(row, { interaction, outcome: 'refused', error })
}

describe('an assertion that was not signed by the client is refused', () => {
  async function service() {
    let clientId = ''
    const key = await clientKey(server, () => clientId, 'RS384')
    const metadata = {
      ...{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', scope: 'system/*.rs' },
      jwks: { keys: [key.publicJwk] },
    }
    clientId = (await register(server, metadata, chief)).body.client_id
    const [, payload] = ((await key.assertion()) as { client_assertion: string }).client_assertion.split('.')
    return { key, payload: payload! }
  }

  const send = (assertion: string) =>
    token(server, {
      ...{ grant_type: 'client_credentials', scope: 'system/*.rs', client_assertion: assertion },
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })

  for (const alg of ['none', 'None', 'nOnE']) {
    test(`with alg ${alg}`, async () => {
      const { key, payload } = await service()
      const header = encoded({ alg, kid: key.publicJwk.kid, typ: 'JWT' })
      await isRefused(() => send(`${header}.${payload}.`), 'invalid_client', 'token-client')
    })
  }

  for (const alg of ['HS256', 'HS384', 'HS512']) {
    test(`with ${alg} and the public key as its secret`, async () => {
      const { key, payload } = await service()
      const head = `${encoded({ alg, kid: key.publicJwk.kid, typ: 'JWT' })}.${payload}`
      for (const secret of [JSON.stringify(key.publicJwk), key.publicJwk.n!]) {
        const signature = createHmac(`sha${alg.slice(2)}`, secret)
          .update(head)
          .digest('base64url')
        await isRefused(() => send(`${head}.${signature}`), 'invalid_client', 'token-client')
      }
    })
  }

  test('with a key id that the client does not have', async () => {
    const { key } = await service()
    const form = await key.assertion({}, { kid: 'another' })
    await isRefused(
      () => token(server, { grant_type: 'client_credentials', scope: 'system/*.rs', ...form }),
      'invalid_client',
      'token-client',
    )
  })

  test('with claims that were changed after it was signed', async () => {
    const { key } = await service()
    const { client_assertion: good } = (await key.assertion()) as { client_assertion: string }
    const [header, payload, signature] = good.split('.')
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object
    const changed = encoded({ ...claims, jti: 'another' })
    await isRefused(() => send(`${header}.${changed}.${signature}`), 'invalid_client', 'token-client')
    assert.equal((await send(good)).status, 200)
  })
})

describe('a code is refused', () => {
  async function codeOf() {
    const { body } = await register(server, app, chief)
    const request = authorizationRequest(server, { client_id: body.client_id })
    return { request, page: await authorize(server, request, doctor) }
  }

  test('from another client than the one it was made for', async () => {
    const { request, page } = await codeOf()
    const { body: other } = await register(server, app, chief)
    const foreign = { ...request, parameters: { ...request.parameters, client_id: other.client_id } }
    await isRefused(() => redeem(server, foreign, page), 'invalid_grant', 'token-code')
  })

  test('after 60 seconds', async () => {
    const { request, page } = await codeOf()
    const [row] = await server.database.query<{ seconds: number }>(
      `update oidc_payload p set expires_at = now() - interval '1 ms' from oidc_payload old
       where p.model = 'AuthorizationCode' and p.client_id = $1 and old.model = p.model and old.id = p.id
       returning extract(epoch from old.expires_at - now())::float8 as seconds`,
      [request.parameters.client_id],
    )
    assert.ok(row!.seconds > 0 && row!.seconds <= 60, String(row!.seconds))
    await isRefused(() => redeem(server, request, page), 'invalid_grant', 'token-code')
  })

  test('with the challenge instead of the verifier, without one, and with another one', async () => {
    const wrong = [(challenge: string) => challenge, () => '', () => 'x'.repeat(43)]
    for (const verifier of wrong) {
      const { request, page } = await codeOf()
      const changed = { ...request, verifier: verifier(request.parameters.code_challenge!) }
      await isRefused(() => redeem(server, changed, page), 'invalid_grant', 'token-code')
    }
  })
})

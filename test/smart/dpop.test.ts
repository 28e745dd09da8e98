import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { createServer, request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createProofCheck } from '../../src/oauth/dpop-proof.ts'
import { compose, type Composed } from '../../src/compose.ts'
import { authorizationRequest, authorize, clientKey, post, register, type TokenAnswer } from './app.ts'
import { type Hospital, startHospital } from './hospital.ts'

let hospital: Hospital

before(async () => {
  hospital = await startHospital()
})

after(() => hospital.close())

type Key = Awaited<ReturnType<typeof appKey>>

/** A key of an app, and proofs made with it; `claims` and `header` replace what a good one has. */
async function appKey(alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    privateJwk: await exportJWK(privateKey),
    proof(method: string, url: string, token?: string, claims: object = {}, header: object = {}): Promise<string> {
      const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }
      const payload = {
        htm: method,
        htu: url,
        jti: randomUUID(),
        iat: Math.floor(Date.now() / 1000),
        ...ath,
        ...claims,
      }
      return new SignJWT(payload).setProtectedHeader({ alg, typ: 'dpop+jwt', jwk, ...header }).sign(privateKey)
    },
  }
}

const tokenUrl = () => `${hospital.url}/auth/token`
const target = () => `${hospital.fhir}/${hospital.anna.name}`

async function launchWith(key: Key): Promise<TokenAnswer> {
  const given = {
    client_id: 'chartshare-web',
    redirect_uri: `${hospital.url}/app`,
    scope: 'openid offline_access user/*.rs',
  }
  const asked = authorizationRequest(hospital, given)
  const page = await authorize(hospital, asked, { email: hospital.anna.email })
  const { client_id, redirect_uri } = given
  const code = page.url.searchParams.get('code')!
  const form = { grant_type: 'authorization_code', code, redirect_uri, client_id, code_verifier: asked.verifier }
  return post(tokenUrl(), form, { dpop: await key.proof('POST', tokenUrl()) })
}

async function ask(token: string, proof: string | undefined, scheme = 'DPoP', url = target(), method = 'GET') {
  const headers = { authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) }
  const response = await fetch(url, { method, headers })
  await response.arrayBuffer()
  return response
}

describe('a token that is bound to a key', () => {
  for (const alg of ['ES256', 'ES384', 'Ed25519']) {
    test(`opens records with a proof of that key, ${alg}`, async () => {
      const key = await appKey(alg)
      const { body, status } = await launchWith(key)
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body['token_type'], 'DPoP')
      const token = body.access_token
      assert.equal((await ask(token, await key.proof('GET', target(), token))).status, 200)
      const search = `${hospital.fhir}/Observation`
      assert.equal((await ask(token, await key.proof('GET', search, token), 'dpop', `${search}?_count=1`)).status, 200)
    })
  }

  test('is refused as a plain Bearer token, at the FHIR base and at our own endpoints', async () => {
    const key = await appKey()
    const { body } = await launchWith(key)
    const proof = await key.proof('GET', target(), body.access_token)
    for (const given of [undefined, proof]) {
      const refused = await ask(body.access_token, given, 'Bearer')
      assert.equal(refused.status, 401)
      assert.match(refused.headers.get('www-authenticate')!, /invalid_token/)
    }
    assert.equal((await ask(body.access_token, undefined, 'Bearer', `${hospital.url}/auth/connections`)).status, 401)
  })

  test('is refused without a proof, and with one that does not hold for this request', async () => {
    const [key, stranger] = [await appKey(), await appKey()]
    const { body } = await launchWith(key)
    const token = body.access_token
    const now = Math.floor(Date.now() / 1000)
    const { d: _private, ...publicJwk } = stranger.privateJwk
    const cases: [string, string | undefined][] = [
      ['none', undefined],
      ['nonsense', 'x.y.z'],
      ['another key', await stranger.proof('GET', target(), token)],
      ['another key that names itself this one', await key.proof('GET', target(), token, {}, { jwk: publicJwk })],
      ['another method', await key.proof('POST', target(), token)],
      ['another path', await key.proof('GET', `${hospital.fhir}/Patient/other`, token)],
      ['another host', await key.proof('GET', target().replace(/\/\/[^/]+/, '//elsewhere.example'), token)],
      ['another token', await key.proof('GET', target(), 'another')],
      ['no token', await key.proof('GET', target())],
      ['too old', await key.proof('GET', target(), token, { iat: now - 301 })],
      ['too far ahead', await key.proof('GET', target(), token, { iat: now + 330 })],
      ['no time', await key.proof('GET', target(), token, { iat: undefined })],
      ['no jti', await key.proof('GET', target(), token, { jti: undefined })],
      ['an empty jti', await key.proof('GET', target(), token, { jti: '' })],
      ['a jti that is no text', await key.proof('GET', target(), token, { jti: 7 })],
      ['another type', await key.proof('GET', target(), token, {}, { typ: 'JWT' })],
      ['a private key in it', await key.proof('GET', target(), token, {}, { jwk: key.privateJwk })],
      ['two of them', `${await key.proof('GET', target(), token)}, ${await key.proof('GET', target(), token)}`],
    ]
    for (const [what, proof] of cases) {
      const { status, headers } = await ask(token, proof)
      assert.equal(status, 401, what)
      assert.match(headers.get('www-authenticate')!, /^DPoP error="invalid_dpop_proof"/, what)
    }
    assert.equal((await ask(token, await key.proof('GET', target(), token))).status, 200)
  })

  test('opens our own endpoints with a proof for them, and with nothing else', async () => {
    const key = await appKey()
    const { body } = await launchWith(key)
    const token = body.access_token
    const url = `${hospital.url}/auth/connections`
    assert.equal((await ask(token, await key.proof('GET', url, token), 'DPoP', url)).status, 200)
    const cases: [string, string | undefined, string, RegExp][] = [
      ['as Bearer', undefined, 'Bearer', /^Bearer error="invalid_token"/],
      ['as Bearer with a proof', await key.proof('GET', url, token), 'Bearer', /^Bearer error="invalid_token"/],
      ['without a proof', undefined, 'DPoP', /^DPoP error="invalid_dpop_proof"/],
      ['for another place', await key.proof('GET', target(), token), 'DPoP', /^DPoP error="invalid_dpop_proof"/],
    ]
    for (const [what, proof, scheme, challenge] of cases) {
      const { status, headers } = await ask(token, proof, scheme, url)
      assert.equal(status, 401, what)
      assert.match(headers.get('www-authenticate')!, challenge, what)
    }
    const asking = `${hospital.url}/auth/token/introspection`
    const dpop = await key.proof('POST', asking, token)
    const headers = { authorization: `DPoP ${token}`, dpop }
    assert.equal((await post(asking, { token }, headers)).body['active'], true)
    const used = await post(asking, { token }, headers)
    assert.deepEqual([used.status, used.body['error']], [401, 'invalid_dpop_proof'])
    assert.equal((await post(asking, { token }, { authorization: `Bearer ${token}` })).status, 401)
  })

  test('hears in its own scheme that its scope is too small', async () => {
    const key = await appKey()
    const { body } = await launchWith(key)
    const proof = await key.proof('DELETE', target(), body.access_token)
    const { status, headers } = await ask(body.access_token, proof, 'DPoP', target(), 'DELETE')
    assert.equal(status, 403)
    assert.equal(headers.get('www-authenticate'), 'DPoP error="insufficient_scope"')
  })

  test('is refreshed with a proof of the same key alone, and stays bound', async () => {
    const [key, stranger] = [await appKey(), await appKey()]
    const { body } = await launchWith(key)
    const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'chartshare-web' }
    assert.equal((await post(tokenUrl(), form)).status, 400)
    assert.equal((await post(tokenUrl(), form, { dpop: await stranger.proof('POST', tokenUrl()) })).status, 400)
    const refreshed = await post(tokenUrl(), form, { dpop: await key.proof('POST', tokenUrl()) })
    assert.equal(refreshed.body['token_type'], 'DPoP')
    assert.equal((await ask(refreshed.body.access_token, undefined, 'Bearer')).status, 401)
  })

  test('is told with its key by introspection', async () => {
    const key = await appKey()
    const { body } = await launchWith(key)
    const answer = await post(
      `${hospital.url}/auth/token/introspection`,
      { token: body.access_token },
      { authorization: `Bearer ${hospital.chief}` },
    )
    assert.equal(answer.body['token_type'], 'DPoP')
    assert.match((answer.body['cnf'] as unknown as { jkt: string }).jkt, /^[\w-]{43}$/)
  })

  test('may be a backend service’s', async () => {
    let clientId = ''
    const assertion = await clientKey(hospital, () => clientId)
    const metadata = {
      grant_types: ['client_credentials'],
      scope: 'system/*.rs',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [assertion.publicJwk] },
    }
    clientId = (await register(hospital, metadata, hospital.chief)).body.client_id
    const key = await appKey()
    const form = { grant_type: 'client_credentials', scope: 'system/*.rs', ...(await assertion.assertion()) }
    const { body } = await post(tokenUrl(), form, { dpop: await key.proof('POST', tokenUrl()) })
    assert.equal((await ask(body.access_token, await key.proof('GET', target(), body.access_token))).status, 200)
    assert.equal((await ask(body.access_token, undefined, 'Bearer')).status, 401)
  })
})

test('a token that is not bound is refused with a proof: who sends one believes that it is', async () => {
  const key = await appKey()
  assert.equal((await ask(hospital.chief, undefined, 'Bearer')).status, 200)
  assert.equal((await ask(hospital.chief, await key.proof('GET', target(), hospital.chief))).status, 401)
})

describe('a proof works once', () => {
  test('at the FHIR base, of 20 uses in parallel too', async () => {
    const key = await appKey()
    const { body } = await launchWith(key)
    const proof = await key.proof('GET', target(), body.access_token)
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(body.access_token, proof)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  test('on all processes of one database together', async () => {
    const other: Composed = await compose(hospital.server.settings)
    try {
      const listener = other.app.callback()
      const second = createServer(listener)
      await new Promise<void>((done) => second.listen(0, '127.0.0.1', done))
      const key = await appKey()
      const { body } = await launchWith(key)
      const proof = await key.proof('GET', target(), body.access_token)
      const port = (second.address() as { port: number }).port
      const there = await answerOf(port, new URL(target()), body.access_token, proof)
      assert.equal(there, 200)
      assert.equal((await ask(body.access_token, proof)).status, 401)
      second.close()
    } finally {
      await other.close()
    }
  })

  test('at the token endpoint', async () => {
    const key = await appKey()
    const { body } = await launchWith(key)
    const dpop = await key.proof('POST', tokenUrl())
    const form = { grant_type: 'refresh_token', client_id: 'chartshare-web' }
    const first = await post(tokenUrl(), { ...form, refresh_token: body.refresh_token }, { dpop })
    assert.equal(first.status, 200)
    const again = await post(tokenUrl(), { ...form, refresh_token: first.body.refresh_token }, { dpop })
    assert.deepEqual([again.status, again.body['error']], [400, 'invalid_dpop_proof'])
  })

  test('at the token endpoint, of 10 uses in parallel too, and the others say why', async () => {
    const key = await appKey()
    const launches = []
    for (let n = 0; n < 10; n++) launches.push(await launchWith(key))
    const dpop = await key.proof('POST', tokenUrl())
    const answers = await Promise.all(
      launches.map(({ body }) => {
        const form = { grant_type: 'refresh_token', client_id: 'chartshare-web', refresh_token: body.refresh_token }
        return post(tokenUrl(), form, { dpop })
      }),
    )
    const refused = answers.filter(({ status }) => status !== 200)
    assert.equal(refused.length, 9)
    for (const { status, body } of refused) assert.deepEqual([status, body['error']], [400, 'invalid_dpop_proof'])
  })

  test('and is not used up by a request that is one too many', async () => {
    const key = await appKey()
    const { store, settings } = { store: hospital.server.composed.store, settings: hospital.server.settings }
    const isProven = createProofCheck({ database: store, publicUrl: settings.publicUrl })
    const proof = await key.proof('GET', target(), 'a token')
    const jkt = await calculateJwkThumbprint(key.privateJwk)
    const principal = { kind: 'system', roles: [], scopes: [], clientId: 'some' } as const
    const presented = { proof, method: 'GET', path: new URL(target()).pathname }
    const admit = () => Promise.reject(new Error('too many'))
    const bound = { token: 'a token', jkt, principal }
    await assert.rejects(isProven(bound, { ...presented, admit }), /too many/)
    assert.deepEqual([await isProven(bound, presented), await isProven(bound, presented)], [true, false])
  })
})

/** `fetch` sets the Host header itself, and the other process answers for the public host alone. */
async function answerOf(port: number, { host, pathname }: URL, token: string, dpop: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port, path: pathname, headers: { host, authorization: `DPoP ${token}`, dpop } }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import request from 'supertest'
import { createListener, headerLimit } from '../../src/http/create-listener.ts'
import { aPatient } from '../support/resources.ts'
import { administrator, startServer, type TestServer } from '../support/server.ts'

const host = 'records.example.org'
let server: TestServer
/** The same server, behind the listener of a real start. */
let listener: Server
let token: string
let binary: string

before(async () => {
  server = await startServer({ PUBLIC_URL: `https://${host}`, JSON_LIMIT: '64KiB' })
  token = server.as(administrator()).token!
  listener = createListener(server.composed.app.callback())
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  const uploaded = await ask('post', '/fhir/Binary').set('content-type', 'text/html').send('<script>alert(1)</script>')
  binary = uploaded.body.id
})

after(async () => {
  listener.close()
  await server.close()
})

function ask(method: 'get' | 'post' | 'options' | 'delete' | 'put', path: string) {
  return request(listener)[method](path).set('host', host).set('authorization', `Bearer ${token}`)
}

/** Raw bytes, and all that comes back. */
async function raw(bytes: string): Promise<string> {
  const socket = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  socket.end(bytes)
  await once(socket, 'connect')
  return text(socket)
}

const pages = ['/login', '/register', '/verify', '/verify?code=x', '/status', '/activate', '/forgot', '/reset?code=x']
const answers: [status: number, ask: () => ReturnType<typeof ask>][] = [
  ...[...pages, '/', '/app', '/web/app.js', '/favicon.ico'].map(
    (path) => [0, () => ask('get', path)] as [number, () => ReturnType<typeof ask>],
  ),
  [400, () => ask('get', '/consent')],
  [400, () => ask('get', '/auth/auth').set('accept', 'text/html')],
  [400, () => ask('post', '/auth/token').type('form').send({ grant_type: 'x' })],
  [
    401,
    () => ask('post', '/auth/token/introspection').type('form').send({ token: 'x' }).set('authorization', 'Basic eDp5'),
  ],
  [200, () => ask('get', '/auth/session/end').set('accept', 'text/html')],
  [200, () => ask('get', '/auth/.well-known/openid-configuration')],
  [200, () => ask('get', '/auth/jwks')],
  [200, () => ask('get', '/auth/style.css')],
  [204, () => ask('options', '/auth/clients')],
  [401, () => ask('get', '/auth/clients').set('authorization', '')],
  [403, () => ask('post', '/login').type('form').send({ email: 'x' }).set('origin', 'https://elsewhere.example')],
  [404, () => ask('get', '/auth/nothing')],
  [200, () => ask('get', '/fhir/metadata')],
  [200, () => ask('get', '/fhir/.well-known/smart-configuration')],
  [200, () => ask('get', '/fhir/Patient')],
  [
    201,
    () => ask('post', '/fhir/Patient').set('content-type', 'application/fhir+json').send(JSON.stringify(aPatient())),
  ],
  [200, () => ask('get', `/fhir/Binary/${binary}`).set('accept', '*/*')],
  [204, () => ask('options', '/fhir/Patient')],
  [401, () => ask('get', '/fhir/Patient').set('authorization', '')],
  [404, () => ask('get', '/fhir/Nothing')],
  [406, () => ask('get', '/fhir/Patient').set('accept', 'image/png')],
  [413, () => ask('post', '/fhir/Patient').set('content-type', 'application/json').send(' '.repeat(70_000))],
  [421, () => ask('get', '/fhir/Patient').set('host', 'elsewhere.example')],
  [200, () => ask('get', '/health/live')],
  [404, () => ask('get', '/nothing')],
]

test('every page and every answer forbids framing, guessing types, inline scripts and plain transport, the refusals too', async () => {
  for (const [status, send] of answers) {
    const response = await send()
    const what = `${response.status} ${response.request.url}`
    if (status !== 0) assert.equal(response.status, status, what)
    assert.ok(response.status < 500, what)
    assert.equal(response.get('x-content-type-options'), 'nosniff', what)
    assert.match(response.get('strict-transport-security')!, /^max-age=31536000$/, what)
    assert.match(response.get('referrer-policy')!, /^(no-referrer|same-origin)$/, what)
    const policy = response.get('content-security-policy')!
    assert.match(policy, /default-src 'none'/, what)
    if (!policy.startsWith('sandbox')) assert.match(policy, /frame-ancestors 'none'/, what)
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/, what)
    if (response.type === 'text/html' && !policy.startsWith('sandbox')) {
      assert.doesNotMatch(response.text, /<script(?![^>]*\ssrc=)|\sstyle="|\son[a-z]+="|javascript:/i, what)
    }
    assert.equal(response.get('x-powered-by'), undefined, what)
    assert.equal(response.get('server'), undefined, what)
  }
})

test('a server without https does not pin browsers to it', async () => {
  const plain = await startServer()
  try {
    assert.equal((await plain.anonymous.get('/health/live')).get('strict-transport-security'), undefined)
  } finally {
    await plain.close()
  }
})

describe('the host is pinned', () => {
  for (const path of ['/fhir/metadata', '/auth/.well-known/openid-configuration', '/login', '/', '/auth/auth']) {
    test(`at ${path}, to the public URL: another Host answers 421, whatever X-Forwarded-Host says`, async () => {
      for (const name of [
        'elsewhere.example',
        `${host}.elsewhere.example`,
        `${host}:81`,
        `${host}@elsewhere.example`,
        '',
      ]) {
        const response = await ask('get', path).set('host', name).set('x-forwarded-host', host)
        assert.ok([400, 421].includes(response.status), `${name}: ${response.status}`)
        assert.doesNotMatch(response.text, /"issuer"/)
      }
    })
  }

  test('also in the request line', async () => {
    const answer = await raw(
      `GET http://elsewhere.example/fhir/metadata HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    assert.match(answer, /^HTTP\/1\.1 421 /)
  })
})

describe('what is too large or twofold', () => {
  test('headers above the limit answer 431, and nothing of ours sees them', async () => {
    const response = await ask('get', '/fhir/metadata').set('x-long', 'x'.repeat(headerLimit))
    assert.equal(response.status, 431)
  })

  test('a request line above the limit answers 431', async () => {
    assert.equal((await ask('get', `/auth/auth?state=${'x'.repeat(headerLimit)}`)).status, 431)
  })

  test('two lengths, two hosts and a length beside chunks answer 400: no proxy may read another request than we do', async () => {
    const line = `POST /login HTTP/1.1\r\nConnection: close\r\n`
    const shapes = [
      `${line}Host: ${host}\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\na=b`,
      `${line}Host: ${host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
      `${line}\r\n`,
    ]
    for (const bytes of shapes) assert.match(await raw(bytes), /^HTTP\/1\.1 400 /)
    const twice = await raw(
      `GET /fhir/metadata HTTP/1.1\r\nHost: elsewhere.example\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    assert.match(twice, /^HTTP\/1\.1 4\d\d /)
  })
})

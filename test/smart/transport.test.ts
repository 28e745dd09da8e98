import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { connect, type SecureVersion } from 'node:tls'
import { createListener } from '../../src/http/create-listener.ts'
import { selfSigned } from '../support/self-signed.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'chartshare-tls-'))
const tls = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') }
const { cert, key } = selfSigned()
let server: Server
/** Speaks every version, so that a refusal is the other server's and not this client's. */
let permissive: Server

before(async () => {
  writeFileSync(tls.cert, cert)
  writeFileSync(tls.key, key)
  server = createListener((_request, response) => response.end('here'), tls)
  permissive = createTlsServer({ cert, key, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
  for (const each of [server, permissive]) await new Promise<void>((done) => each.listen(0, '127.0.0.1', done))
})

after(() => {
  server.close()
  permissive.close()
  rmSync(folder, { recursive: true })
})

/** The version that both sides agree on; rejects when there is none. */
function agreed(to: Server, version: SecureVersion): Promise<string | null> {
  const { port } = to.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host: 'localhost', port, ca: cert, minVersion: version, maxVersion: version },
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

test('with a certificate the server speaks TLS 1.2 and 1.3, and refuses 1.1 and 1.0 [standalone_auth_tls, standalone_token_tls, ehr_auth_tls, ehr_token_tls, smart_backend_services_token_tls_version]', async () => {
  assert.equal(await agreed(server, 'TLSv1.2'), 'TLSv1.2')
  assert.equal(await agreed(server, 'TLSv1.3'), 'TLSv1.3')
  for (const old of ['TLSv1.1', 'TLSv1'] as const) {
    assert.equal(await agreed(permissive, old), old)
    await assert.rejects(agreed(server, old), /protocol|alert/i, old)
  }
})

test('no header is left out, however many there are', async () => {
  const plain = createListener((request, response) => response.end(request.headers.authorization ?? 'left out'))
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done))
  try {
    const many = Array.from({ length: 400 }, (_, n): [string, string] => [`x-${n}`, '1'])
    const headers = Object.fromEntries([...many, ['authorization', 'Bearer last']])
    const { port } = plain.address() as AddressInfo
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, headers }, (response) => {
        response.setEncoding('utf8').once('data', resolve)
      })
      sent.once('error', reject).end()
    })
    assert.equal(answer, 'Bearer last')
  } finally {
    plain.closeAllConnections()
    plain.close()
  }
})

test('a certificate that cannot be read stops the start with a sentence that names the settings', () => {
  writeFileSync(path.join(folder, 'broken.pem'), 'no certificate')
  const broken = { ...tls, cert: path.join(folder, 'broken.pem') }
  assert.throws(() => createListener(() => undefined, broken), /^Error: TLS_CERT and TLS_KEY must name/)
  assert.throws(() => createListener(() => undefined, { ...tls, key: path.join(folder, 'none') }), /TLS_KEY/)
})

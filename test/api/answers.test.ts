import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { aPatient, aTransaction, posted } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

/** The bytes as they were sent: other clients decompress by themselves. */
async function raw(path: string, encoding: string) {
  const headers = { authorization: `Bearer ${admin.token}`, 'accept-encoding': encoding }
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get(`${server.url}${path}`, { headers }, resolve).on('error', reject),
  )
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { headers: response.headers, bytes: Buffer.concat(chunks) }
}

describe('compression', () => {
  const decoders = { gzip: gunzipSync, br: brotliDecompressSync }
  for (const encoding of ['gzip', 'br'] as const) {
    test(`${encoding}: large answers of the API and the web app are sent so, and say so`, async () => {
      const plain = await raw('/fhir/metadata', 'identity')
      const { headers, bytes } = await raw('/fhir/metadata', encoding)
      assert.equal(headers['content-encoding'], encoding)
      assert.match(headers['vary'] ?? '', /Accept-Encoding/i)
      assert.ok(decoders[encoding](bytes).equals(plain.bytes))
      assert.ok(bytes.length < plain.bytes.length / 4)
      const page = await raw('/', encoding)
      assert.ok(page.headers['content-encoding'] === encoding || page.bytes.length < 1024)
    })
  }

  test('small answers, attachments and the pages of the authorization server are left as they are', async () => {
    const { body } = await admin.post('Patient', aPatient()).expect(201)
    assert.equal((await raw(`/fhir/Patient/${body.id}`, 'gzip')).headers['content-encoding'], undefined)
    const text = 'a'.repeat(10_000)
    const binary = await admin.raw('post')('Binary').set('content-type', 'text/plain').send(text).expect(201)
    const sent = await raw(`/fhir/Binary/${binary.body.id}`, 'gzip, br')
    assert.equal(sent.headers['content-encoding'], undefined)
    assert.equal(sent.headers['content-length'], '10000')
    for (const path of ['/register', '/forgot', '/auth/.well-known/openid-configuration']) {
      assert.equal((await raw(path, 'gzip, br')).headers['content-encoding'], undefined, path)
    }
  })

  test('HEAD tells what GET would, and a 304 has no body', async () => {
    const { body, headers } = await admin.post('Patient', aPatient()).expect(201)
    const head = await admin.head(`Patient/${body.id}`).set('accept-encoding', 'gzip').expect(200)
    assert.equal(head.headers['etag'], headers['etag'])
    await admin.head('metadata').expect(200)
    await admin.head('Patient?_count=1').expect(200)
    await admin.get(`Patient/${body.id}`).set('accept-encoding', 'gzip').set('if-none-match', 'W/"1"').expect(304)
  })
})

describe('Prefer: return', () => {
  test('OperationOutcome answers each write with one, minimal with nothing, representation with the resource', async () => {
    const outcome = 'return=OperationOutcome'
    const created = await admin.post('Patient', aPatient()).set('prefer', outcome).expect(201)
    assert.equal(created.body.resourceType, 'OperationOutcome')
    const path = created.headers['location']!.slice(`${server.base}/`.length).split('/_history')[0]!
    const change = { ...(await admin.get(path)).body, gender: 'male' }
    const updated = await admin.put(path, change).set('prefer', outcome).expect(200)
    assert.equal(updated.body.issue[0].severity, 'information')
    assert.equal(updated.headers['etag'], 'W/"2"')
    const minimal = await admin.patch(path, []).set('prefer', 'return=minimal').expect(200)
    assert.equal(minimal.text, '')
    const whole = await admin.patch(path, []).set('prefer', 'handling=strict; return="representation"').expect(200)
    assert.equal(whole.body.gender, 'male')
    const removed = await admin.delete(path).set('prefer', outcome).expect(200)
    assert.equal(removed.body.resourceType, 'OperationOutcome')
  })

  test('OperationOutcome says of a condition that left nothing to do that nothing was done', async () => {
    const { body: stored } = await admin.post('Patient', aPatient({ identifier: [{ value: 'here' }] })).expect(201)
    const told = ({ body }: { body: { issue: { diagnostics: string }[] } }) => body.issue[0]!.diagnostics
    const outcome = 'return=OperationOutcome'
    const found = await admin.post('Patient', aPatient()).set('if-none-exist', 'identifier=here').set('prefer', outcome)
    assert.equal(told(found), `It is there already, as Patient/${stored.id}/_history/1: nothing was stored.`)
    const missed = await admin.delete('Patient?identifier=nowhere').set('prefer', outcome).expect(200)
    assert.equal(told(missed), 'Nothing matches: nothing was deleted.')
    const remove = { request: { method: 'DELETE', url: 'Patient?identifier=nowhere' } }
    const { body } = await admin.post('/fhir', aTransaction(remove)).set('prefer', outcome).expect(200)
    assert.equal(told({ body: body.entry[0].response.outcome }), 'Nothing matches: nothing was deleted.')
  })
})

describe('headers', () => {
  test('a refused method comes with those that are allowed', async () => {
    const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
    const { body: binary } = await admin.raw('post')('Binary').set('content-type', 'text/plain').send('x').expect(201)
    const allowed = async (call: ReturnType<Client['get']>) => (await call.expect(405)).headers['allow']
    assert.equal(await allowed(admin.post(`Patient/${patient.id}/_history`, {})), 'GET, HEAD')
    assert.equal(await allowed(admin.post(`Patient/${patient.id}`, {})), 'GET, HEAD, PUT, PATCH, DELETE')
    assert.equal(await allowed(admin.patch(`Binary/${binary.id}`, [])), 'GET, HEAD, PUT, DELETE')
    assert.equal(await allowed(admin.get('_search')), 'POST')
    assert.equal(await allowed(admin.delete('')), 'GET, HEAD, POST')
    assert.equal(await allowed(admin.get(`Patient/${patient.id}/$meta-add`)), 'POST')
    assert.equal(await allowed(admin.delete('AuditEvent?_id=x')), 'GET, HEAD, POST')
    assert.equal(await allowed(admin.delete('AuditEvent/x')), 'GET, HEAD')
    const entry = { request: { method: 'DELETE', url: 'AuditEvent/x' } }
    assert.equal(await allowed(admin.post('/fhir', aTransaction(entry))), 'GET, HEAD, POST')
  })

  test('scripts of other origins may read when to come again, and no header that is never set', async () => {
    const { headers } = await admin.get('Patient?_count=1').expect(200)
    const exposed = headers['access-control-expose-headers']!.split(', ')
    assert.ok(exposed.includes('Retry-After') && !exposed.includes('Content-Location'))
  })
})

describe('the rate limit', () => {
  let limited: TestServer
  before(async () => {
    limited = await startServer({ RATE_LIMIT_SCALE: '0.002' })
  })
  after(() => limited.close())
  const bundle = (type: string, length: number) => ({
    ...aTransaction(...Array.from({ length }, () => posted(aPatient()))),
    type,
  })

  test('counts each entry of a transaction, and refuses it as a whole, with the time to wait', async () => {
    const client = limited.as(administrator())
    await client.post('/fhir', bundle('transaction', 8)).expect(200)
    const { headers } = await client.post('/fhir', bundle('transaction', 8)).expect(429)
    assert.ok(Number(headers['retry-after']) >= 1)
    await client.get('Patient?_count=1').expect(200)
  })

  test('counts each entry of a batch, and refuses those that are too many', async () => {
    const client = limited.as(administrator())
    const { body } = await client.post('/fhir', bundle('batch', 20)).expect(200)
    const found = body.entry.map(({ response }: { response: { status: string } }) => response.status) as string[]
    assert.equal(found.filter((status) => status === '201').length, 11)
    assert.equal(found.filter((status) => status === '429').length, 9)
  })

  test('lets a Bundle through that is larger than the share of a minute, as all of that share', async () => {
    const client = limited.as(administrator())
    await client.post('/fhir', bundle('transaction', 30)).expect(200)
    await client.get('Patient?_count=1').expect(429)
  })
})

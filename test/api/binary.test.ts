import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { aPatient, aTransaction } from '../support/resources.ts'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer({ BINARY_LIMIT: '1MiB' })
  admin = server.as(administrator())
})
after(() => server.close())

const bytes = randomBytes(300_000)

async function uploaded(content: Buffer, contentType = 'application/pdf') {
  const { body } = await admin.raw('post')('Binary').set('content-type', contentType).send(content).expect(201)
  return body.id as string
}

test('a Binary gives back the bytes that were sent, with their type', async () => {
  const id = await uploaded(bytes)
  const { body, headers } = await admin.get(`Binary/${id}`).responseType('blob').expect(200)
  assert.equal(headers['content-type'], 'application/pdf')
  assert.ok(bytes.equals(body))
  assert.equal(headers['x-content-type-options'], 'nosniff')
})

test('Range answers 206 with exactly the bytes asked for', async () => {
  const id = await uploaded(bytes)
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 0],
    ['bytes=65535-65536', 65535, 65536],
    ['bytes=299999-', 299999, 299999],
    ['bytes=-10', 299990, 299999],
    ['bytes=100000-400000', 100000, 299999],
  ] as const) {
    const { body, headers } = await admin.get(`Binary/${id}`).set('range', range).responseType('blob').expect(206)
    assert.equal(headers['content-range'], `bytes ${from}-${to}/300000`)
    assert.ok(bytes.subarray(from, to + 1).equals(body), range)
  }
  const { headers } = await admin.get(`Binary/${id}`).set('range', 'bytes=300000-').expect(416)
  assert.equal(headers['content-range'], 'bytes */300000')
})

test('answers under way at once never share memory, however slowly one of them is taken', async () => {
  const contents = Array.from({ length: 24 }, (_, n) => randomBytes(230_000 + 1_000 * n))
  const ids = await Promise.all(contents.map((content) => uploaded(content)))
  // More than the system takes from the server ahead of its reader, so that most of it waits in the server's memory.
  const wanted = Array.from({ length: 3 }, () => ids).flat()
  const slow = connect(Number(new URL(server.url).port), 'localhost').pause()
  const head = (id: string) => `GET /fhir/Binary/${id} HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\n`
  const token = `Authorization: Bearer ${admin.token}\r\n`
  slow.write(
    wanted.map((id, n) => `${head(id)}${token}${n < wanted.length - 1 ? '' : 'Connection: close\r\n'}\r\n`).join(''),
  )
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      ids.map(async (id, n) => {
        const { body } = await admin.get(`Binary/${id}`).responseType('blob').expect(200)
        assert.ok(contents[n]!.equals(body), `Binary ${n}`)
      }),
    )
  }
  const taken = await buffer(slow)
  let at = 0
  for (const [n, id] of wanted.entries()) {
    at = taken.indexOf('\r\n\r\n', at) + 4
    const content = contents[ids.indexOf(id)]!
    assert.ok(content.equals(taken.subarray(at, at + content.length)), `answer ${n} to the slow reader`)
    at += content.length
  }
})

test('HEAD tells type and length of a Binary without its bytes', async () => {
  const id = await uploaded(bytes)
  const { headers } = await admin.head(`Binary/${id}`).expect(200)
  assert.equal(headers['content-type'], 'application/pdf')
  assert.equal(headers['content-length'], '300000')
})

test('a Binary is stored for nobody who may not write it, and on no condition', async () => {
  const before = await objects()
  const reader = server.as({ ...administrator(), scopes: scopes('user/Observation.r') })
  await reader.raw('put')('Binary/mine').set('content-type', 'text/plain').send('x').expect(403)
  const stranger = server.as({ ...administrator(), roles: ['practitioner'] })
  await stranger.raw('put')('Binary/mine').set('content-type', 'text/plain').send('x').expect(404)
  const conditional = admin.raw('post')('Binary').set('content-type', 'text/plain').set('if-none-exist', '_id=x')
  await conditional.send('x').expect(400)
  assert.equal(await objects(), before)
})

test('an odd securityContext or attachment is refused with its place', async () => {
  const binary = { resourceType: 'Binary', contentType: 'a/b', securityContext: { reference: 5 } }
  const { body } = await admin.post('Binary', binary).expect(422)
  assert.deepEqual(body.issue[0].expression, ['Binary.securityContext.reference'])
  await admin.post('Patient', aPatient({ photo: [{ url: 5 }] })).expect(422)
})

test('a Binary is answered as a resource with data when FHIR JSON is asked for', async () => {
  const id = await uploaded(Buffer.from('hello'), 'text/plain')
  const { body } = await admin.get(`Binary/${id}`).set('accept', 'application/fhir+json').expect(200)
  assert.equal(body.resourceType, 'Binary')
  assert.equal(body.contentType, 'text/plain')
  assert.equal(Buffer.from(body.data, 'base64').toString(), 'hello')
})

test('a Binary can be sent as a resource with data', async () => {
  const data = Buffer.from('in JSON').toString('base64')
  const { body } = await admin.post('Binary', { resourceType: 'Binary', contentType: 'text/plain', data }).expect(201)
  const { text } = await admin.get(`Binary/${body.id}`).expect(200)
  assert.equal(text, 'in JSON')
})

test('a Binary whose type cannot meet Accept answers 406', async () => {
  const id = await uploaded(bytes)
  await admin.get(`Binary/${id}`).set('accept', 'image/png').expect(406)
})

test('a Binary above the limit answers 413 and leaves nothing behind', async () => {
  const before = await objects()
  await admin.raw('post')('Binary').set('content-type', 'application/pdf').send(randomBytes(1_100_000)).expect(413)
  assert.equal(await objects(), before)
})

test('an upload that is cut off leaves nothing behind', async () => {
  const before = await objects()
  await new Promise<void>((done) => {
    const cut = httpRequest(`${server.base}/Binary`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/pdf', 'content-length': 200_000 },
    })
    cut.on('error', () => done())
    cut.write(randomBytes(100_000), () => setTimeout(() => cut.destroy(), 100))
  })
  await new Promise((later) => setTimeout(later, 300))
  assert.equal(await objects(), before)
})

test('inline data of a DocumentReference is moved to the attachment store', async () => {
  const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
  const content = Buffer.from('a letter')
  const { body } = await admin
    .post('DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: `Patient/${patient.id}` },
      content: [{ attachment: { contentType: 'text/plain', data: content.toString('base64') } }],
    })
    .expect(201)
  const { attachment } = body.content[0]
  assert.equal(attachment.data, undefined)
  assert.equal(attachment.size, content.length)
  assert.equal(attachment.hash, createHash('sha1').update(content).digest('base64'))
  const { text } = await admin.get(attachment.url.slice(server.url.length)).expect(200)
  assert.equal(text, 'a letter')
})

test('a linked Binary cannot be changed or deleted', async () => {
  const { body: patient } = await admin.post('Patient', aPatient()).expect(201)
  const id = await uploaded(Buffer.from('x'), 'text/plain')
  await admin
    .post('DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: `Patient/${patient.id}` },
      content: [{ attachment: { contentType: 'text/plain', url: `Binary/${id}` } }],
    })
    .expect(201)
  await admin.raw('put')(`Binary/${id}`).set('content-type', 'text/plain').send('y').expect(409)
  await admin.delete(`Binary/${id}`).expect(409)
  assert.equal((await admin.get(`Binary/${id}`)).text, 'x')
})

test('a Binary is patched neither by its id, nor on a condition, nor in a Bundle: a patch brings no bytes', async () => {
  const id = await uploaded(Buffer.from('x'), 'text/plain')
  const operations = [{ op: 'add', path: '/language', value: 'en' }]
  for (const target of [`Binary/${id}`, `Binary?_id=${id}`]) {
    const { body } = await admin.patch(target, operations).expect(405)
    assert.equal(body.issue[0].code, 'not-supported')
  }
  const data = Buffer.from(JSON.stringify(operations)).toString('base64')
  const resource = { resourceType: 'Binary', contentType: 'application/json-patch+json', data }
  const bundle = aTransaction({ resource, request: { method: 'PATCH', url: `Binary/${id}` } })
  await admin.post('/fhir', bundle).expect(405)
  const { body } = await admin.post('/fhir', { ...bundle, type: 'batch' }).expect(200)
  assert.match(body.entry[0].response.status, /^405/)
  const { text, headers } = await admin.get(`Binary/${id}`).expect(200)
  assert.deepEqual([text, headers['etag']], ['x', 'W/"1"'])
})

/** Rows plus files: what an upload leaves in either place. */
async function objects(): Promise<number> {
  const [row] = await server.composed.store.query<{ n: number }>('select count(*)::int as n from attachment')
  const { readdirSync } = await import('node:fs')
  const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return row!.n + files.filter(({ parentPath }) => parentPath.includes('blobs')).length
}

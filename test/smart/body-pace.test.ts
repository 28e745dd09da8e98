import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createBodyPace } from '../../src/http/body-pace.ts'
import { createListener } from '../../src/http/create-listener.ts'

const minute = 6

async function withServer(server: Server, act: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    await act((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
}

/** Sends the beginning of a body; the rest is up to the test. */
function begin(port: number, path = '/fhir/Binary') {
  const sent = request({ host: '127.0.0.1', port, method: 'POST', path, headers: { 'content-length': 100_000_000 } })
  const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response: IncomingMessage) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.once('end', () => resolve({ status: response.statusCode!, text }))
    })
  })
  sent.write('x')
  return { sent, answer }
}

test('a body that trickles in is answered 408, and its connection ends', async () => {
  let ended: Promise<unknown> | undefined
  const handler: RequestListener = (incoming) => void (ended = once(incoming.resume(), 'close'))
  await withServer(createListener(handler, undefined, 5), async (port) => {
    const { sent, answer } = begin(port)
    const trickle = setInterval(() => sent.write('x'), 2)
    sent.on('error', () => undefined)
    const { status, text } = await answer
    clearInterval(trickle)
    assert.equal(status, 408)
    assert.equal((JSON.parse(text) as { issue: { code: string }[] }).issue[0]!.code, 'timeout')
    assert.ok(ended)
    await ended
  })
})

test('outside of /fhir the answer is a sentence', async () => {
  await withServer(
    createListener((incoming) => incoming.resume().once('error', () => undefined), undefined, 5),
    async (port) => {
      const { status, text } = await begin(port, '/login').answer
      assert.equal(status, 408)
      assert.match(text, /^The body came too slowly/)
    },
  )
})

test('an upload goes on for as long as each minute brings something, however many minutes there are', async () => {
  const pace = createBodyPace()
  let received = 0
  let more: (() => void) | undefined
  const handler: RequestListener = (incoming) => {
    incoming.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => {
      received += chunk.length
      more?.()
    })
  }
  await withServer(createServer(pace.watch(handler)), async (port) => {
    const { sent, answer } = begin(port)
    const until = (bytes: number) =>
      new Promise<void>((resolve) => {
        more = () => received >= bytes && resolve()
        more()
      })
    const part = 250 * 1024
    await until(1)
    for (let n = 1; n <= 20; n++) {
      for (let check = 1; check < minute; check++) pace.check()
      sent.write(Buffer.alloc(part))
      await until(1 + n * part)
      pace.check()
    }
    for (let check = 0; check < minute; check++) pace.check()
    assert.equal((await answer).status, 408, 'and not a minute longer')
  })
})

test('time that the server takes is not held against the body', async () => {
  const pace = createBodyPace()
  const server = createServer(pace.watch((incoming, response) => incoming.once('end', () => response.end('done'))))
  await withServer(server, async (port) => {
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>
    const { sent, answer } = begin(port)
    sent.end(Buffer.alloc(99_999_999))
    const [incoming] = await arrived
    while (incoming.readableLength < incoming.readableHighWaterMark) await new Promise(setImmediate)
    for (let check = 0; check < 10 * minute; check++) pace.check()
    incoming.resume()
    assert.deepEqual(await answer, { status: 200, text: 'done' })
  })
})

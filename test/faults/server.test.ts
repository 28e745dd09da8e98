import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aPatient } from '../support/resources.ts'
import { freePort, newDataFolder, type ServerProcess, startServerProcess } from '../support/server-process.ts'

/** The server as a process: what it keeps when it is killed, how it stops, what a large file costs. */
const { folder, remove } = newDataFolder()
let port: number
let server: ServerProcess
before(async () => {
  port = await freePort()
  server = await startServerProcess(folder, port)
})
after(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  remove()
})

const headers = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' })

test('kill -9 loses no acknowledged write and leaves no Postgres behind', async () => {
  const token = await server.token()
  const acknowledged: string[] = []
  const write = async () => {
    for (;;) {
      const response = await fetch(`${server.url}/fhir/Patient`, {
        method: 'POST',
        headers: headers(token),
        body: JSON.stringify(aPatient()),
      }).catch(() => undefined)
      if (response?.status !== 201) return
      acknowledged.push(((await response.json().catch(() => ({}))) as { id?: string }).id ?? '')
    }
  }
  const writers = Promise.all([write(), write(), write(), write()])
  while (acknowledged.length < 60) await sleep(20)
  const postgres = server.postgres()
  server.child.kill('SIGKILL')
  await writers
  for (let waited = 0; isRunning(postgres); waited += 50) {
    assert.ok(waited < 10_000, 'Postgres is still there')
    await sleep(50)
  }
  server = await startServerProcess(folder, port)
  for (const id of acknowledged.filter((one) => one !== '')) {
    const read = await fetch(`${server.url}/fhir/Patient/${id}`, { headers: headers(token) })
    assert.equal(read.status, 200, id)
    await read.arrayBuffer()
  }
})

test('SIGTERM lets a request end, stops within 10 seconds, and leaves nothing running', async () => {
  const token = await server.token()
  const postgres = server.postgres()
  const slow = new Promise<number>((done, failed) => {
    const upload = request(`${server.url}/fhir/Binary`, {
      method: 'POST',
      headers: { ...headers(token), 'content-type': 'application/pdf' },
    })
    upload.on('response', (response) => done(response.statusCode!)).on('error', failed)
    upload.write(Buffer.alloc(100_000))
    setTimeout(() => upload.end(Buffer.alloc(100_000)), 1_500)
  })
  await sleep(300)
  const started = performance.now()
  server.child.kill('SIGTERM')
  assert.equal(await slow, 201)
  assert.equal(await server.ended, 0)
  assert.ok(performance.now() - started < 10_000)
  assert.ok(!isRunning(postgres))
  server = await startServerProcess(folder, port)
})

/** In MiB; the whole two gigabytes take a minute. */
const size = Number(process.env['TEST_BINARY_MIB'] ?? 256)
const noProc = existsSync('/proc/self/status') ? {} : { skip: 'memory is read from /proc, which is not here' }

test(`a Binary of ${size} MiB goes up and down with the memory within 100 MB of idle`, noProc, async () => {
  const token = await server.token()
  const block = Buffer.alloc(1024 * 1024, 'chartshare')
  const expected = createHash('sha256')
  const idle = server.memory()
  let most = idle
  const watch = setInterval(() => (most = Math.max(most, server.memory())), 50)
  const created = await new Promise<{ id: string }>((done, failed) => {
    const upload = request(
      `${server.url}/fhir/Binary`,
      { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/dicom' } },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => done(JSON.parse(text)))
      },
    )
    upload.on('error', failed)
    const bytes = function* () {
      for (let n = 0; n < size; n++) {
        expected.update(block)
        yield block
      }
    }
    pipeline(Readable.from(bytes()), upload).catch(failed)
  })
  const actual = createHash('sha256')
  await new Promise<void>((done, failed) => {
    request(
      `${server.url}/fhir/Binary/${created.id}`,
      { headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response
          .on('data', (chunk: Buffer) => actual.update(chunk))
          .on('end', done)
          .on('error', failed)
      },
    ).end()
  })
  clearInterval(watch)
  assert.equal(actual.digest('hex'), expected.digest('hex'))
  assert.ok(most - idle < 100, `${idle.toFixed(0)} MB idle, ${most.toFixed(0)} MB at most`)
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

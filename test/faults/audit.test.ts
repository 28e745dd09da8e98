import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { aPatient } from '../support/resources.ts'
import { freePort, newDataFolder, type ServerProcess, startServerProcess } from '../support/server-process.ts'

const { folder, remove } = newDataFolder()
const command = path.join(import.meta.dirname, '..', '..', 'src', 'commands', 'audit-verify.js')
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

/** The ids of the requests that left an event with a patient. */
async function toldOf(token: string): Promise<Set<string>> {
  const told = new Set<string>()
  let url: string | undefined = `${server.url}/fhir/AuditEvent?_count=1000&_sort=date&patient:missing=false`
  while (url !== undefined) {
    const response = await fetch(url, { headers: headers(token) })
    const bundle = (await response.json()) as Bundle
    assert.equal(response.status, 200, JSON.stringify(bundle))
    for (const { resource } of bundle.entry ?? []) {
      for (const { what } of resource.entity) if (what?.identifier) told.add(what.identifier.value)
    }
    url = bundle.link.find(({ relation }) => relation === 'next')?.url
  }
  return told
}

interface Bundle {
  link: { relation: string; url: string }[]
  entry?: { resource: { entity: { what?: { identifier?: { value: string } } }[] } }[]
}

test('ACC-5: kill -9 in the middle loses no event of a request that was answered, and the trail still fits', async () => {
  const token = await server.token()
  const created = await fetch(`${server.url}/fhir/Patient`, {
    method: 'POST',
    headers: headers(token),
    body: JSON.stringify(aPatient()),
  })
  const { id } = (await created.json()) as { id: string }
  const answered: string[] = []
  const ask = async (way: number) => {
    for (;;) {
      const requestId = randomUUID()
      const [address, method] = [
        [`Patient/${id}`, 'GET'],
        [`Patient?_id=${id}`, 'GET'],
        ['Patient', 'POST'],
        [`Patient/${id}/_history`, 'GET'],
      ][way]!
      const response = await fetch(`${server.url}/fhir/${address}`, {
        method: method!,
        headers: { ...headers(token), 'x-request-id': requestId },
        ...(method === 'POST' ? { body: JSON.stringify(aPatient()) } : {}),
      }).catch(() => undefined)
      if (!response?.ok) return
      answered.push(requestId)
      await response.arrayBuffer().catch(() => undefined)
    }
  }
  const asking = Promise.all([ask(0), ask(1), ask(2), ask(3), ask(0), ask(1)])
  while (answered.length < 150) await sleep(20)
  server.child.kill('SIGKILL')
  await asking
  await server.ended
  server = await startServerProcess(folder, port)
  const told = await toldOf(token)
  assert.deepEqual(
    answered.filter((requestId) => !told.has(requestId)),
    [],
  )
  const env = { ...process.env, DATA_DIR: folder, PORT: String(port), LOG_LEVEL: 'warn' }
  const { stdout } = await promisify(execFile)(process.execPath, [command], { env })
  assert.match(stdout, /\d+ rows in \d+ seals fit; \d+ are not sealed yet\./)
})

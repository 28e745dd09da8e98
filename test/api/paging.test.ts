import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anObservation, aPatient } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
let patient: string
const writers = 8
const untouched = 60

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  const { body } = await admin.post('Patient', aPatient()).expect(201)
  patient = `Patient/${body.id}`
})
after(() => server.close())

/** Few different values, so that pages end among equal ones; some have none. */
function observation(n: number) {
  const day = String((n % 5) + 1).padStart(2, '0')
  return anObservation(patient, {
    effectiveDateTime: n % 7 === 0 ? undefined : `2024-01-${day}`,
    status: n % 2 === 0 ? 'final' : 'amended',
    valueQuantity: { value: n % 4, unit: 'u' },
    method: { coding: [{ code: `m${n % 3}` }] },
  })
}

/** Inserts, updates and deletes matches of its own, one after another, until it is told to stop. */
async function write(seed: number, isOver: () => boolean): Promise<number> {
  let done = 0
  for (let n = seed; !isOver(); n += 1, done += 1) {
    const { body } = await admin.post('Observation', observation(n)).expect(201)
    const { effectiveDateTime: _, ...moved } = { ...observation(n + 3), id: body.id }
    await admin.put(`Observation/${body.id}`, { ...moved, effectiveDateTime: `2024-01-0${(n % 9) + 1}` }).expect(200)
    if (n % 3 !== 0) await admin.delete(`Observation/${body.id}`).expect(204)
  }
  return done
}

async function read(query: string): Promise<string[]> {
  const seen: string[] = []
  let next: string | undefined = query
  while (next !== undefined) {
    const { body }: { body: { entry?: { resource: { id: string } }[]; link: { relation: string; url: string }[] } } =
      await admin.get(next).expect(200)
    seen.push(...(body.entry ?? []).map(({ resource }) => resource.id))
    next = body.link.find(({ relation }) => relation === 'next')?.url.slice(server.url.length)
  }
  return seen
}

const orders = ['', '_sort=date', '_sort=-_lastUpdated', '_sort=-value-quantity,date', '_sort=method,-_id']

test('while others insert, update and delete, who follows next sees every untouched match exactly once', async (t) => {
  const kept: string[] = []
  for (let n = 0; n < untouched; n += 1) {
    const { body } = await admin.post('Observation', observation(n)).expect(201)
    kept.push(body.id)
  }
  for (const order of orders) {
    await t.test(order === '' ? 'in no order asked for' : order, async () => {
      let over = false
      const writing = Array.from({ length: writers }, (_, n) => write(n * 100, () => over))
      // Two ways: all rows of one patient are collected, those of a code are walked.
      const seen = await Promise.all([
        read(`Observation?patient=${patient}&_count=7&${order}`),
        read(`Observation?code=8867-4&_count=7&${order}`),
      ]).finally(() => void (over = true))
      const writes = await Promise.all(writing)
      assert.ok(writes.every((count) => count > 0))
      for (const ids of seen) {
        const own = ids.filter((id) => kept.includes(id))
        assert.deepEqual([...own].sort(), [...kept].sort())
      }
    })
  }
})

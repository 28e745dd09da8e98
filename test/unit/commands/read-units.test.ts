import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readUnits } from '../../../src/commands/import/read-units.ts'
import type { Unit } from '../../../src/commands/import/units.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'units-'))
})
after(() => rm(folder, { recursive: true }))

async function unitsOf(name: string, content: string): Promise<Unit[]> {
  const path = join(folder, name)
  await writeFile(path, content)
  const units: Unit[] = []
  for await (const unit of await readUnits(path)) units.push(unit)
  return units
}

test('NDJSON is read line by line: blank lines and the byte order mark pass, a broken line is named', async () => {
  const lines = ['\ufeff{"resourceType":"Patient","id":"a"}', '', '{"resourceType":', '{"resourceType":"Patient"}']
  const units = await unitsOf('x.ndjson', lines.join('\r\n'))
  assert.deepEqual(
    units.map((unit) => unit.entries.map(({ place, method }) => `${method} ${place}`)),
    [['PUT line 1'], ['POST line 3'], ['POST line 4']],
  )
  assert.deepEqual(
    units.map((unit) => unit.unusable !== undefined),
    [false, true, false],
  )
})

test('lines are sent in hundreds, first as a transaction and then as a batch of those that matter', async () => {
  const lines = Array.from({ length: 101 }, (_, n) => `{"resourceType":"Patient","id":"p${n}"}`)
  const [first, second] = await unitsOf('x.ndjson', lines.join('\n'))
  const [transaction, batch] = first!.attempts().map(({ body }) => JSON.parse(body))
  assert.deepEqual([transaction.type, batch.type, batch.entry.length], ['transaction', 'batch', 100])
  assert.deepEqual(transaction.entry[0].request, { method: 'PUT', url: 'Patient/p0' })
  const again = first!.attempts([3, 5]).map(({ body }) => JSON.parse(body))
  assert.deepEqual(
    again.map(({ type, entry }) => [type, entry.map((e: { resource: { id: string } }) => e.resource.id)]),
    [['batch', ['p3', 'p5']]],
  )
  assert.equal(second!.entries.length, 1)
})

test('transactions and batches are sent exactly as they are written, decimals included', async () => {
  const text =
    '{"resourceType":"Bundle", "type":"batch","entry":[{"resource":{"resourceType":"Observation","valueQuantity":{"value":1.0}},"request":{"method":"POST","url":"Observation"}}]}'
  const [batch] = await unitsOf('b.json', text)
  assert.equal(batch!.attempts()[0]!.body, text)
  assert.match(batch!.attempts([0])[0]!.body, /"value":1\.0\}/)
  const [transaction] = await unitsOf('t.json', text.replace('batch', 'transaction'))
  assert.equal(transaction!.attempts()[0]!.body, text.replace('batch', 'transaction'))
})

test('a large batch is sent in parts, so that little is sent twice when it is interrupted', async () => {
  const entry = (n: number) => ({ resource: { resourceType: 'Basic', n }, request: { method: 'POST', url: 'Basic' } })
  const entries = Array.from({ length: 250 }, (_, n) => entry(n))
  const units = await unitsOf('b.json', JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: entries }))
  assert.deepEqual(
    units.flatMap((unit) => JSON.parse(unit.attempts()[0]!.body).entry),
    entries,
  )
  assert.deepEqual(
    units.map((unit) => unit.entries[0]!.place),
    ['entry[0]', 'entry[100]', 'entry[200]'],
  )
})

test('a collection is unpacked: ids are kept, decimals too, and urn references keep its entries together', async () => {
  const entry = (fullUrl: string, rest: string) =>
    `{"fullUrl":"${fullUrl}","resource":{"resourceType":"Observation"${rest}}}`
  const text = (rest: string) =>
    `{"resourceType":"Bundle","type":"collection","entry":[${entry('urn:uuid:1', ',"id":"o1","valueQuantity":{"value":2.50}')},${entry('urn:uuid:2', rest)}]}`
  const [free] = await unitsOf('c.json', text(''))
  assert.deepEqual(
    free!.entries.map(({ method }) => method),
    ['PUT', 'POST'],
  )
  assert.equal(free!.attempts().length, 2)
  assert.match(free!.attempts()[0]!.body, /"value":2\.50\}/)
  const [linked] = await unitsOf('l.json', text(',"hasMember":[{"reference":"urn:uuid:1"}]'))
  assert.equal(linked!.attempts().length, 1)
})

test('documents stay whole, and what cannot be loaded says why', async () => {
  const document = '{"resourceType":"Bundle","type":"document","id":"d"}'
  const [unit] = await unitsOf('d.json', document)
  assert.deepEqual(unit!.attempts(), [{ method: 'PUT', path: 'Bundle/d', body: document }])
  const reasons: (string | undefined)[] = []
  for (const text of ['{"resourceType":"Bundle","type":"history"}', '{"name":"x"}', '[]', 'null', '{']) {
    reasons.push((await unitsOf('bad.json', text))[0]!.unusable)
  }
  for (const reason of reasons) assert.ok(reason)
  assert.match(reasons[0]!, /type history/)
  assert.match(reasons[1]!, /no resourceType/)
})

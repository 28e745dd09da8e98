import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { LoadRequest, Loaded, Loader } from '../../../src/commands/import/loader.ts'
import { inspectFile } from '../../../src/commands/import/inspect-file.ts'
import { createResumeState } from '../../../src/commands/import/resume-state.ts'
import { runImport } from '../../../src/commands/import/run-import.ts'

const silent = { show() {}, say() {}, end() {} }

/** A server's answers in memory: refuses the ids in `refuses`, stops answering after `stopAfter` requests. */
function rememberingLoader(options: { refuses?: Set<string>; stopAfter?: number } = {}) {
  const stored = new Map<string, number>()
  const requests: LoadRequest[] = []
  const one = (id: string): Omit<Loaded, 'entries'> => {
    const bad = options.refuses?.has(id)
    if (bad) return { status: 422, issues: [{ severity: 'error', code: 'invalid', diagnostics: `${id} is wrong` }] }
    const status = stored.has(id) ? 200 : 201
    stored.set(id, (stored.get(id) ?? 0) + 1)
    return { status, reference: `Patient/${id}`, issues: [] }
  }
  const loader: Loader = {
    target: 'memory',
    async send(request) {
      if (requests.length === options.stopAfter) throw new Error('gone')
      requests.push(request)
      const body = JSON.parse(request.body)
      const ids: string[] = (body.entry ?? []).map((entry: { resource: { id: string } }) => entry.resource.id)
      if (body.type === 'transaction' && ids.some((id) => options.refuses?.has(id))) {
        return { status: 422, issues: [{ severity: 'error', code: 'invalid' }], entries: [] }
      }
      return { status: 200, issues: [], entries: ids.map(one) }
    },
    async exists(reference) {
      return stored.has(reference.split('/')[1]!)
    },
    async close() {},
  }
  return { loader, stored, requests, options }
}

async function patients(count: number): Promise<{ folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'import-'))
  const path = join(folder, 'patients.ndjson')
  const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ resourceType: 'Patient', id: `p${n}` }))
  await writeFile(path, lines.join('\n'))
  return { folder, path }
}

test('an interrupted import goes on where it stopped and sends nothing twice', async () => {
  const { folder, path } = await patients(250)
  const server = rememberingLoader({ stopAfter: 2 })
  const state = createResumeState(join(folder, 'state'), server.loader.target)
  const parts = { loader: server.loader, state, progress: silent }
  await assert.rejects(runImport([await inspectFile(path)], parts), /gone/)
  assert.equal(server.stored.size, 200)
  server.options.stopAfter = undefined
  const { failures, tally } = await runImport([await inspectFile(path)], parts)
  assert.deepEqual(failures, [])
  assert.equal(tally.loaded, 50)
  assert.deepEqual(new Set(server.stored.values()), new Set([1]))
  assert.equal((await runImport([await inspectFile(path)], parts)).skipped, 1)
  await rm(folder, { recursive: true })
})

test('only what was refused is sent again, and each refusal names its line', async () => {
  const { folder, path } = await patients(120)
  const server = rememberingLoader({ refuses: new Set(['p7', 'p110']) })
  const state = createResumeState(join(folder, 'state'), server.loader.target)
  const parts = { loader: server.loader, state, progress: silent }
  const first = await runImport([await inspectFile(path)], parts)
  assert.deepEqual(
    first.failures.map(({ place, issues }) => [place, issues[0]?.diagnostics]),
    [
      ['line 8', 'p7 is wrong'],
      ['line 111', 'p110 is wrong'],
    ],
  )
  assert.equal(first.tally.loaded, 118)
  server.options.refuses?.clear()
  const sent = server.requests.length
  const second = await runImport([await inspectFile(path)], parts)
  assert.deepEqual([second.failures.length, second.tally.loaded, server.requests.length - sent], [0, 2, 2])
  assert.deepEqual(new Set(server.stored.values()), new Set([1]))
  await rm(folder, { recursive: true })
})

test('what was refused because it came too early succeeds at the end of the same import', async () => {
  const { folder, path } = await patients(120)
  const server = rememberingLoader({ refuses: new Set(['p7']) })
  const send = server.loader.send
  const loader: Loader = {
    ...server.loader,
    async send(request) {
      if (server.stored.has('p119')) server.options.refuses?.clear()
      return send(request)
    },
  }
  const state = createResumeState(join(folder, 'state'), loader.target)
  const { failures, tally } = await runImport([await inspectFile(path)], { loader, state, progress: silent })
  assert.deepEqual([failures, tally.loaded], [[], 120])
  await rm(folder, { recursive: true })
})

test('a state that claims what the server no longer has is forgotten', async () => {
  const { folder, path } = await patients(3)
  const server = rememberingLoader()
  const state = createResumeState(join(folder, 'state'), server.loader.target)
  const parts = { loader: server.loader, state, progress: silent }
  await runImport([await inspectFile(path)], parts)
  server.stored.clear()
  assert.equal((await runImport([await inspectFile(path)], parts)).tally.loaded, 3)
  await rm(folder, { recursive: true })
})

test('two servers have two states, and an edited file is a new one', async () => {
  const { folder, path } = await patients(3)
  const one = createResumeState(join(folder, 'state'), 'one')
  const two = createResumeState(join(folder, 'state'), 'two')
  const before = await inspectFile(path)
  await one.write(before.hash, { file: path, next: 1, failed: [], complete: true })
  assert.equal(await two.read(before.hash), undefined)
  assert.equal((await one.read(before.hash))?.complete, true)
  await writeFile(path, '{"resourceType":"Patient"}')
  assert.equal(await one.read((await inspectFile(path)).hash), undefined)
  assert.equal((await readdir(join(folder, 'state'))).length, 1)
  await rm(folder, { recursive: true })
})

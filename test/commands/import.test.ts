import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createDirectLoader } from '../../src/commands/import/direct-loader.ts'
import { createHttpLoader } from '../../src/commands/import/http-loader.ts'
import { filesUnder, inspectFile } from '../../src/commands/import/inspect-file.ts'
import { loadOrder } from '../../src/commands/import/load-order.ts'
import type { Loader } from '../../src/commands/import/loader.ts'
import { failureLines } from '../../src/commands/import/report.ts'
import { createResumeState } from '../../src/commands/import/resume-state.ts'
import { runImport } from '../../src/commands/import/run-import.ts'
import { readConfig } from '../../src/config.ts'
import { freshDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { administrator, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const system = 'http://hospital.example.org/id'
const hospital = (value: string) => ({ resourceType: 'Organization', identifier: [{ system, value }], name: value })
const create = (resource: object & { resourceType: string }, more: object = {}) => ({
  resource,
  request: { method: 'POST', url: resource.resourceType, ...more },
})

const event = {
  ...{ resourceType: 'AuditEvent', id: 'done', recorded: '2020-01-01T00:00:00Z' },
  type: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110114' },
  agent: [{ requestor: true, who: { display: 'elsewhere' } }],
  source: { observer: { display: 'elsewhere' } },
}

/** Like the files of a Synthea export, named so that their order is the wrong one. */
function writeFiles(folder: string): void {
  const patient = { fullUrl: 'urn:uuid:6d2d1a0e-8c4d-4b4c-9d0f-2f6f3b1f9b0a', ...create({ resourceType: 'Patient' }) }
  const encounter = create({
    resourceType: 'Encounter',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: patient.fullUrl },
    serviceProvider: { reference: `Organization?identifier=${system}|lakeside` },
  } as { resourceType: string })
  const observation = (id: string, value: string) =>
    `{"resourceType":"Observation","id":"${id}","status":"final","code":{"text":"x"},"valueQuantity":{"value":${value}}}`
  writeFileSync(
    join(folder, 'a-patient.json'),
    JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: [patient, encounter] }),
  )
  writeFileSync(
    join(folder, 'b-hospitals.json'),
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'batch',
      entry: ['lakeside', 'riverside'].map((name) =>
        create(hospital(name), { ifNoneExist: `identifier=${system}|${name}` }),
      ),
    }),
  )
  mkdirSync(join(folder, 'more'))
  writeFileSync(join(folder, 'more', 'c.ndjson'), `${observation('o1', '1.0')}\n${observation('o2', '2.50')}\n`)
}

function importOf(folder: string, loader: Loader, restart = false) {
  return async () => {
    const files = []
    for (const path of await filesUnder([join(folder, 'files')])) files.push(await inspectFile(path))
    const state = createResumeState(join(folder, 'state'), loader.target)
    if (restart) for (const { hash } of files) await state.forget(hash)
    return runImport(loadOrder(files), { loader, state, progress: { show() {}, say() {}, end() {} } })
  }
}

const everything = ['Encounter 1 0 0', 'Observation 2 0 0', 'Organization 2 0 0', 'Patient 1 0 0']
const again = ['Encounter 1 0 0', 'Observation 0 2 0', 'Organization 0 0 2', 'Patient 1 0 0']
const lines = (tally: { lines(): string[] }) =>
  tally
    .lines()
    .slice(1)
    .map((line) => line.replace(/ +/g, ' '))

describe('import', () => {
  let folder: string
  let server: TestServer
  let database: TestDatabase

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'import-'))
    mkdirSync(join(folder, 'files'))
    writeFiles(join(folder, 'files'))
    server = await startServer()
    database = await freshDatabase()
  })

  after(async () => {
    await server?.close()
    await database?.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  const loaders: Record<string, () => Promise<Loader>> = {
    'through the API': async () => {
      const { token } = server.as(administrator())
      return createHttpLoader(server.base, async () => token!)
    },
    directly: () =>
      createDirectLoader(
        readConfig({
          NODE_ENV: 'test',
          DATABASE_URL: database.url,
          DATA_DIR: join(folder, 'data'),
          LOG_LEVEL: 'fatal',
        }),
      ),
  }

  for (const [how, open] of Object.entries(loaders)) {
    test(`${how}: everything is loaded in the order in which references resolve, and a second run has nothing to do`, async () => {
      const loader = await open()
      try {
        const first = await importOf(folder, loader)()
        assert.deepEqual(first.failures.flatMap(failureLines), [])
        assert.deepEqual(lines(first.tally), everything)
        const second = await importOf(folder, loader)()
        assert.deepEqual([second.skipped, second.tally.loaded], [3, 0])
        const third = await importOf(folder, loader, true)()
        assert.deepEqual(lines(third.tally), again)
      } finally {
        await loader.close()
      }
    })
  }

  test('directly: what is in the audit trail already is not changed, and the same again is no failure', async () => {
    const loader = await loaders.directly!()
    const failuresOf = async (outcome: string) => {
      const own = mkdtempSync(join(folder, 'events-'))
      mkdirSync(join(own, 'files'))
      writeFileSync(join(own, 'files', 'events.ndjson'), JSON.stringify({ ...event, outcome }))
      return (await importOf(own, loader)()).failures.flatMap(failureLines)
    }
    try {
      assert.deepEqual(await failuresOf('0'), [])
      assert.match(
        (await failuresOf('8')).join(),
        /line 1, AuditEvent.*AuditEvent\/done is there already, and never changed/,
      )
      assert.deepEqual(await failuresOf('0'), [])
    } finally {
      await loader.close()
    }
  })

  test('decimals arrive as they were written', async () => {
    const { text } = await server.as(administrator()).get('Observation/o1')
    assert.match(text, /"value":1\.0\}/)
  })

  test('what is refused names file, line, element and reason, and does not keep the rest from being loaded', async () => {
    const bad = join(folder, 'bad')
    mkdirSync(join(bad, 'files'), { recursive: true })
    const rows = [
      '{"resourceType":"Patient","id":"good"}',
      '{"resourceType":"Patient","gender":"x"}',
      '{"resourceType"',
    ]
    writeFileSync(join(bad, 'files', 'rows.ndjson'), rows.join('\n'))
    const { failures, tally } = await importOf(bad, await loaders['through the API']!())()
    assert.equal(tally.loaded, 1)
    const [second, third, ...others] = failures.flatMap(failureLines)
    assert.match(second!, /rows\.ndjson, line 2, Patient: .*gender: /)
    assert.match(third!, /rows\.ndjson, line 3: .*JSON/)
    assert.deepEqual(others, [])
  })
})

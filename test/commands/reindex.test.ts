import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as passed } from 'node:timers/promises'
import { labelsOf } from '../../src/access/labels.ts'
import { runReindex } from '../../src/commands/reindex/run-reindex.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { projectRoot } from '../../src/project-root.ts'
import { createSearch } from '../../src/search/create-search.ts'
import { createReindex, type Reindex } from '../../src/store/create-reindex.ts'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { aTransaction, posted } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

const core = join(projectRoot, 'fhir-profiles', 'hl7.fhir.r4.core')
const command = join(import.meta.dirname, '..', '..', 'src', 'commands', 'reindex.js')

const parameter = (code: string, base: string, expression: string, type = 'token') => ({
  resourceType: 'SearchParameter',
  url: `http://hospital.example.org/SearchParameter/${code}`,
  code,
  base: [base],
  type,
  expression,
})
const aPatient = (id: string, status: string) => ({
  resourceType: 'Patient',
  id,
  birthDate: '1980-05-06',
  name: [{ text: `Filed ${id}` }],
  maritalStatus: { coding: [{ code: status }] },
})

/** Two servers, one after the other, on one database: the second one knows more search parameters. */
describe('npm run reindex', () => {
  const profiles = mkdtempSync(join(tmpdir(), 'chartshare-profiles-'))
  let first: TestServer
  let second: TestServer
  let database: Database
  let admin: Client

  before(async () => {
    symlinkSync(core, join(profiles, 'hl7.fhir.r4.core'))
    first = await startServer({ PROFILES_DIR: profiles, RATE_LIMIT_SCALE: '0' })
    const client = first.as(administrator())
    await client.put('Patient/old', aPatient('old', 'M')).expect(201)
    await client.put('Patient/other', aPatient('other', 'S')).expect(201)
    await client.put('Patient/gone', aPatient('gone', 'M')).expect(201)
    await client.delete('Patient/gone').expect(204)
    const notes = Array.from({ length: 450 }, (_, n) =>
      posted({ resourceType: 'Basic', code: { text: `note ${n % 2}` }, language: n % 2 ? 'de' : 'en' } as never),
    )
    await client.post('', aTransaction(...notes)).expect(200)
    await client.put('Basic/changed', { resourceType: 'Basic', id: 'changed', code: { text: 'before' } }).expect(201)
    const own = [
      parameter('born', 'Patient', 'Patient.birthDate', 'date'),
      parameter('marital', 'Patient', 'Patient.maritalStatus'),
      parameter('code-text', 'Basic', 'Basic.code.text', 'string'),
    ]
    for (const one of own) writeFileSync(join(profiles, `${one.code}.json`), JSON.stringify(one))
    database = openDatabase({ connection: first.settings.database.url! })
    // As a release left it that knew no full-text search.
    await database.query('delete from fts')
    await database.query("update search_index set parameters = parameters - '_content'")
  })
  after(async () => {
    await database?.close()
    await second?.close()
    await first?.close()
    rmSync(profiles, { recursive: true, force: true })
  })

  function reindex(server: TestServer, ...options: string[]): Promise<string> {
    const env = {
      ...process.env,
      NODE_ENV: 'test',
      PUBLIC_URL: server.url,
      PROFILES_DIR: profiles,
      DATABASE_URL: first.settings.database.url,
      DATA_DIR: server.dataDir,
    }
    return new Promise((done) => {
      execFile(process.execPath, [command, ...options], { env }, (_error, stdout, stderr) => done(`${stdout}${stderr}`))
    })
  }

  /** The reindex in this process, with one of its steps done differently. */
  async function reindexWith(type: string, change: (own: Reindex) => Partial<Reindex>, signal: AbortSignal) {
    const { keys, base } = second.composed
    const definitions = await loadDefinitions(profiles)
    const search = createSearch({ definitions, keys, base, cursorSecret: Buffer.alloc(32), labels: labelsOf })
    const own = await createReindex(database)
    const said: string[] = []
    const progress = { show: () => undefined, say: (line: string) => void said.push(line), end: () => undefined }
    const finished = await runReindex([type], { reindex: { ...own, ...change(own) }, search, progress, signal })
    return { finished, said }
  }

  async function ids(query: string): Promise<string[]> {
    const { body } = await admin.get(query).expect(200)
    return ((body.entry ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id).sort()
  }

  /** A server that waits for a reindex looks once a second. */
  async function whenAnswered(query: string): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if ((await admin.get(query)).status === 200) return
      await passed(100)
    }
    assert.fail(`${query} is still refused`)
  }

  test('is refused while a server runs that does not know the new parameters', async () => {
    assert.match(await reindex(first), /was started with other search parameters: start it again first/)
  })

  test('until it has run, a search by a new parameter is refused wherever it stands, and not promised', async () => {
    second = await startServer({
      PROFILES_DIR: profiles,
      DATABASE_URL: first.settings.database.url!,
      DATA_DIR: first.dataDir,
      RATE_LIMIT_SCALE: '0',
    })
    admin = second.as(administrator())
    const names = [
      'Patient?_content=filed',
      'Patient?marital=M',
      'Patient?marital:missing=true',
      'Observation?subject:Patient.marital=M',
    ]
    for (const query of [...names, 'Basic?_sort=code-text', 'Patient?_has:Basic:subject:code-text=a']) {
      const { status, body } = await admin.get(query)
      assert.equal(status, 400, query)
      assert.match(body.issue[0].diagnostics, /is not indexed yet for what is stored: `npm run reindex`/)
    }
    assert.ok(!promised(await metadata(), 'Patient').includes('marital'))
    await admin.get('Patient?_id=old').expect(200)
  })

  test('what is written meanwhile is indexed at once', async () => {
    await admin.put('Patient/new', aPatient('new', 'M')).expect(201)
  })

  test('it takes the types that are named, and says what it did', async () => {
    const output = await reindex(second, '--type', 'Patient')
    assert.match(output, /Patient: 3 indexed\nThe index of Patient is up to date\./)
    assert.match(await reindex(second, '--type', 'Pacient'), /"Pacient" is no resource type/)
  })

  test('afterwards a running server answers, completely, and promises it', async () => {
    await whenAnswered('Patient?marital=M')
    assert.deepEqual(await ids('Patient?marital=M'), ['new', 'old'])
    assert.deepEqual(await ids('Patient?marital:not=M'), ['other'])
    assert.deepEqual(await ids('Patient?born=1980-05'), ['new', 'old', 'other'])
    assert.deepEqual(await ids('Patient?_content=filed'), ['new', 'old', 'other'])
    assert.deepEqual(await ids('Patient?born=gt1980-05-06'), [])
    assert.ok(promised(await metadata(), 'Patient').includes('marital'))
    await admin.get('Basic?code-text=note').expect(400)
  })

  test('interrupted, it goes on where it stopped', async () => {
    const stop = new AbortController()
    const interrupted = await reindexWith(
      'Basic',
      (own) => ({ rewrite: (...of) => own.rewrite(...of).then(() => stop.abort()) }),
      stop.signal,
    )
    assert.deepEqual(interrupted.finished, [])
    await admin.get('Basic?code-text=note').expect(400)
    const pages: number[] = []
    const resumed = await reindexWith(
      'Basic',
      (own) => ({
        page: async (...of) => {
          const rows = await own.page(...of)
          pages.push(rows.length)
          // Somebody writes between our reading and our writing.
          if (rows.some(({ id }) => id === 'changed') || pages.length === 1) await change()
          return rows
        },
      }),
      new AbortController().signal,
    )
    assert.deepEqual(resumed.said, ['Basic: going on after 200 of 451'])
    assert.deepEqual(pages, [200, 51, 0])
    assert.deepEqual(resumed.finished, [{ type: 'Basic', rows: 451, failed: [] }])
  })

  test('what changed while it ran is found by what it is now', async () => {
    await whenAnswered('Basic?code-text=note')
    assert.deepEqual(await ids('Basic?code-text=before'), [])
    assert.deepEqual(await ids('Basic?code-text=after'), ['changed'])
    assert.equal((await admin.get('Basic?code-text=note&_summary=count')).body.total, 450)
  })

  test('nothing of the resources themselves changes', async () => {
    const { body } = await admin.get('Patient/old').expect(200)
    assert.equal(body.meta.versionId, '1')
    assert.match(await reindex(second), /The index is up to date\./)
    assert.match(await reindex(second, '--all', '--type', 'Patient'), /Patient: 3 indexed/)
    assert.deepEqual(await ids('Patient?marital=M'), ['new', 'old'])
  })

  test('interrupted where nothing was lacking, it goes on all the same', async () => {
    const stop = new AbortController()
    const rewrite = (own: Reindex) => ({
      rewrite: (...of: Parameters<Reindex['rewrite']>) => own.rewrite(...of).then(() => stop.abort()),
    })
    assert.deepEqual((await reindexWith('Basic', rewrite, stop.signal)).finished, [])
    assert.match(await reindex(second), /Basic: going on after 200 of 451[^]*Basic: 451 indexed/)
    assert.equal(await reindex(second), 'The index is up to date.\n')
  })

  test('what cannot be indexed is told, and keeps nobody else from being found', async () => {
    const broken = await reindexWith(
      'Patient',
      (own) => ({
        page: async (...of) => {
          const rows = await own.page(...of)
          return rows.map((row) => (row.id === 'other' ? { ...row, json: '{' } : row))
        },
      }),
      new AbortController().signal,
    )
    const [{ rows, failed } = { rows: 0, failed: [] }] = broken.finished
    assert.deepEqual([rows, failed.length], [2, 1])
    assert.match(failed[0]!, /^other: /)
    assert.deepEqual(await ids('Patient?marital:not=M'), ['other'])
    assert.equal(await reindex(second), 'The index is up to date.\n')
  })

  test('what the first release had indexed in another way is made anew', async () => {
    await database.query('delete from search_index')
    const output = await reindex(second)
    assert.match(output, /Patient: 3 indexed/)
    assert.match(output, /Basic: 451 indexed/)
    assert.equal(await reindex(second), 'The index is up to date.\n')
  })

  let changes = 0
  async function change(): Promise<void> {
    if (changes++ > 0) return
    await admin.put('Basic/changed', { resourceType: 'Basic', id: 'changed', code: { text: 'after' } }).expect(200)
  }

  async function metadata(): Promise<Capabilities> {
    return (await second.anonymous.get('metadata').expect(200)).body as Capabilities
  }
})

interface Capabilities {
  rest: [{ resource: { type: string; searchParam: { name: string }[] }[] }]
}

function promised({ rest }: Capabilities, type: string): string[] {
  return rest[0].resource.find((one) => one.type === type)!.searchParam.map(({ name }) => name)
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

/** Synthea's transactions with their conditional references, by the import command; the files are not part of the suite. */
const folder = process.env['TEST_DATA'] && path.join(process.env['TEST_DATA'], 'synthea')
const present = folder !== undefined && existsSync(folder)
const skip = present ? false : 'TEST_DATA is not set: it names a folder with synthea/*.json'
const command = path.join(import.meta.dirname, '..', '..', 'src', 'commands', 'import.js')

interface Entry {
  resource: { resourceType: string }
  request: { ifNoneExist?: string }
}

let fresh: TestDatabase
let database: Database
const dataDir = mkdtempSync(path.join(tmpdir(), 'chartshare-import-'))
before(async () => {
  fresh = await freshDatabase()
  database = openDatabase({ connection: fresh.url })
})
after(async () => {
  await database.close()
  await fresh.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function imported(...options: string[]): Promise<string> {
  const env = { ...process.env, DATABASE_URL: fresh.url, DATA_DIR: dataDir, LOG_LEVEL: 'fatal', NODE_ENV: 'test' }
  return new Promise((done, failed) => {
    execFile(process.execPath, [command, ...options, folder!], { env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      error ? failed(new Error(`${stdout}\n${stderr}`)) : done(stdout),
    )
  })
}

const entries = (): Entry[] =>
  readdirSync(folder!).flatMap((name) => JSON.parse(readFileSync(path.join(folder!, name), 'utf8')).entry as Entry[])

async function stored(type: string): Promise<number> {
  const [row] = await database.query<{ n: number }>(`select count(*)::int4 as n from "${type.toLowerCase()}"`)
  return row!.n
}

test('every file loads, and the counts per type are those of the bundles', { skip }, async () => {
  assert.match(await imported(), /Failures: 0\./)
  const counts = new Map<string, number>()
  for (const { resource } of entries()) counts.set(resource.resourceType, (counts.get(resource.resourceType) ?? 0) + 1)
  for (const [type, count] of counts) assert.equal(await stored(type), count, type)
})

test('every conditional reference is resolved', { skip }, async () => {
  for (const type of new Set(entries().map(({ resource }) => resource.resourceType))) {
    const rows = await database.query(
      `select v.id from "${type.toLowerCase()}_v" v where v.json ~ '"reference":"([A-Z][A-Za-z]+\\?|urn:uuid:)' limit 1`,
    )
    assert.equal(rows.length, 0, type)
  }
})

test('loading them again creates nothing twice that says ifNoneExist', { skip }, async () => {
  const guarded = entries().filter(({ request }) => request.ifNoneExist !== undefined)
  const types = [...new Set(guarded.map(({ resource }) => resource.resourceType))]
  const before = await Promise.all(types.map(stored))
  assert.match(await imported('--restart'), /Failures: 0\./)
  assert.deepEqual(await Promise.all(types.map(stored)), before)
})

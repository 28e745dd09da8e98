import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { classes } from '../bench/growth/classes.ts'
import { type Engine, openEngine } from '../bench/growth/engine.ts'
import { fill, panel } from '../bench/growth/fill.ts'
import { type Measured, measureGrowth } from '../bench/growth/measure-growth.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let folder: string
let engine: Engine
let measured: readonly Measured[]

/** Three panels: what a doctor sees is a part of what there is. */
before(async () => {
  database = await freshDatabase()
  folder = mkdtempSync(join(tmpdir(), 'chartshare-growth-'))
  engine = await openEngine(database.url, folder)
  const patients = await fill(engine, { from: 0, to: 3 * panel }, () => undefined)
  await engine.store.query('vacuum analyze')
  measured = await measureGrowth(engine, patients, { times: { selective: 2, growing: 1 } }, () => undefined)
})
after(async () => {
  await engine?.close()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const named = new Map(classes.map((one) => [one.name, one]))

test('indexes lead to all that a selective search reads, of whoever asks', () => {
  const selective = measured.filter(({ name }) => named.get(name)!.selective)
  assert.ok(selective.length > 40)
  for (const { name, caller, unavoidable } of selective) assert.deepEqual(unavoidable, [], `${name} (${caller})`)
})

test('every class of search finds something, or the page that it asks for', () => {
  for (const { name, caller, rows } of measured) {
    // A doctor sees one patient in three, and one code of one month is one row in a thousand.
    if (caller === 'administrator') assert.ok(rows > 0, name)
  }
})

/**
 * The limits, in a process of their own: what Koa and the Postgres driver can do at best. Started by limits-process.ts,
 * which sends `{ concurrency, seconds, seed }` to have the bare INSERT measured.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, stat, unlink, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Koa from 'koa'
import pg from 'pg'
import { closedLoop } from './closed-loop.ts'
import { patient } from './generated-resources.ts'
import { createRandom } from './random.ts'

const [database, folder] = process.argv.slice(2) as [string, string]
const rows = 20_000
const sizes: Readonly<Record<string, number>> = { '100k': 100 * 1024, '20m': 20 * 2 ** 20 }

const pool = new pg.Pool({ connectionString: database, max: 20 })
await prepare()

const app = new Koa()
let uploads = 0
app.use(async (ctx) => {
  const [, what, which] = ctx.path.split('/')
  if (what === 'select') {
    const query = { name: 'select', text: 'select content from rows where id = $1', values: [Number(which)] }
    ctx.type = 'application/fhir+json'
    ctx.body = (await pool.query<{ content: string }>(query)).rows[0]!.content
  } else if (what === 'file') {
    const file = join(folder, which!)
    ctx.type = 'application/pdf'
    ctx.length = (await stat(file)).size
    ctx.body = createReadStream(file)
  } else if (what === 'upload') {
    const file = join(folder, `upload-${uploads++}`)
    await pipeline(ctx.req, createWriteStream(file))
    await unlink(file)
    ctx.status = 204
  }
})
const server = app.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port, rows }))

// Whoever started this is gone.
process.on('disconnect', () => process.exit())
process.on('message', (options: { concurrency: number; seconds: number; seed: number }) => {
  void measureInsert(options).then((loop) => process.send!({ loop }))
})

async function measureInsert(options: { concurrency: number; seconds: number; seed: number }) {
  const inserting = new pg.Pool({ connectionString: database, max: options.concurrency })
  const text = 'insert into inserted (id, content) values ($1, $2)'
  const loop = await closedLoop(async (random) => {
    const content = JSON.stringify(patient(random.int(1_000_000), undefined))
    await inserting.query({ name: 'insert', text, values: [crypto.randomUUID(), content] })
  }, options)
  await inserting.end()
  return loop
}

async function prepare(): Promise<void> {
  await pool.query('create table if not exists rows (id int primary key, content text not null)')
  await pool.query('create table if not exists inserted (id uuid primary key, content text not null)')
  for (let from = 0; from < rows; from += 500) {
    const ids = Array.from({ length: 500 }, (_, n) => from + n)
    const contents = ids.map((id) => JSON.stringify(patient(id, undefined)))
    await pool.query('insert into rows select * from unnest($1::int[], $2::text[])', [ids, contents])
  }
  await pool.query('vacuum analyze rows')
  await mkdir(folder, { recursive: true })
  for (const [name, size] of Object.entries(sizes)) await writeFile(join(folder, name), createRandom(7).bytes(size))
}

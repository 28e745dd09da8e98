import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { openDatabase } from '../../src/store/open-database.ts'

/** A process to be killed: runs the embedded server in the folder it is given, and prints each number that it has committed. */
const { connection } = await startEmbeddedPostgres({ dataDir: process.argv[2]! })
const database = openDatabase({ connection })
await database.query('create table if not exists written (n int)')
for (let n = 1; ; n += 1) {
  await database.query('insert into written values ($1)', [n])
  process.stdout.write(`${n}\n`)
}

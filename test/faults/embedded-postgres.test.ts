import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { openDatabase } from '../../src/store/open-database.ts'

const isRoot = process.getuid?.() === 0
const onlyRoot = isRoot ? {} : { skip: 'only root runs Postgres as somebody else' }
const nobody = 65_534
const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function folder(mode = 0o711): string {
  const made = mkdtempSync(path.join(tmpdir(), 'chartshare-embedded-'))
  chmodSync(made, mode)
  folders.push(made)
  return made
}

async function query<Row>({ connection }: EmbeddedPostgres, text: string): Promise<Row[]> {
  const database = openDatabase({ connection })
  return database.query<Row>(text).finally(() => database.close())
}

const serverProcess = (dataDir: string) =>
  Number(readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function ends(pid: number): Promise<void> {
  for (let waited = 0; isRunning(pid); waited += 50) {
    assert.ok(waited < 20_000, `process ${pid} is still there`)
    await sleep(50)
  }
}

interface Writer {
  child: ChildProcess
  /** The last number that was committed. */
  last(): number
}

async function startWriter(dataDir: string, account: { uid?: number; gid?: number } = {}): Promise<Writer> {
  const script = path.join(import.meta.dirname, 'embedded-writer.js')
  const child = spawn(process.execPath, [script, dataDir], { ...account, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout!.on('data', (bytes: Buffer) => (output += bytes.toString()))
  const last = () => Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1))
  while (!(last() >= 20)) {
    assert.equal(child.exitCode, null)
    await sleep(20)
  }
  return { child, last }
}

test('kill -9 of the server process leaves no Postgres behind and loses no committed row', async () => {
  const dataDir = folder()
  const { child, last } = await startWriter(dataDir)
  const pid = serverProcess(dataDir)
  assert.ok(isRunning(pid))
  child.kill('SIGKILL')
  const again = await startEmbeddedPostgres({ dataDir })
  await ends(pid)
  const [row] = await query<{ n: number; most: number }>(
    again,
    'select count(*)::int4 as n, max(n) as most from written',
  )
  await again.stop()
  assert.ok(row!.n >= last(), `${row!.n} rows, ${last()} were told`)
  assert.equal(row!.n, row!.most)
  assert.equal(existsSync(path.join(dataDir, 'postgres', 'postmaster.pid')), false)
})

test('when Postgres itself is killed it is noticed, and the next start recovers', async () => {
  const dataDir = folder()
  const first = await startEmbeddedPostgres({ dataDir })
  await query(first, 'create table kept (n int)')
  await query(first, 'insert into kept values (1)')
  process.kill(serverProcess(dataDir), 'SIGKILL')
  await first.exited
  const again = await startEmbeddedPostgres({ dataDir })
  assert.deepEqual(await query(again, 'select n from kept'), [{ n: 1 }])
  await again.stop()
})

test('a data folder that is in use is refused, with the process that holds it', async () => {
  const dataDir = folder()
  const first = await startEmbeddedPostgres({ dataDir })
  const pid = serverProcess(dataDir)
  await assert.rejects(startEmbeddedPostgres({ dataDir }), new RegExp(`in use.*process ${pid}`))
  assert.deepEqual(await query(first, 'select 1 as n'), [{ n: 1 }])
  await first.stop()
})

test('a path too long for a socket gets a private folder for it, which goes with the server', async () => {
  const dataDir = path.join(folder(), 'long-'.repeat(20))
  const server = await startEmbeddedPostgres({ dataDir })
  assert.ok(!server.connection.host.startsWith(dataDir))
  assert.deepEqual(await query(server, 'select 1 as n'), [{ n: 1 }])
  await server.stop()
  assert.equal(existsSync(server.connection.host), false)
})

test('what an interrupted first start left behind is cleared away', async () => {
  const dataDir = folder()
  mkdirSync(path.join(dataDir, 'postgres.init-999999999'))
  await (await startEmbeddedPostgres({ dataDir })).stop()
  assert.deepEqual(readdirSync(dataDir), ['postgres'])
})

test('a folder of something else is not taken for a cluster, and not touched', async () => {
  const dataDir = folder()
  mkdirSync(path.join(dataDir, 'postgres', 'holiday-photos'), { recursive: true })
  await assert.rejects(startEmbeddedPostgres({ dataDir }), /in the way/)
  assert.deepEqual(readdirSync(path.join(dataDir, 'postgres')), ['holiday-photos'])
})

test(
  'root starts below a folder that only root may enter: the cluster is kept elsewhere, and found again',
  onlyRoot,
  async () => {
    const dataDir = path.join(folder(0o700), 'data')
    const first = await startEmbeddedPostgres({ dataDir })
    folders.push(path.dirname(first.folder))
    await query(first, 'create table kept (n int)')
    await first.stop()
    const again = await startEmbeddedPostgres({ dataDir })
    assert.equal(again.folder, first.folder)
    assert.deepEqual(await query(again, 'select n from kept'), [])
    await again.stop()
  },
)

test('an ordinary user starts it, and root goes on with the same cluster as that user', onlyRoot, async () => {
  const dataDir = folder()
  chownSync(dataDir, nobody, nobody)
  const { child } = await startWriter(dataDir, { uid: nobody, gid: nobody })
  const pid = serverProcess(dataDir)
  child.kill('SIGTERM')
  await ends(pid)
  const again = await startEmbeddedPostgres({ dataDir })
  const [row] = await query<{ n: number }>(again, 'select count(*)::int4 as n from written')
  await again.stop()
  assert.ok(row!.n >= 20)
})

test('a data folder that was copied without what its link leads to does not start empty', async () => {
  const dataDir = folder()
  symlinkSync('/nowhere/chartshare/postgres', path.join(dataDir, 'postgres'))
  await assert.rejects(startEmbeddedPostgres({ dataDir }), /\/nowhere\/chartshare\/postgres, which is not there/)
})

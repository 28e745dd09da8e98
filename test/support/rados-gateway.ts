import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { S3Settings } from '../../src/store/attachments/s3-client.ts'

const run = promisify(execFile)
const programs = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin']
const credentials = { accessKey: 'testaccess', secretKey: 'testsecret123' }
/** Ports beside that of S3: two of the monitor, the rest for the object daemon. */
const portsNeeded = 32

export interface S3Server extends Omit<S3Settings, 'bucket'> {
  stop(): Promise<void>
}

/** The programs of Ceph that are not installed; Debian has them in ceph-mon, ceph-osd and radosgw. */
export function missingPrograms(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return programs.filter((program) => !folders.some((folder) => isExecutable(join(folder, program))))
}

/**
 * A Ceph cluster of one monitor, one object daemon and one gateway: a real S3 server with real signatures, about 15 s after
 * the call. All of it lives in one folder and ends with `stop`, or with this process.
 */
export async function startRadosGateway(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'rados-'))
  for (const name of ['mon/a', 'osd/0', 'run', 'log']) mkdirSync(join(folder, name), { recursive: true })
  const port = await freePorts()
  const fsid = randomUUID()
  const configuration = join(folder, 'ceph.conf')
  writeFileSync(configuration, configurationOf({ folder, port, fsid }))
  const env = { ...process.env, CEPH_CONF: configuration }
  const daemons: ChildProcess[] = []
  const ceph = (program: string, ...args: string[]) => run(program, args, { cwd: folder, env, timeout: 60_000 })
  const daemon = (program: string, ...args: string[]) => {
    const log = openSync(join(folder, 'log', `${program}.out`), 'a')
    daemons.push(spawn(program, [...args, '-f'], { cwd: folder, env, stdio: ['ignore', log, log] }))
  }
  const killAll = () => daemons.forEach((child) => child.kill('SIGKILL'))
  process.once('exit', killAll)
  const stop = async () => {
    process.removeListener('exit', killAll)
    await Promise.all(daemons.map(end))
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    await startMonitor({ ceph, daemon, port, fsid })
    await startObjectDaemon({ ceph, daemon })
    daemon('radosgw', '-n', 'client.admin', '-k', 'keyring')
    await answering(port)
    const { accessKey, secretKey } = credentials
    const user = ['--uid', 'test', '--display-name', 'test', '--access-key', accessKey, '--secret-key', secretKey]
    await ceph('radosgw-admin', 'user', 'create', ...user)
    return { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', ...credentials, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Steps {
  ceph(program: string, ...args: string[]): Promise<{ stdout: string }>
  daemon(program: string, ...args: string[]): void
}

/** Keys first: without cephx the gateway asks for its first authentication again and again. */
async function startMonitor({ ceph, daemon, port, fsid }: Steps & { port: number; fsid: string }): Promise<void> {
  await ceph('ceph-authtool', '--create-keyring', 'keyring', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *')
  const all = ['mon', 'osd', 'mgr'].flatMap((part) => ['--cap', part, 'allow *'])
  await ceph('ceph-authtool', 'keyring', '--gen-key', '-n', 'client.admin', ...all)
  const addresses = `[v2:127.0.0.1:${port + 1},v1:127.0.0.1:${port + 2}]`
  await ceph('monmaptool', '--create', '--clobber', '--addv', 'a', addresses, '--fsid', fsid, 'monmap')
  await ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'keyring')
  daemon('ceph-mon', '-i', 'a')
}

async function startObjectDaemon({ ceph, daemon }: Steps): Promise<void> {
  const uuid = randomUUID()
  await ceph('ceph', 'osd', 'create', uuid)
  const rights = ['mon', 'allow profile osd', 'osd', 'allow *', 'mgr', 'allow profile osd']
  await ceph('ceph', 'auth', 'get-or-create', 'osd.0', ...rights, '-o', 'osd/0/keyring')
  await ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', uuid)
  daemon('ceph-osd', '-i', '0')
  // Without the flag the command waits for a cluster that is as good as a real one.
  await ceph('ceph', 'osd', 'require-osd-release', 'pacific', '--yes-i-really-mean-it')
}

function configurationOf({ folder, port, fsid }: { folder: string; port: number; fsid: string }): string {
  return `
[global]
fsid = ${fsid}
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${folder}/keyring
mon initial members = a
mon host = [v2:127.0.0.1:${port + 1},v1:127.0.0.1:${port + 2}]
public addr = 127.0.0.1
mon data avail warn = 1
mon data avail crit = 0
mon allow pool size one = true
mon max pg per osd = 1000
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = bluestore
osd memory target = 939524096
bluestore block size = 4294967296
bluestore fsck on mount = false
osd data = ${folder}/osd/0
mon data = ${folder}/mon/a
run dir = ${folder}/run
admin socket = ${folder}/run/$cluster-$name.asok
log file = ${folder}/log/$name.log
pid file = ${folder}/run/$name.pid
crash dir = ${folder}/run
mon cluster log file = ${folder}/log/cluster.log
ms bind port min = ${port + 3}
ms bind port max = ${port + portsNeeded}
rgw frontends = beast endpoint=127.0.0.1:${port}

[osd.0]
keyring = ${folder}/osd/0/keyring
`
}

/** The first of a row of ports of which the three most important are free. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = randomInt(30_000, 60_000 - portsNeeded)
    const free = await Promise.all([port, port + 1, port + 2].map(isFree))
    if (free.every(Boolean)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

async function answering(port: number): Promise<void> {
  const deadline = Date.now() + 90_000
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok) return
    if (Date.now() > deadline) throw new Error('the RADOS Gateway does not answer')
    await pause(200)
  }
}

/** Nothing in it is to be kept. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

import { join } from 'node:path'
import { createAccounts } from '../../src/commands/demo/accounts.ts'
import { createFhirClient } from '../../src/commands/demo/fhir-client.ts'
import { createOutbox } from '../../src/commands/demo/outbox.ts'
import type { Progress } from '../../src/commands/progress.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { startCluster } from './cluster.ts'
import { openConnection } from './connection.ts'
import { startLimits } from './limits-process.ts'
import { measure } from './measure.ts'
import type { Measurements } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { residentMemory } from './processes.ts'
import { measureRoundTrips } from './measure-round-trips.ts'
import { rowsOf } from './ratio-table.ts'
import type { Row } from './ratio-table.ts'
import { seed } from './seed.ts'
import { administrator, startServer } from './server-process.ts'
import type { OperationName } from './targets.ts'

export interface BenchResult {
  readonly rows: readonly Row[]
  readonly roundTrips: ReadonlyMap<OperationName, number>
  readonly firstErrors: ReadonlyMap<string, string>
  readonly about: {
    readonly postgres: string
    readonly patients: number
    readonly resources: number
    readonly loadRate: number
    readonly startedIn: number
    /** RSS in MB. */
    readonly idle: number
    readonly peak: number
    readonly complete: boolean
    /** Measurements that the machine's host disturbed each time they were tried. */
    readonly disturbed: number
  }
}

/** Starts everything, fills it, measures it and takes it down again. */
export async function runBench(
  options: BenchOptions,
  folder: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<BenchResult> {
  const undo: (() => unknown)[] = []
  try {
    const cluster = await startCluster(join(folder, 'cluster'))
    undo.unshift(() => cluster.stop())
    const limits = await startLimits(cluster.urlOf('limits'), join(folder, 'files'))
    undo.unshift(() => limits.stop())
    const server = await startServer(join(folder, 'data'), cluster.urlOf('chartshare'))
    undo.unshift(() => server.stop())
    const idle = residentMemory(server.pid)

    const people = await signInBoth(server.origin, server.dataDir)
    const filling = openConnection(server.origin, 8, await people.administrator.token())
    const seeded = await seed(filling, options.patients, people.doctor.fhirUser, (done) =>
      progress.show(done, options.patients, `${done} of ${options.patients} patients loaded`),
    )
    await filling.close()
    await cluster.vacuum()
    const parts = { cluster, limits, server, people, seeded }
    const until = Date.now() + options.minutes * 60_000
    const measured: Measurements = await measure(parts, options, progress, until, signal)
    const roundTrips = await measureRoundTrips(parts, options)
    return {
      rows: rowsOf(measured.operations),
      roundTrips,
      firstErrors: measured.firstErrors,
      about: {
        postgres: await cluster.version(),
        patients: seeded.patients.length,
        resources: seeded.resources,
        loadRate: seeded.resources / seeded.seconds,
        startedIn: server.startedIn,
        idle,
        peak: measured.peakMemory,
        complete: measured.complete,
        disturbed: measured.disturbed,
      },
    }
  } finally {
    for (const each of undo) await each()
  }
}

/** The administrator, and a doctor who got the account as every doctor does. */
async function signInBoth(origin: string, dataDir: string) {
  const office = await signIn(origin, administrator)
  const outbox = createOutbox(join(dataDir, 'outbox'), 0)
  const accounts = createAccounts(origin, createFhirClient(origin, office), outbox)
  const { credentials } = await accounts.doctor({
    key: 'bench',
    given: 'Bench',
    family: 'Doctor',
    licence: 'B-1',
    specialty: ['419192003', 'Internal medicine'],
  })
  return { administrator: office, doctor: await signIn(origin, credentials) }
}

export type People = Awaited<ReturnType<typeof signInBoth>>

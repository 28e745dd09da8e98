import { setTimeout as sleep } from 'node:timers/promises'
import { signIn } from '../../src/commands/sign-in.ts'
import { openConnection } from './connection.ts'
import type { Parts } from './measure.ts'
import { operations } from './operations.ts'
import type { BenchOptions } from './options.ts'
import { createRandom } from './random.ts'
import { countRoundTrips } from './round-trips.ts'
import type { Counter } from './round-trips.ts'
import { administrator, startServer } from './server-process.ts'
import type { OperationName } from './targets.ts'

const repetitions = 10

/** Milliseconds: without a statement for so long, the server has nothing left to do of its own; and the longest to wait for it. */
const [silence, patience] = [300, 120_000]

/**
 * How often each operation makes the server wait for Postgres: one caller, everything prepared and warm. Measured on a
 * server of its own on the same database, behind a counter, so that counting costs the other measurements nothing.
 */
export async function measureRoundTrips(
  { cluster, server, people, seeded }: Parts,
  { only }: BenchOptions,
): Promise<Map<OperationName, number>> {
  await server.stop()
  const counter = await countRoundTrips(cluster.socket)
  const counted = await startServer(server.dataDir, cluster.urlOf('chartshare', counter.port))
  try {
    const writer = openConnection(counted.origin, 1, await (await signIn(counted.origin, administrator)).token())
    const work = operations({ reader: writer, writer }, seeded, people.doctor.fhirUser)
    const found = new Map<OperationName, number>()
    for (const name of Object.keys(work) as OperationName[]) {
      if (only && !only.test(name)) continue
      const random = createRandom(5)
      for (let n = 0; n < 3; n++) await work[name](random)
      await quiet(counter)
      const before = counter.count()
      for (let n = 0; n < repetitions; n++) await work[name](random)
      found.set(name, (counter.count() - before) / repetitions)
    }
    await writer.close()
    return found
  } finally {
    await counted.stop()
    counter.close()
  }
}

/** What was measured before has left a trail that is still worked through in the background; it is not what this operation costs. */
async function quiet(counter: Counter): Promise<void> {
  const until = Date.now() + patience
  let count: number
  do {
    count = counter.count()
    await sleep(silence)
  } while (counter.count() > count && Date.now() < until)
}

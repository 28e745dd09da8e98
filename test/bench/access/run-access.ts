import { join } from 'node:path'
import type { Progress } from '../../../src/commands/progress.ts'
import { startCluster } from '../cluster.ts'
import type { BenchOptions } from '../options.ts'
import { type Engine, openEngine } from '../growth/engine.ts'
import { fill, knownToBusyDoctor, perPatient, type SeededPatient } from '../growth/fill.ts'
import { countsOf } from '../growth/run-growth.ts'
import { measureAccess, type Spent } from './measure-access.ts'

/** What was measured on so many resources. */
export interface Measured {
  readonly resources: number
  readonly rowsOf: ReadonlyMap<string, number>
  readonly spent: readonly Spent[]
}

/** One database that grows around a doctor whose patients and grants stay the same. */
export async function runAccess(
  { sizes, only }: Pick<BenchOptions, 'sizes' | 'only'>,
  folder: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Measured[]> {
  const cluster = await startCluster(join(folder, 'cluster'))
  try {
    const patients: SeededPatient[] = []
    const measured: Measured[] = []
    const wanted = sizes.map((size) => Math.max(knownToBusyDoctor, Math.ceil(size / perPatient)))
    for (const to of wanted) {
      const show = (done: number) => {
        signal.throwIfAborted()
        progress.show(done, wanted.at(-1)!, `${done} of ${wanted.at(-1)!} patients stored`)
      }
      await using(async (engine) => {
        patients.push(...(await fill(engine, { from: patients.length, to, busy: true }, show)))
      })
      await cluster.vacuum()
      // No database grows tenfold within a connection's life, which remembers what plans cost.
      await using(async (engine) => {
        const rowsOf = await countsOf(engine.store)
        const resources = [...rowsOf.values()].reduce((sum, count) => sum + count, 0)
        const spent = await measureAccess({ engine, patients, postgres: cluster.pid, only }, (done, total) => {
          signal.throwIfAborted()
          progress.show(done, total, `${done} of ${total} searches at ${resources} resources`)
        })
        measured.push({ resources, rowsOf, spent })
      })
    }
    return measured
  } finally {
    await cluster.stop()
  }

  async function using(work: (engine: Engine) => Promise<void>): Promise<void> {
    const engine = await openEngine(cluster.urlOf('chartshare'), join(folder, 'data'))
    try {
      await work(engine)
    } finally {
      await engine.close()
    }
  }
}

import { join } from 'node:path'
import type { Progress } from '../../../src/commands/progress.ts'
import { startCluster } from '../cluster.ts'
import type { BenchOptions } from '../options.ts'
import { openEngine } from './engine.ts'
import { fill, perPatient, type SeededPatient } from './fill.ts'
import { type Measured, measureGrowth } from './measure-growth.ts'

/** What was measured on so many resources. */
export interface Grown {
  readonly resources: number
  readonly measured: readonly Measured[]
}

/** One database that grows; after each step Postgres tidies up and every class of search is explained. */
export async function runGrowth(
  { sizes, only }: Pick<BenchOptions, 'sizes' | 'only'>,
  folder: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Grown[]> {
  const cluster = await startCluster(join(folder, 'cluster'))
  const engine = await openEngine(cluster.urlOf('chartshare'), join(folder, 'data')).catch(async (error: unknown) => {
    await cluster.stop()
    throw error
  })
  try {
    const patients: SeededPatient[] = []
    const grown: Grown[] = []
    const most = Math.ceil(sizes.at(-1)! / perPatient)
    for (const size of sizes) {
      const to = Math.ceil(size / perPatient)
      const show = (done: number) => {
        signal.throwIfAborted()
        progress.show(done, most, `${done} of ${most} patients stored`)
      }
      patients.push(...(await fill(engine, { from: patients.length, to }, show)))
      await cluster.vacuum()
      const counts = await countsOf(engine.store)
      const resources = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const measured = await measureGrowth(engine, patients, { only }, (done, total) => {
        signal.throwIfAborted()
        progress.show(done, total, `${done} of ${total} classes at ${resources} resources`)
      })
      grown.push({ resources, measured })
    }
    return grown
  } finally {
    await engine.close()
    await cluster.stop()
  }
}

/** How many rows each type has that is filled. */
export async function countsOf({
  query,
}: Awaited<ReturnType<typeof openEngine>>['store']): Promise<Map<string, number>> {
  const types = ['Patient', 'Practitioner', 'Encounter', 'Observation', 'Condition', 'DocumentReference', 'CareTeam']
  const counts = types.map((type) => `select '${type}' as type, count(*) as n from ${type.toLowerCase()}`)
  const rows = await query<{ type: string; n: bigint }>(counts.join(' union all '))
  return new Map(rows.map(({ type, n }) => [type, Number(n)]))
}

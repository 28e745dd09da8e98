import type { Progress } from '../../src/commands/progress.ts'
import type { Cluster } from './cluster.ts'
import { closedLoop } from './closed-loop.ts'
import type { Loop, Work } from './closed-loop.ts'
import { openConnection } from './connection.ts'
import type { Limits } from './limits-process.ts'
import { operations } from './operations.ts'
import type { BenchOptions } from './options.ts'
import { cpuTime, residentMemory } from './processes.ts'
import { createRandom } from './random.ts'
import type { Measured } from './ratio-table.ts'
import type { People } from './run-bench.ts'
import { small } from './seed.ts'
import type { Seeded } from './seed.ts'
import type { ServerProcess } from './server-process.ts'
import { targets } from './targets.ts'
import type { LimitName, OperationName } from './targets.ts'

export interface Measurements {
  readonly operations: ReadonlyMap<OperationName, readonly Measured[]>
  readonly limits: ReadonlyMap<LimitName, readonly Measured[]>
  readonly firstErrors: ReadonlyMap<string, string>
  /** RSS of the server in MB. */
  readonly peakMemory: number
  readonly complete: boolean
}

export interface Parts {
  readonly cluster: Cluster
  readonly limits: Limits
  readonly server: ServerProcess
  readonly people: People
  readonly seeded: Seeded
}

/** What changes data or moves much of it comes last in each repeat. */
const heavy: readonly string[] = [
  'create',
  'update',
  'document create, 100 kB',
  'transaction of 100',
  'Binary 20 MB down',
]

/** Everything in turn, `repeats` times over, so that a noisy minute spoils one repeat and not one operation. */
export async function measure(
  parts: Parts,
  options: BenchOptions,
  progress: Progress,
  until: number,
  signal: AbortSignal,
): Promise<Measurements> {
  const names = chosen(options.only)
  const limitNames = [...new Set(names.map((name) => targets[name].limit))]
  const cells = [...limitNames, ...names].flatMap((name) =>
    options.concurrency.map((concurrency) => ({ name, concurrency })),
  )
  const samples = new Map<string, Measured[]>()
  const firstErrors = new Map<string, string>()
  let peakMemory = 0
  let complete = true
  let done = 0
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const { name, concurrency } of cells) {
      signal.throwIfAborted()
      if (Date.now() > until) {
        complete = false
        continue
      }
      progress.show(done++, cells.length * options.repeats, `${name}, ${concurrency} at once`)
      const key = `${name}/${concurrency}`
      const { measured, firstError, memory } = await cell(parts, name, {
        concurrency,
        seconds: options.seconds,
        seed: repeat * 1000 + 1,
      })
      samples.set(key, [...(samples.get(key) ?? []), measured])
      if (firstError) firstErrors.set(name, firstErrors.get(name) ?? firstError)
      peakMemory = Math.max(peakMemory, memory)
    }
  }
  const collect = <Name extends string>(list: readonly Name[]) =>
    new Map(
      list.map(
        (name) => [name, options.concurrency.flatMap((c) => medians(samples.get(`${name}/${c}`) ?? []))] as const,
      ),
    )
  return { operations: collect(names), limits: collect(limitNames), firstErrors, peakMemory, complete }
}

function chosen(only: RegExp | undefined): OperationName[] {
  const names = (Object.keys(targets) as OperationName[]).filter((name) => !only || only.test(name))
  return [...names.filter((name) => !heavy.includes(name)), ...names.filter((name) => heavy.includes(name))]
}

async function cell(
  parts: Parts,
  name: OperationName | LimitName,
  options: { concurrency: number; seconds: number; seed: number },
): Promise<{ measured: Measured; firstError?: string; memory: number }> {
  const used = { server: 0, postgres: 0 }
  let memory = 0
  const pids = { server: isOperation(name) ? parts.server.pid : parts.limits.pid, postgres: parts.cluster.pid }
  const around = {
    started() {
      used.server = cpuTime(pids.server)
      used.postgres = cpuTime(pids.postgres)
    },
    ended() {
      used.server = cpuTime(pids.server) - used.server
      used.postgres = cpuTime(pids.postgres) - used.postgres
      memory = residentMemory(parts.server.pid)
    },
  }
  const loop = await run(parts, name, options, around)
  const { rate, p50, p95, errors, count, firstError } = loop
  const measured = {
    concurrency: options.concurrency,
    rate,
    p50,
    p95,
    errors,
    serverCpu: used.server / count,
    postgresCpu: used.postgres / count,
  }
  return { measured, firstError, memory }
}

async function run(
  { limits, server, people, seeded }: Parts,
  name: OperationName | LimitName,
  options: { concurrency: number; seconds: number; seed: number },
  around: { started(): void; ended(): void },
): Promise<Loop> {
  if (name === 'pg-insert') return limits.measureInsert(options)
  const origin = isOperation(name) ? server.origin : limits.origin
  const reader = openConnection(
    origin,
    options.concurrency,
    isOperation(name) ? await people.doctor.token() : undefined,
  )
  const writer = openConnection(
    origin,
    options.concurrency,
    isOperation(name) ? await people.administrator.token() : undefined,
  )
  const work: Work = isOperation(name)
    ? operations({ reader, writer }, seeded, people.doctor.fhirUser)[name]
    : limitWork(name, reader, limits.rows)
  try {
    return await closedLoop(work, options, around)
  } finally {
    await Promise.all([reader.close(), writer.close()])
  }
}

function limitWork(name: LimitName, connection: ReturnType<typeof openConnection>, rows: number): Work {
  const file = createRandom(99).bytes(small)
  if (name === 'koa-select') return (random) => connection.send('GET', `/select/${random.int(rows)}`)
  if (name === 'koa-upload') return () => connection.send('POST', '/upload', file, 'application/pdf')
  return () => connection.send('GET', `/file/${name.slice('koa-file-'.length)}`)
}

function isOperation(name: string): name is OperationName {
  return name in targets
}

/** Of each number its own middle; errors are added up. */
function medians(samples: readonly Measured[]): Measured[] {
  const [first] = samples
  if (!first) return []
  const middle = (of: (sample: Measured) => number) => {
    const sorted = samples.map(of).sort((a, b) => a - b)
    const half = sorted.length >> 1
    return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
  }
  return [
    {
      concurrency: first.concurrency,
      rate: middle(({ rate }) => rate),
      p50: middle(({ p50 }) => p50),
      p95: middle(({ p95 }) => p95),
      errors: samples.reduce((sum, { errors }) => sum + errors, 0),
      serverCpu: middle(({ serverCpu }) => serverCpu),
      postgresCpu: middle(({ postgresCpu }) => postgresCpu),
    },
  ]
}

import type { Progress } from '../../src/commands/progress.ts'
import type { Cluster } from './cluster.ts'
import { closedLoop } from './closed-loop.ts'
import type { Around, Loop, Work } from './closed-loop.ts'
import { openConnection } from './connection.ts'
import type { Limits } from './limits-process.ts'
import { operations } from './operations.ts'
import type { BenchOptions } from './options.ts'
import { cpuTime, machineTime, residentMemory } from './processes.ts'
import { createRandom } from './random.ts'
import { undisturbed } from './undisturbed.ts'
import type { Measured } from './ratio-table.ts'
import type { People } from './run-bench.ts'
import { small } from './seed.ts'
import type { Seeded } from './seed.ts'
import type { ServerProcess } from './server-process.ts'
import { targets } from './targets.ts'
import type { LimitName, OperationName, Target } from './targets.ts'

export interface Measurements {
  readonly operations: ReadonlyMap<OperationName, readonly Measured[]>
  readonly firstErrors: ReadonlyMap<string, string>
  /** RSS of the server in MB. */
  readonly peakMemory: number
  readonly complete: boolean
  /** Measurements that the machine's host disturbed each time they were tried. */
  readonly disturbed: number
}

export interface Parts {
  readonly cluster: Cluster
  readonly limits: Limits
  readonly server: ServerProcess
  readonly people: People
  readonly seeded: Seeded
}

/**
 * Everything in turn, `repeats` times over, so that a noisy minute spoils one repeat and not one operation; each limit just
 * before and just after the operations that are measured against it.
 */
export async function measure(
  parts: Parts,
  options: BenchOptions,
  progress: Progress,
  until: number,
  signal: AbortSignal,
): Promise<Measurements> {
  const groups = groupsOf(options)
  const everything = [...new Set(groups.flatMap(({ limit, names }) => [limit, ...names]))]
  const total = everything.length + options.repeats * groups.reduce((sum, { names }) => sum + 2 + names.length, 0)
  const samples = new Map<OperationName, Measured[]>()
  const firstErrors = new Map<string, string>()
  let peakMemory = 0
  let done = 0
  let disturbed = 0

  async function one(name: OperationName | LimitName, concurrency: number, seed: number) {
    const { seconds } = options
    signal.throwIfAborted()
    progress.show(done++, total, `${name}, ${concurrency} at once`)
    const tried = await undisturbed((nth) => cell(parts, name, { concurrency, seconds, seed: seed + nth }), {
      until,
      retry: (stolen) =>
        progress.show(
          done,
          total,
          `${name}, ${concurrency} at once, again: the host took ${Math.round(100 * stolen)} %`,
        ),
    })
    for (const { firstError, memory } of tried.all) {
      if (firstError) firstErrors.set(name, firstErrors.get(name) ?? firstError)
      peakMemory = Math.max(peakMemory, memory)
    }
    if (tried.isDisturbed) disturbed++
    return { ...tried.best.measured, errors: tried.all.reduce((sum, { measured }) => sum + measured.errors, 0) }
  }

  for (const name of everything) {
    if (Date.now() > until) break
    signal.throwIfAborted()
    progress.show(done++, total, `${name}, warming up`)
    await run(parts, name, { concurrency: 8, seconds: warmUp * options.seconds, seed: 77 })
  }
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const { limit, concurrency, names } of groups) {
      if (Date.now() > until) break
      const before = await one(limit, concurrency, repeat)
      const ours = new Map<OperationName, Cell['measured']>()
      for (const name of names) ours.set(name, await one(name, concurrency, 1000 * repeat + 1))
      const after = await one(limit, concurrency, repeat + 500)
      const rate = (before.rate + after.rate) / 2
      for (const [name, measured] of ours) {
        const target: Target = targets[name]
        const ratio = ((target.resources ?? 1) * measured.rate) / rate
        samples.set(name, [...(samples.get(name) ?? []), { ...measured, limit: rate, ratio }])
      }
    }
  }
  return {
    operations: mediansOf(samples, options.concurrency),
    firstErrors,
    peakMemory,
    complete: done === total,
    disturbed,
  }
}

/** Code that has just started is compiled while it runs, for thousands of calls: limits and operations alike are measured after that. */
const warmUp = 6

interface Group {
  readonly limit: LimitName
  readonly concurrency: number
  readonly names: readonly OperationName[]
}

/** A limit is measured again after so many operations: the load of a machine changes by the second. */
const together = 3

/** In the order of the targets: what writes comes last. */
function groupsOf({ only, concurrency }: BenchOptions): Group[] {
  const names = (Object.keys(targets) as OperationName[]).filter((name) => !only || only.test(name))
  const limits = [...new Set(names.map((name) => targets[name].limit))]
  return limits.flatMap((limit) => {
    const measured = names.filter((name) => targets[name].limit === limit)
    return concurrency.flatMap((c) =>
      Array.from({ length: Math.ceil(measured.length / together) }, (_, n) => ({
        limit,
        concurrency: c,
        names: measured.slice(n * together, (n + 1) * together),
      })),
    )
  })
}

interface Cell {
  readonly measured: Omit<Measured, 'limit' | 'ratio'>
  readonly firstError?: string
  readonly memory: number
  readonly stolen: number
}

async function cell(
  parts: Parts,
  name: OperationName | LimitName,
  options: { concurrency: number; seconds: number; seed: number },
): Promise<Cell> {
  const used = { server: 0, postgres: 0 }
  const machine = { all: 0, stolen: 0 }
  let memory = 0
  const pids = { server: isOperation(name) ? parts.server.pid : parts.limits.pid, postgres: parts.cluster.pid }
  const around = {
    started() {
      Object.assign(machine, machineTime())
      used.server = cpuTime(pids.server)
      used.postgres = cpuTime(pids.postgres)
    },
    ended() {
      used.server = cpuTime(pids.server) - used.server
      used.postgres = cpuTime(pids.postgres) - used.postgres
      memory = residentMemory(parts.server.pid)
      const { all, stolen } = machineTime()
      machine.stolen = (stolen - machine.stolen) / Math.max(1, all - machine.all)
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
  return { measured, firstError, memory, stolen: machine.stolen }
}

async function run(
  { limits, server, people, seeded }: Parts,
  name: OperationName | LimitName,
  options: { concurrency: number; seconds: number; seed: number },
  around?: Around,
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

function mediansOf(
  samples: ReadonlyMap<OperationName, readonly Measured[]>,
  concurrency: readonly number[],
): Map<OperationName, Measured[]> {
  return new Map(
    [...samples].map(([name, all]) => [
      name,
      concurrency.flatMap((c) => medians(all.filter((sample) => sample.concurrency === c))),
    ]),
  )
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
      limit: middle(({ limit }) => limit),
      ratio: middle(({ ratio }) => ratio),
      p50: middle(({ p50 }) => p50),
      p95: middle(({ p95 }) => p95),
      errors: samples.reduce((sum, { errors }) => sum + errors, 0),
      serverCpu: middle(({ serverCpu }) => serverCpu),
      postgresCpu: middle(({ postgresCpu }) => postgresCpu),
    },
  ]
}

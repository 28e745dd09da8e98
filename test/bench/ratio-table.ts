import { targets } from './targets.ts'
import { table } from './text-table.ts'
import type { OperationName, Target } from './targets.ts'

/** One operation at one concurrency: the middle of its repeats. */
export interface Measured {
  readonly concurrency: number
  readonly rate: number
  /** What the limit reached a moment before and after. */
  readonly limit: number
  /** Of the repeat itself, so that a machine whose load changes changes both sides of it. */
  readonly ratio: number
  readonly p50: number
  readonly p95: number
  readonly errors: number
  /** CPU time for one request, in ms. */
  readonly serverCpu: number
  readonly postgresCpu: number
}

export interface Row extends Measured {
  readonly operation: OperationName
  readonly verdict: string
}

export function rowsOf(measured: ReadonlyMap<OperationName, readonly Measured[]>): Row[] {
  return [...measured].flatMap(([operation, cells]) =>
    cells.map((cell) => ({ ...cell, operation, verdict: verdictOf(targets[operation], cell) })),
  )
}

function verdictOf(target: Target, { concurrency, errors, ratio }: Measured): string {
  if (errors > 0) return `${errors} ERRORS`
  const peer = peerRatio(target, concurrency)
  if (peer !== undefined && ratio < peer) return 'BELOW MEDPLUM'
  const { ratio: wanted } = target
  if (!wanted || concurrency < wanted.from) return peer === undefined ? '' : 'above Medplum'
  return ratio >= wanted.atLeast ? 'target met' : `${Math.round((100 * ratio) / wanted.atLeast)} % of target`
}

/** Medplum was measured at 1, 8 and 32; what lies between counts as the next lower one. */
function peerRatio({ medplum }: Target, concurrency: number): number | undefined {
  return medplum?.[concurrency >= 32 ? 2 : concurrency >= 8 ? 1 : 0]
}

/** Two digits that count: 0.16, 0.038. */
function share(ratio: number): string {
  return ratio.toFixed(ratio < 0.1 ? 3 : 2)
}

export function ratioTable(rows: readonly Row[]): string {
  const lines = rows.map(({ operation, concurrency, rate, limit, ratio, verdict }) => {
    const target: Target = targets[operation]
    const wanted = target.ratio && concurrency >= target.ratio.from ? `≥ ${target.ratio.atLeast}` : ''
    const peer = peerRatio(target, concurrency)
    const name = `${operation}${target.resources ? ' (resources/s)' : ''}`
    const cells = [
      name,
      concurrency,
      text((target.resources ?? 1) * rate),
      `${target.limit} ${text(limit)}`,
      share(ratio),
    ]
    return [...cells, wanted, peer === undefined ? '' : share(peer), verdict]
  })
  return table(['operation', 'c', 'ours/s', 'limit/s', 'ratio', 'target', 'Medplum', 'verdict'], lines)
}

/** How many rows stand where. */
export function summary(rows: readonly Row[]): string {
  const count = (pattern: RegExp) => rows.filter(({ verdict }) => pattern.test(verdict)).length
  const met = count(/^target met/)
  return `${met} of ${met + count(/% of target/)} targets met, ${count(/^BELOW/)} below Medplum, ${count(/ERRORS$/)} with errors.`
}

export function costTable(rows: readonly Row[], roundTrips: ReadonlyMap<OperationName, number>): string {
  const names = [...new Set(rows.map(({ operation }) => operation))]
  const lines = names.map((name) => {
    const of = rows.filter(({ operation }) => operation === name)
    // At 8 callers, as the targets are written; or at what was measured.
    const row = of.find(({ concurrency }) => concurrency === 8) ?? of[0]!
    const target: Target = targets[name]
    const trips = roundTrips.get(name)
    const cells = [name, row.concurrency, row.p50.toFixed(1), row.p95.toFixed(1), row.serverCpu.toFixed(2)]
    const wanted = target.cpu === undefined ? '' : `≤ ${target.cpu}`
    const tripsWanted = target.roundTrips === undefined ? '' : `≤ ${target.roundTrips}`
    return [...cells, wanted, row.postgresCpu.toFixed(2), trips === undefined ? '' : trips.toFixed(1), tripsWanted]
  })
  const head = [
    'operation',
    'c',
    'p50 ms',
    'p95 ms',
    'server CPU ms',
    'target',
    'Postgres CPU ms',
    'round trips',
    'target',
  ]
  return table(head, lines)
}

function text(rate: number): string {
  return rate >= 100 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1)
}

import { busyDoctor } from '../growth/fill.ts'
import { table } from '../text-table.ts'
import type { Measured } from './run-access.ts'
import type { Spent } from './measure-access.ts'

/** What access control may add to one search, in ms of database time: where few rows are meant, and where a whole type is. */
export const most = { selective: 1, typeWide: 10 } as const
/** A plan that looks at more of a type’s rows than this walks its index from end to end. */
const wholeIndex = 0.5

export interface AccessRow {
  readonly name: string
  readonly limit: number
  /** Of each size in turn: what the administrator’s search costs, and what the doctor’s costs more. */
  readonly points: readonly { readonly alone: number; readonly more: number }[]
  readonly fails: boolean
  readonly verdict: string
}

export function accessRows(measured: readonly Measured[]): AccessRow[] {
  const largest = measured.at(-1)!
  return largest.spent
    .filter(({ caller }) => caller === 'doctor')
    .map(({ name, type, typeWide, lookedAt }) => {
      const points = measured.map(({ spent }) => {
        const of = (caller: Spent['caller']) => spent.find((one) => one.name === name && one.caller === caller)!.cpu
        return { alone: of('administrator'), more: of('doctor') - of('administrator') }
      })
      const limit = typeWide ? most.typeWide : most.selective
      const rows = largest.rowsOf.get(type) ?? Number.POSITIVE_INFINITY
      const wrongs = [
        ...(points.some(({ more }) => more > limit) ? [`above ${limit} ms`] : []),
        ...(lookedAt > wholeIndex * rows ? ['walks a whole index'] : []),
      ]
      return { name, limit, points, fails: wrongs.length > 0, verdict: wrongs.join(', ').toUpperCase() || 'ok' }
    })
}

export function accessTable(measured: readonly Measured[]): string {
  const sizes = measured.map(({ resources }) => resources.toLocaleString('en'))
  const head = ['search', ...sizes.flatMap((size) => [`at ${size}, ms`, 'access, ms']), 'at most', '']
  const lines = accessRows(measured).map(({ name, limit, points, verdict }) => [
    name,
    ...points.flatMap(({ alone, more }) => [alone.toFixed(2), `${more < 0 ? '' : '+'}${more.toFixed(2)}`]),
    limit,
    verdict,
  ])
  const { treats, grants } = busyDoctor
  return [
    `CPU time of Postgres for a search by an administrator, and what a doctor with ${treats} patients and ${grants} grants adds`,
    table(head, lines),
  ].join('\n\n')
}

export function accessSummary(measured: readonly Measured[]): string {
  const rows = accessRows(measured)
  const failed = rows.filter(({ fails }) => fails).length
  return `${rows.length - failed} of ${rows.length} searches within the limits`
}

import type { Issue } from '../../fhir/error.ts'

/** One thing that was not loaded, and every reason the server gave. */
export interface Failure {
  readonly file: string
  /** `entry[3]`, `line 12`; empty when the file is the resource. */
  readonly place: string
  readonly type: string
  readonly issues: readonly Issue[]
}

export type Result = 'created' | 'updated' | 'present'

/** Counts per type over a whole import. */
export interface Tally {
  add(type: string, result: Result): void
  readonly loaded: number
  /** The table for the end of an import. */
  lines(): string[]
}

export function createTally(): Tally {
  const counts = new Map<string, Record<Result, number>>()
  let loaded = 0
  return {
    add(type, result) {
      const row = counts.get(type) ?? { created: 0, updated: 0, present: 0 }
      row[result]++
      counts.set(type, row)
      loaded++
    },
    get loaded() {
      return loaded
    },
    lines() {
      const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
      const width = Math.max(4, ...rows.map(([type]) => type.length))
      const line = (cells: readonly (string | number)[]) =>
        cells.map((cell, n) => (n === 0 ? String(cell).padEnd(width) : String(cell).padStart(9))).join(' ')
      return [
        line(['', 'created', 'updated', 'present']),
        ...rows.map(([type, row]) => line([type, row.created, row.updated, row.present])),
      ]
    },
  }
}

/** `patients.ndjson, line 12, Patient: Patient.gender: "x" is not a code of …`, one line for each issue. */
export function failureLines({ file, place, type, issues }: Failure): string[] {
  const where = [file, place, type === 'unknown' ? '' : type].filter(Boolean).join(', ')
  return issues.map(({ expression, diagnostics, details, code }) =>
    [where, expression?.join(', '), diagnostics ?? details?.text ?? code].filter(Boolean).join(': '),
  )
}

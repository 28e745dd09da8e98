import { dateColumnOf, openEnd, openStart } from '../date-column.ts'
import type { IndexValues } from '../index-values.ts'
import type { Key, Rid } from '../keys.ts'
import type { IndexBuilder } from '../types/search-type.ts'

export function createIndexBuilder(pat: Rid | null): IndexBuilder & { done(labels: number): IndexValues } {
  const keys = new Set<Key>()
  const fkeys = new Set<Key>()
  const akeys = new Set<Key>()
  const dates: Record<string, [number, number]> = {}
  const strings = new Map<string, readonly [Key, string]>()
  const numbers = new Map<string, readonly [Key, number, number]>()
  const periods = new Map<string, readonly [Key, number, number]>()

  return {
    pat,
    key(field, key, filter = false) {
      if (filter) fkeys.add(key)
      else keys.add(key)
      if (field.judged) akeys.add(key)
    },
    present: ({ keys: { present } }) => void fkeys.add(present),
    string: (key, value) => void strings.set(`${key}|${value}`, [key, value]),
    number: (key, lo, hi) => void numbers.set(`${key}|${lo}|${hi}`, [key, lo, hi]),
    period({ parameter, keys: { side } }, start, end) {
      const [lo, hi] = [Math.max(start, openStart), Math.min(end, openEnd)]
      const column = dateColumnOf(parameter.code)
      const known = dates[column]
      dates[column] = known ? [Math.min(known[0], lo), Math.max(known[1], hi)] : [lo, hi]
      if (parameter.repeats) periods.set(`${side}|${lo}|${hi}`, [side, lo, hi])
    },
    done: (labels) => ({
      pat,
      keys: sorted(keys),
      fkeys: sorted(fkeys).filter((key) => !keys.has(key)),
      akeys: sorted(akeys),
      labels,
      dates,
      strings: [...strings.values()],
      numbers: [...numbers.values()],
      periods: [...periods.values()],
    }),
  }
}

function sorted(keys: ReadonlySet<Key>): Key[] {
  return [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

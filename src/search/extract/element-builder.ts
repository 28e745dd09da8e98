import { openEnd, openStart, wallClockKey } from '../date-column.ts'
import type { ElementValues } from '../index-values.ts'
import type { Key } from '../keys.ts'
import type { IndexBuilder } from '../types/search-type.ts'

const minute = 60_000

/** The small index of one element: all keys in one list, periods among the numbers, twice where a zone makes a difference. */
export function createElementBuilder(kind: Key, unit: IndexBuilder['unit']): IndexBuilder & { done(): ElementValues } {
  const keys = new Set<Key>()
  const strings = new Map<string, readonly [Key, string]>()
  const numbers = new Map<string, readonly [Key, number, number]>()
  const number = (key: Key, lo: number, hi: number) => void numbers.set(`${key}|${lo}|${hi}`, [key, lo, hi])

  const builder: IndexBuilder = {
    pat: null,
    key: (_, key) => void keys.add(key),
    filter: (key) => void keys.add(key),
    present: (field) => void keys.add(field.keys.present),
    string: (key, value) => void strings.set(`${key}|${value}`, [key, value]),
    number,
    period({ keys: { side } }, [start, end, startZone, endZone]) {
      const [lo, hi] = [Math.max(start, openStart), Math.min(end, openEnd)]
      number(side, lo, hi)
      number(wallClockKey(side), lo + (startZone ?? 0) * minute, hi + (endZone ?? 0) * minute)
    },
    unit,
    text: () => undefined,
    words: () => undefined,
    element: () => builder,
  }

  return {
    ...builder,
    done: () => ({ key: kind, keys: [...keys], numbers: [...numbers.values()], strings: [...strings.values()] }),
  }
}

import { FhirError } from '../../fhir/error.ts'
import { dateColumnOf, hasDateColumn, openEnd, openStart } from '../date-column.ts'
import { type Held, orderedPeriods } from '../in-order.ts'
import type { IndexValues, Period } from '../index-values.ts'
import type { Key, Rid } from '../keys.ts'
import type { IndexBuilder } from '../types/search-type.ts'
import { createElementBuilder } from './element-builder.ts'

/** Each value is hashed and becomes a part of a row: beyond this a single resource would hold up everybody else. */
const mostValues = 200_000
/** Half a millisecond each. */
const mostUnits = 500

/** `isNew`: to be stored, and not yet accepted; what is stored already is indexed whatever it holds. */
export function createIndexBuilder(
  pat: Rid | null,
  isNew = false,
): IndexBuilder & { done(labels: number): IndexValues } {
  const keys = new Set<Key>()
  const fkeys = new Set<Key>()
  const akeys = new Set<Key>()
  const dates: Record<string, Period> = {}
  const strings = new Map<string, readonly [Key, string]>()
  const numbers = new Map<string, readonly [Key, number, number]>()
  const periods = new Map<string, readonly [Key, ...Period]>()
  const ordered: Held[] = []
  const texts = new Map<Key, string>()
  const words = new Map<Key, string>()
  const units = new Set<string>()
  const elements = new Map<string, Map<object, ReturnType<typeof createElementBuilder>>>()

  function refuseTooMany(): void {
    if (keys.size + fkeys.size + strings.size + numbers.size + periods.size < mostValues) return
    const text = `The resource holds more than ${mostValues} values that a search could look for: send it in parts.`
    throw new FhirError('tooLarge', text)
  }

  function unit(code: string): void {
    units.add(code)
    if (!isNew || units.size <= mostUnits) return
    throw new FhirError('tooLarge', `The resource holds more than ${mostUnits} units of measure: send it in parts.`)
  }

  return {
    pat,
    unit,
    key(field, key, filter = false) {
      refuseTooMany()
      if (filter) fkeys.add(key)
      else keys.add(key)
      if (field.judged) akeys.add(key)
      if (field.inOrder) ordered.push([key, field.inOrder])
    },
    filter(key) {
      refuseTooMany()
      fkeys.add(key)
    },
    present: ({ keys: { present } }) => void fkeys.add(present),
    string(key, value) {
      refuseTooMany()
      strings.set(`${key}|${value}`, [key, value])
    },
    number(key, lo, hi) {
      refuseTooMany()
      numbers.set(`${key}|${lo}|${hi}`, [key, lo, hi])
    },
    period({ parameter, keys: { side } }, given) {
      refuseTooMany()
      const period = within(given)
      const inColumn = hasDateColumn(parameter)
      if (inColumn) {
        const column = dateColumnOf(parameter.code)
        dates[column] = widest(dates[column], period)
      }
      if (parameter.repeats || !inColumn) periods.set(`${side}|${period.join('|')}`, [side, ...period])
    },
    text: (entry, text) => void texts.set(entry, text),
    words: (key, vector) => void words.set(key, vector),
    element(kind, element) {
      const ofKind = elements.get(String(kind)) ?? new Map<object, ReturnType<typeof createElementBuilder>>()
      elements.set(String(kind), ofKind)
      const builder = ofKind.get(element) ?? createElementBuilder(kind, unit)
      ofKind.set(element, builder)
      return builder
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
      periods: [...periods.values(), ...orderedPeriods(ordered, dates)],
      elements: [...elements.values()].flatMap((ofKind) => [...ofKind.values()].map((builder) => builder.done())),
      texts: [...texts],
      words: [...words],
    }),
  }
}

/** Open ends as the columns hold them. */
function within([start, end, startZone, endZone]: Period): Period {
  const [lo, hi] = [Math.max(start, openStart), Math.min(end, openEnd)]
  return startZone || endZone ? [lo, hi, startZone || null, endZone || null] : [lo, hi]
}

/** The earliest start and the latest end, each with its zone. */
function widest(known: Period | undefined, other: Period): Period {
  if (!known) return other
  const [lo, , loZone] = other[0] < known[0] ? other : known
  const [, hi, , hiZone] = other[1] > known[1] ? other : known
  return loZone || hiZone ? [lo, hi, loZone, hiZone] : [lo, hi]
}

function sorted(keys: ReadonlySet<Key>): Key[] {
  return Array.from(BigInt64Array.from(keys).sort())
}

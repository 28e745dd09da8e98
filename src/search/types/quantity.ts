/** A number with a unit: `[prefix][number]|[system]|[code]`. https://hl7.org/fhir/R4/search.html#quantity */
import { FhirError } from '../../fhir/error.ts'
import type { Field } from '../field.ts'
import type { Key } from '../keys.ts'
import { type AskedNumber, askedNumber, numberClause } from './decimal.ts'
import { split, unescape } from './escapes.ts'
import { rangeOf } from './range.ts'
import type { SearchType } from './search-type.ts'
import { toUcumBase, type UcumBase } from '../../definitions/ucum.ts'

const ucum = 'http://unitsofmeasure.org'
const currencies = 'urn:iso:std:iso:4217'

export const quantity: SearchType = {
  modifiers: () => [],
  /** 2: in base units, where there are some. */
  revision: 2,

  extract(field, values, index) {
    for (const { type, value } of values) {
      const range = rangeOf(type, value)
      if (!range) continue
      const unit = unitOf(type, value as Record<string, unknown>)
      if (unit.system === ucum && unit.code !== undefined) index.unit(unit.code)
      for (const key of keysOf(field, unit)) index.number(key, ...range)
      const base = unit.system === ucum && unit.code !== undefined ? toUcumBase(unit.code) : undefined
      if (base) index.number(baseKey(field, base), base.convert(range[0]), base.convert(range[1]))
    }
  },

  match(field, value) {
    const { code: name } = field.parameter
    const [number = '', system = '', code = '', ...others] = split(value, '|').map(unescape)
    if (others.length > 0)
      throw new FhirError('invalidQuery', `"${value}" is no quantity for ${name}: number|system|code`)
    const asked = askedNumber(number, name)
    const base = system === ucum ? toUcumBase(code) : undefined
    if (base) return numberClause(baseKey(field, base), inBase(asked, base))
    if (code !== '') return numberClause(system === '' ? unitKey(field, code) : systemKey(field, system, code), asked)
    if (system === ucum) throw new FhirError('invalidQuery', `"${value}": a UCUM quantity is searched with its unit`)
    return numberClause(system === '' ? field.keys.side : systemKey(field, system, ''), asked)
  },
}

/**
 * "The search processor may choose to perform a search based on canonical units": what is asked for in mg is found in g.
 *
 * A number in base units takes the place of the one by system and code, for every unit that can be converted.
 */
function inBase({ prefix, value, lo, hi, around }: AskedNumber, { convert }: UcumBase): AskedNumber {
  const [low, high] = around
  return { prefix, value: convert(value), lo: convert(lo), hi: convert(hi), around: [convert(low), convert(high)] }
}

/** One key for each way to ask: without a unit, by "either the code or the stated human unit", by system and code. */
function keysOf(field: Field, { system, code, unit }: Unit): Set<Key> {
  const keys = new Set([field.keys.side])
  for (const name of [code, unit]) if (name !== undefined) keys.add(unitKey(field, name))
  const isBased = system === ucum && code !== undefined && toUcumBase(code) !== undefined
  if (system !== undefined && code !== undefined && !isBased) keys.add(systemKey(field, system, code))
  // Numbers of different UCUM units say nothing together, and nearly every quantity is one: no key for that question.
  if (system !== undefined && system !== ucum) keys.add(systemKey(field, system, ''))
  return keys
}

function unitKey({ keys }: Field, code: string): Key {
  return keys.sideOf('unit', code)
}

function systemKey({ keys }: Field, system: string, code: string): Key {
  return keys.sideOf('system', system, code)
}

function baseKey({ keys }: Field, { dimension }: UcumBase): Key {
  return keys.sideOf('ucum', dimension)
}

interface Unit {
  system?: string
  code?: string
  unit?: string
}

function unitOf(type: string, value: Record<string, unknown>): Unit {
  if (type === 'Money') return { system: currencies, code: value['currency'] as string }
  if (type === 'Range') return (value['low'] ?? value['high'] ?? {}) as Unit
  return value as Unit
}

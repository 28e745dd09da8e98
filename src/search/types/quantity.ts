/** A number with a unit: `[prefix][number]|[system]|[code]`. https://hl7.org/fhir/R4/search.html#quantity */
import { FhirError } from '../../fhir/error.ts'
import type { Field } from '../field.ts'
import type { Key } from '../keys.ts'
import { askedNumber, numberClause } from './decimal.ts'
import { split, unescape } from './escapes.ts'
import { rangeOf } from './range.ts'
import type { SearchType } from './search-type.ts'

const ucum = 'http://unitsofmeasure.org'
const currencies = 'urn:iso:std:iso:4217'

export const quantity: SearchType = {
  modifiers: () => [],

  extract(field, values, index) {
    for (const { type, value } of values) {
      const range = rangeOf(type, value)
      if (!range) continue
      for (const key of keysOf(field, type, value as Record<string, unknown>)) index.number(key, ...range)
    }
  },

  match(field, value) {
    const { code: name } = field.parameter
    const [number = '', system = '', code = '', ...others] = split(value, '|').map(unescape)
    if (others.length > 0)
      throw new FhirError('invalidQuery', `"${value}" is no quantity for ${name}: number|system|code`)
    const asked = askedNumber(number, name)
    if (code !== '') return numberClause(system === '' ? unitKey(field, code) : systemKey(field, system, code), asked)
    if (system === ucum) throw new FhirError('invalidQuery', `"${value}": a UCUM quantity is searched with its unit`)
    return numberClause(system === '' ? field.keys.side : systemKey(field, system, ''), asked)
  },
}

/** One key for each way to ask: without a unit, by "either the code or the stated human unit", by system and code. */
function keysOf(field: Field, type: string, value: Record<string, unknown>): Set<Key> {
  const { system, code, unit } = unitOf(type, value)
  const keys = new Set([field.keys.side])
  for (const name of [code, unit]) if (name !== undefined) keys.add(unitKey(field, name))
  if (system !== undefined && code !== undefined) keys.add(systemKey(field, system, code))
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

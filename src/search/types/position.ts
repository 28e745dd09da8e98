/**
 * `near=[latitude]|[longitude]|[distance]|[units]`, the one special parameter of R4 with values of its own.
 *
 * https://hl7.org/fhir/R4/location.html#positional
 */
import { FhirError } from '../../fhir/error.ts'
import { numberOf } from '../../fhir/json.ts'
import type { PositionKeys } from '../clause.ts'
import type { Field } from '../field.ts'
import { split, unescape } from './escapes.ts'
import type { SearchType } from './search-type.ts'
import { toUcumBase } from '../../definitions/ucum.ts'

/** "If the distance is omitted, then the server can use its own discretion as to what distances should be considered near". */
const nearby = 50_000

export const position: SearchType = {
  modifiers: () => [],

  extract(field, values, index) {
    const keys = keysOf(field)
    for (const { value } of values) {
      const { latitude, longitude } = value as { latitude?: unknown; longitude?: unknown }
      const [north, east] = [numberOf(latitude), numberOf(longitude)]
      if (north === undefined || east === undefined) continue
      index.number(keys.latitude, north, north)
      index.number(keys.longitude, east, east)
    }
  },

  match(field, value) {
    const [latitude, longitude, distance = '', unit = '', ...others] = split(value, '|').map(unescape)
    const [north, east] = [degrees(latitude, 90), degrees(longitude, 180)]
    if (north === undefined || east === undefined || others.length > 0) throw refused(field, value)
    const metres = distance === '' ? nearby : metresOf(distance, unit === '' ? 'km' : unit)
    if (metres === undefined) throw refused(field, value)
    return { op: 'near', keys: keysOf(field), latitude: north, longitude: east, metres }
  },
}

function keysOf({ keys }: Field): PositionKeys {
  return { latitude: keys.sideOf('latitude'), longitude: keys.sideOf('longitude') }
}

function refused({ parameter }: Field, value: string): FhirError {
  const form = 'latitude|longitude|distance|unit of length, e.g. 52.5|13.4|10|km'
  return new FhirError('invalidQuery', `"${value}" is no position for ${parameter.code}: ${form}`)
}

const decimal = /^-?\d{1,10}(?:\.\d{1,30})?$/

function degrees(text: string | undefined, most: number): number | undefined {
  const value = text !== undefined && decimal.test(text) ? Number(text) : NaN
  return Math.abs(value) <= most ? value : undefined
}

function metresOf(distance: string, unit: string): number | undefined {
  const metre = toUcumBase(unit)
  const value = decimal.test(distance) ? Number(distance) : -1
  return metre?.dimension !== 'm1' || value < 0 ? undefined : metre.convert(value)
}

import { createRequire } from 'node:module'

/** A unit of measure as one of base units. https://ucum.org/ucum */
export interface UcumBase {
  /** The base units and their exponents, e.g. `g1m-3`: numbers of the same dimension compare. */
  readonly dimension: string
  convert(value: number): number
}

interface Library {
  UcumLhcUtils: {
    getInstance(): { convertToBaseUnits(unit: string, value: number): Conversion }
  }
}

interface Conversion {
  readonly status: 'succeeded' | 'invalid' | 'failed' | 'error'
  readonly magnitude?: number
  readonly unitToExp?: Readonly<Record<string, number>>
  readonly fromUnitIsSpecial?: boolean
}

const cacheLimit = 1_000
const cache = new Map<string, UcumBase | undefined>()
let convert: ((unit: string, value: number) => Conversion) | undefined

/**
 * Undefined for what is no unit or compares with nothing else, such as [IU]. Deterministic, since the index holds what it
 * answers.
 */
export function toUcumBase(unit: string): UcumBase | undefined {
  if (cache.has(unit)) return cache.get(unit)
  const base = baseOf(unit)
  if (cache.size >= cacheLimit) cache.clear()
  cache.set(unit, base)
  return base
}

function baseOf(unit: string): UcumBase | undefined {
  if (unit.length > 60 || !/^[!-~]+$/.test(unit)) return undefined
  const [one, zero] = [conversion(unit, 1), conversion(unit, 0)]
  if (one.status !== 'succeeded' || zero.status !== 'succeeded') return undefined
  const [slope, offset] = [one.magnitude! - zero.magnitude!, zero.magnitude!]
  const dimension = Object.entries(one.unitToExp ?? {})
    .map(([base, exponent]) => `${base}${exponent}`)
    .sort()
    .join('')
  // Of the special units temperatures alone are a scale with another zero; pH and decibel are logarithms.
  if (one.fromUnitIsSpecial && dimension !== 'K1') return undefined
  if (!Number.isFinite(slope) || slope <= 0) return undefined
  return { dimension, convert: (value) => rounded(value * slope + offset) }
}

/** 88 ms and 13 MB, once, when the first quantity with a UCUM code is stored or asked for. */
function conversion(unit: string, value: number): Conversion {
  convert ??= load()
  return convert(unit, value)
}

function load(): (unit: string, value: number) => Conversion {
  const library = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as Library
  const utilities = library.UcumLhcUtils.getInstance()
  return (unit, value) => utilities.convertToBaseUnits(unit, value)
}

/** To 12 digits: 1 km and 1000 m become the same number, although a double holds neither factor exactly. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : value
}

import { createRequire } from 'node:module'
import type { Verdict } from './terminology.ts'

/** A unit of measure as one of base units. https://ucum.org/ucum */
export interface UcumBase {
  /** The base units and their exponents, e.g. `g1m-3`: numbers of the same dimension compare. */
  readonly dimension: string
  convert(value: number): number
}

interface Library {
  readonly UcumLhcUtils: { getInstance(): Utilities }
}

interface Utilities {
  validateUnitString(unit: string): { status: 'valid' | 'invalid' | 'error'; ucumCode: string | null }
  convertToBaseUnits(unit: string, value: number): Conversion
  /** Moles and equivalents are mere numbers in UCUM, so the base units do not tell cells from molecules. */
  getSpecifiedUnit(unit: string, mode: 'validate'): { unit: { moleExp_?: number; equivalentExp_?: number } | null }
}

interface Conversion {
  readonly status: 'succeeded' | 'invalid' | 'failed' | 'error'
  readonly magnitude?: number
  readonly unitToExp?: Readonly<Record<string, number>>
  readonly fromUnitIsSpecial?: boolean
}

const [cacheLimit, longest] = [1_000, 60]
const verdicts = new Map<string, Verdict>()
const bases = new Map<string, UcumBase | undefined>()
let loaded: Utilities | undefined

/** Whether a text is a unit by the grammar of https://ucum.org/ucum. */
export function ucumVerdict(code: string): Verdict {
  if (!/^[!-~]+$/.test(code)) return 'no'
  if (code.length > longest) return 'unknown'
  const known = verdicts.get(code)
  if (known) return known
  loaded ??= load()
  const { status, ucumCode } = loaded.validateUnitString(code)
  // It also knows names and misspellings, which are no codes.
  const verdict = status === 'invalid' ? 'no' : status === 'valid' && ucumCode === code ? 'yes' : 'unknown'
  if (verdicts.size >= cacheLimit) verdicts.clear()
  verdicts.set(code, verdict)
  return verdict
}

/**
 * The unit in base units. Undefined for what is no unit or compares with nothing else, such as [IU]. Deterministic, since the
 * index holds what it answers.
 */
export function toUcumBase(unit: string): UcumBase | undefined {
  if (unit.length > longest) return undefined
  if (bases.has(unit)) return bases.get(unit)
  const base = baseOf(unit)
  if (bases.size >= cacheLimit) bases.clear()
  bases.set(unit, base)
  return base
}

function baseOf(unit: string): UcumBase | undefined {
  // What is nothing but an annotation, such as {score}, is one by UCUM, but no share of 100 %.
  if (!/^[!-~]+$/.test(unit) || /^(?:\{[^{}]*\})+$/.test(unit)) return undefined
  loaded ??= load()
  const [one, zero] = [loaded.convertToBaseUnits(unit, 1), loaded.convertToBaseUnits(unit, 0)]
  if (one.status !== 'succeeded' || zero.status !== 'succeeded') return undefined
  const [slope, offset] = [one.magnitude! - zero.magnitude!, zero.magnitude!]
  const { moleExp_: mol = 0, equivalentExp_: eq = 0 } = loaded.getSpecifiedUnit(unit, 'validate').unit ?? {}
  const dimension = Object.entries({ ...one.unitToExp, mol, eq })
    .flatMap(([base, exponent]) => (exponent === 0 ? [] : [`${base}${exponent}`]))
    .sort()
    .join('')
  // Of the special units temperatures alone are a scale with another zero; pH and decibel are logarithms.
  if (one.fromUnitIsSpecial && dimension !== 'K1') return undefined
  if (!Number.isFinite(slope) || slope <= 0) return undefined
  return { dimension, convert: (value) => rounded(value * slope + offset) }
}

/** 88 ms and 13 MB, once, for the first unit that is met. */
function load(): Utilities {
  const library = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as Library
  return library.UcumLhcUtils.getInstance()
}

/** To 12 digits: 1 km and 1000 m become the same number, although a double holds neither factor exactly. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(12)) : value
}

import { timeRange } from '../../fhir/date-time.ts'
import { numberOf } from '../../fhir/json.ts'
import { quoted } from '../primitives.ts'
import { toUcumBase } from '../ucum.ts'
import type { ProfileNode } from './profile-tree.ts'

const ucum = 'http://unitsofmeasure.org'

/** `minValue[x]`, `maxValue[x]` and `maxLength` of a profile; what cannot be compared is let pass. */
export function limitProblem(value: unknown, { minValue, maxValue, maxLength }: ProfileNode): string | undefined {
  if (minValue !== undefined && compared(value, minValue) === -1)
    return `${quoted(value)} is less than ${quoted(minValue)}`
  if (maxValue !== undefined && compared(value, maxValue) === 1)
    return `${quoted(value)} is more than ${quoted(maxValue)}`
  if (maxLength !== undefined && typeof value === 'string' && [...value].length > maxLength)
    return `there are more than ${maxLength} characters`
  return undefined
}

interface Quantity {
  readonly value?: unknown
  readonly system?: string
  readonly code?: string
  readonly unit?: string
}

function compared(value: unknown, limit: unknown): number | undefined {
  const [first, second] = [numberOf(value), numberOf(limit)]
  if (first !== undefined && second !== undefined) return Math.sign(first - second)
  if (typeof value === 'string' && typeof limit === 'string') return comparedTimes(value, limit)
  if (typeof value !== 'object' || typeof limit !== 'object' || value === null || limit === null) return undefined
  return comparedQuantities(value as Quantity, limit as Quantity)
}

/** In the same unit, or in units that UCUM converts into each other. */
function comparedQuantities(one: Quantity, other: Quantity): number | undefined {
  if (one.system !== other.system || one.value === undefined) return undefined
  if (one.code === other.code) return compared(one.value, other.value)
  if (one.system !== ucum || one.code === undefined || other.code === undefined) return undefined
  const [unit, otherUnit] = [toUcumBase(one.code), toUcumBase(other.code)]
  const [first, second] = [numberOf(one.value), numberOf(other.value)]
  if (!unit || !otherUnit || unit.dimension !== otherUnit.dimension) return undefined
  if (first === undefined || second === undefined) return undefined
  return Math.sign(unit.convert(first) - otherUnit.convert(second))
}

function comparedTimes(value: string, limit: string): number | undefined {
  const [first, second] = [timeRange(value), timeRange(limit)]
  if (!first || !second) return undefined
  return first[1] <= second[0] ? -1 : first[0] >= second[1] ? 1 : 0
}

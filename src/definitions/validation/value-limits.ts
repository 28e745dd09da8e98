import { timeRange } from '../../fhir/date-time.ts'
import { numberOf } from '../../fhir/json.ts'
import { quoted } from '../primitives.ts'
import type { ProfileNode } from './profile-tree.ts'

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
  const [one, other] = [value as Quantity, limit as Quantity]
  const hasSameUnit = one.code === other.code && one.system === other.system
  return hasSameUnit && one.value !== undefined ? compared(one.value, other.value) : undefined
}

function comparedTimes(value: string, limit: string): number | undefined {
  const [first, second] = [timeRange(value), timeRange(limit)]
  if (!first || !second) return undefined
  return first[1] <= second[0] ? -1 : first[0] >= second[1] ? 1 : 0
}

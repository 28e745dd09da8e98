import { sameNumber } from '../../fhir/json.ts'
import { isObject } from './occurrence.ts'

/** "fixed[x]: the value SHALL be exactly this": https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ */
export function isExactly(value: unknown, fixed: unknown): boolean {
  if (Array.isArray(fixed)) {
    return (
      Array.isArray(value) && value.length === fixed.length && fixed.every((item, at) => isExactly(value[at], item))
    )
  }
  if (!isObject(fixed) || !isObject(value)) return value === fixed || sameNumber(value, fixed)
  if (sameNumber(value, fixed)) return true
  const [names, wanted] = [Object.keys(value), Object.keys(fixed)]
  return names.length === wanted.length && wanted.every((name) => isExactly(value[name], fixed[name]))
}

/**
 * "pattern[x]: what it names SHALL be there, and each item of its lists in one of the value's": other elements may stand beside.
 *
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
 */
export function matchesPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((item) => value.some((candidate) => matchesPattern(candidate, item)))
  }
  if (!isObject(pattern) || !isObject(value)) return value === pattern || sameNumber(value, pattern)
  if (sameNumber(value, pattern)) return true
  return Object.entries(pattern).every(([name, inner]) => matchesPattern(value[name], inner))
}

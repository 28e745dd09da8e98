import { referencedType } from './referenced-type.ts'
import type { Member } from './structure.ts'
import type { Walk } from './walk.ts'

/**
 * A reference should name a type that its element allows. A warning, since R4's own examples break it. Undefined where any
 * type is allowed. https://hl7.org/fhir/R4/references.html
 */
export function targetCheck({ type, targets }: Member): ((value: unknown, walk: Walk) => void) | undefined {
  if (type !== 'Reference' || targets.length === 0) return undefined
  const allowed = new Set(targets)
  return (value, walk) => {
    const named = referencedType(value)
    if (named === undefined || allowed.has(named)) return
    walk.warn(`a reference to ${named} is not expected here, but to ${targets.join(', ')}`)
  }
}

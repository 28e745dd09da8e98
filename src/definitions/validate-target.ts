import { referencedType } from './referenced-type.ts'
import type { Member } from './structure.ts'
import type { Walk } from './walk.ts'

/**
 * "targetProfile: … applies to the target of the reference this element refers to. If any profiles are specified, then the
 * content must conform to at least one of them." Undefined where any type is allowed.
 *
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.targetProfile
 */
export function targetCheck({ type, targets }: Member): ((value: unknown, walk: Walk) => void) | undefined {
  if (type !== 'Reference' || targets.length === 0) return undefined
  const allowed = new Set(targets)
  return (value, walk) => {
    const named = referencedType(value)
    if (named === undefined || allowed.has(named)) return
    walk.tolerate('invalid', `a reference to ${named} is not possible here, but to ${targets.join(', ')}`)
  }
}

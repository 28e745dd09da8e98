import type { Bindings } from '../bindings.ts'
import { quoted } from '../primitives.ts'
import type { Element, Structures } from '../structure.ts'
import { checkBinding } from '../validate-code.ts'
import type { Walk } from '../walk.ts'
import { codeOf } from './discriminator.ts'
import { isExactly, matchesPattern } from './fixed-value.ts'
import type { Occurrence } from './occurrence.ts'
import type { ProfileNode } from './profile-tree.ts'
import { limitProblem } from './value-limits.ts'

export function isTypeAllowed(structures: Structures, { types, path }: ProfileNode, { type }: Occurrence): boolean {
  if (!types || types.length === 0 || !path.includes('.') || type === 'BackboneElement') return true
  return types.some((use) => use.code.startsWith('http://hl7.org/fhirpath/') || structures.isA(type, codeOf(use)))
}

/** Fixed values, patterns, limits and bindings. */
export function checkValue(bindings: Bindings, node: ProfileNode, { type, value }: Occurrence, walk: Walk): void {
  if (value === undefined) return
  const { fixed, pattern, binding } = node
  if (fixed !== undefined && !isExactly(value, fixed))
    walk.report('value', `the profile fixes this to ${quoted(fixed)}, not ${quoted(value)}`)
  if (pattern !== undefined && !matchesPattern(value, pattern))
    walk.report('value', `${quoted(value)} does not have what the profile asks for: ${quoted(pattern)}`)
  const problem = limitProblem(value, node)
  if (problem !== undefined) walk.report('value', problem)
  if (binding) checkBinding(bindings, binding, type, value, walk)
}

/** What the type says already has been checked. */
export function checkCount(
  { name, min, max }: ProfileNode,
  element: Element | undefined,
  count: number,
  walk: Walk,
): void {
  if (count < min && (element?.min ?? 0) < min)
    walk.report(
      'required',
      count === 0 ? `the profile requires "${name}"` : `the profile requires ${min} of "${name}", not ${count}`,
      name,
    )
  if (count > max && (element?.max ?? Infinity) > max)
    walk.report(
      'structure',
      max === 0 ? `the profile does not allow "${name}"` : `the profile allows ${max} of "${name}", not ${count}`,
      name,
    )
}

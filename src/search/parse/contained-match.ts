/** Chains into contained resources. https://hl7.org/fhir/R4/search.html#contained */
import { and, type Clause, type Link, none } from '../clause.ts'
import type { Codes } from '../codes.ts'
import type { Budget } from './budget.ts'
import { containedKey, isOfContained } from '../contained.ts'
import type { Field } from '../field.ts'
import { holding } from '../types/search-type.ts'
import type { Condition, ConditionParts } from './condition.ts'

type Parts = ConditionParts & { condition: Condition }

/** `name=value` of a `target` that `field` refers to. */
interface Asked {
  readonly field: Field
  readonly target: string
  readonly name: string
  readonly value: string
  readonly walk: { readonly budget: Budget; readonly codes: Codes | undefined }
}

/**
 * The rows in which the condition at the end of a chain is met by what stands inside of them; it needs no access of its own.
 * A chain that goes on from there finds nothing. Nor does one to a row's own patient: a contained patient gives no access and
 * has no record, and to look for one would take from every such chain the plan that starts from the patients.
 */
export function createContainedMatch({ keys, fields, condition }: Parts) {
  return function containedMatch({ field, target, name, value, walk }: Asked, links: readonly Link[]): Clause {
    const code = /^[^.:]+/.exec(name)?.[0] ?? ''
    const inner = fields.of(target, code)
    if (!inner || !isOfContained(inner) || name.includes('.')) return none
    if (links.some(({ by }) => by === 'patient')) return none
    const met = condition(target, name, value, { ...walk, fieldOf: () => fields.contained(field, inner) })
    return met.op === 'not' ? and(holding(field, [containedKey(keys, field, target)], { filter: true }), met) : met
  }
}

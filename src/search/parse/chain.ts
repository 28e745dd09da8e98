/** Chains and `_has`, of any depth and mixed. https://hl7.org/fhir/R4/search.html#chaining */
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { type Clause, none, or } from '../clause.ts'
import type { Codes } from '../codes.ts'
import type { Field } from '../field.ts'
import type { createLinks } from '../links.ts'
import type { SpecialParameter } from './special.ts'
import { type Budget, newBudget } from './budget.ts'
import { createContainedMatch } from './contained-match.ts'
import type { Walk, Ways } from './walk.ts'
import { type Condition, type ConditionParts, unsupported } from './condition.ts'

/** `budget`: of the whole query, where there are more conditions than this one; `ways`: of a filter, where it has more. */
export type Criterion = (
  type: string,
  name: string,
  value: string,
  codes?: Codes,
  budget?: Budget,
  ways?: Ways,
) => Clause

/** Deeper ones are no question that a person has. */
const deepest = 10
/** References to any type multiply at each link. */
const mostWays = 300

interface Parts extends ConditionParts {
  /** The end of every chain. */
  condition: Condition
  definitions: Definitions
  linksTo: ReturnType<typeof createLinks>
  special: ReadonlyMap<string, SpecialParameter>
}

/** What `name=value` asks of one type; `name` may have modifiers, chains and `_has`. */
export function createCriterion({ definitions, linksTo, special, condition, ...parts }: Parts): Criterion {
  const { fields, types } = parts
  const containedMatch = createContainedMatch({ condition, ...parts })

  function criterion(type: string, name: string, value: string, walk: Walk): Clause {
    if (walk.depth > deepest) throw new FhirError('invalidQuery', `"${name}" is nested deeper than ${deepest} links`)
    if (--walk.ways.left < 0) {
      throw new FhirError('invalidQuery', `"${name}" leads over too many types; name them, as in subject:Patient.name`)
    }
    const whole = special.get(name)
    if (whole) return whole.clause(type, value, walk)
    if (name.startsWith('_has:')) return reverse(type, name, value, walk)
    const dot = name.indexOf('.')
    if (dot === -1) return condition(type, name, value, walk)
    return forward(type, name.slice(0, dot), name.slice(dot + 1), value, walk)
  }

  function forward(type: string, head: string, rest: string, value: string, { depth, ...walk }: Walk): Clause {
    const [code = '', asked, ...others] = head.split(':')
    const field = fields.of(type, code)
    if (field?.parameter.type !== 'reference' || others.length > 0)
      throw unsupported(type, `${head}.${rest}`, fields, types)
    const clauses = supporting(targetsOf(field, asked), (target) => {
      const where = criterion(target, rest, value, { ...walk, depth: depth + 1 })
      const links = linksTo(field, target)
      const inside = containedMatch({ field, target, name: rest, value, walk }, links)
      return or(...links.map((link) => chained(field, target, where, link)), inside)
    })
    return or(...clauses)
  }

  function targetsOf({ parameter, targets, type }: Field, asked: string | undefined): readonly string[] {
    if (asked === undefined) return targets
    if (targets.includes(asked)) return [asked]
    throw new FhirError(
      'unsupportedParameter',
      `${type}.${parameter.code} never refers to ${asked}, but to ${targets.join(', ')}.`,
    )
  }

  /** "the parameter chain may end up referring to search parameters with the same name on more than one kind of resource" */
  function supporting(targets: readonly string[], clauseOf: (target: string) => Clause): Clause[] {
    const refusals: unknown[] = []
    const clauses = targets.flatMap((target) => {
      try {
        return [clauseOf(target)]
      } catch (error) {
        if (!(error instanceof FhirError && error.problem === 'unsupportedParameter')) throw error
        refusals.push(error)
        return []
      }
    })
    if (clauses.length === 0) throw refusals[0]
    return clauses
  }

  /** `_has:Source:parameter:name`, where the rest may be another chain or `_has`. */
  function reverse(type: string, name: string, value: string, { depth, ...walk }: Walk): Clause {
    const [, source = '', code = '', ...rest] = name.split(':')
    const field = definitions.isResourceType(source) ? fields.of(source, code) : undefined
    if (field?.parameter.type !== 'reference' || !field.targets.includes(type) || rest.length === 0) {
      throw new FhirError(
        'unsupportedParameter',
        `"${name}" is no reverse chain to ${type}: _has:[type]:[its reference to ${type}]:[parameter].`,
      )
    }
    const where = criterion(source, rest.join(':'), value, { ...walk, depth: depth + 1 })
    if (where.op === 'none') return none
    return or(...linksTo(field, type).map((link): Clause => ({ op: 'has', source, where, ...link })))
  }

  return (type, name, value, codes, budget = newBudget(), ways = { left: mostWays }) =>
    criterion(type, name, value, { depth: 0, ways, codes, budget })
}

export function chained(
  field: Field,
  target: string,
  where: Clause,
  link: ReturnType<ReturnType<typeof createLinks>>[number],
): Clause {
  return where.op === 'none' ? none : { op: 'chain', target, where, judged: field.judged, ...link }
}

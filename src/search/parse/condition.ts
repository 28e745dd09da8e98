import { FhirError } from '../../fhir/error.ts'
import { all, and, type Clause, none, not } from '../clause.ts'
import type { Codes } from '../codes.ts'
import type { Field, Fields } from '../field.ts'
import type { Keys } from '../keys.ts'
import { split, unescape } from '../types/escapes.ts'
import { holding } from '../types/search-type.ts'
import type { SearchTypes } from '../types/table.ts'
import { anyOf } from './any-of.ts'
import { type Budget, spent } from './budget.ts'
import { idClause } from './id-clause.ts'

export interface ConditionParts {
  keys: Keys
  fields: Fields
  types: SearchTypes
}

export interface Asking {
  readonly budget: Budget
  readonly codes?: Codes | undefined
  /** For what is indexed under other names. */
  readonly fieldOf?: Fields['of']
}

/** Values that an index looks up in one go, and such that are each a query of their own. */
const mostValues = 1_000
const mostAlternatives = 100

export type Condition = (type: string, name: string, value: string, asking: Asking) => Clause

/** What `code:modifier=values` asks of one type, without chains. */
export function createCondition({ keys, fields, types }: ConditionParts): Condition {
  return function condition(type, name, value, { budget, codes, fieldOf = fields.of }) {
    const [code = '', modifier, ...others] = name.split(':')
    const field = fieldOf(type, code, modifier)
    if (!field || !isSearchable(field, types) || others.length > 0) throw unsupported(type, name, fields, types)
    const values = valuesOf(name, value)
    if (modifier === 'missing') return missing(field, values, types)
    if (modifier !== undefined) check(name, modifier, field, types)
    if (code === '_id') return spent(idClause(keys, type, values, modifier), budget)
    if (code === '_lastUpdated') return spent(anyOf(values.map(types.date.lastUpdated)), budget)
    const known = types.typeOf(field.parameter)!
    const matched = anyOf(values.map((one) => spent(known.match(field, one, modifier, codes), budget)))
    if (matched.op === 'or' && matched.of.length > mostAlternatives)
      throw tooMany(name, values.length, mostAlternatives)
    // "the negation applies to the set, not each individual entry"
    return modifier === 'not' || modifier === 'not-in' ? not(matched) : matched
  }
}

export function isSearchable({ parameter }: Field, types: SearchTypes): boolean {
  return types.typeOf(parameter) !== undefined
}

function valuesOf(name: string, value: string): string[] {
  const values = split(value, ',')
  if (values.some((one) => one.trim() === ''))
    throw new FhirError('invalidQuery', `"${name}" has no value, or an empty one`)
  if (values.length > mostValues) throw tooMany(name, values.length, mostValues)
  return values
}

function tooMany(name: string, count: number, most: number): FhirError {
  return new FhirError('invalidQuery', `"${name}" has ${count} values; the most is ${most}`)
}

/** What may stand behind the colon: `missing` with every parameter, and what its type knows. */
export function modifiersOf(field: Field, types: SearchTypes): readonly string[] {
  const { code } = field.parameter
  if (code === '_id') return ['missing', 'not']
  if (code === '_lastUpdated') return ['missing']
  return ['missing', ...(types.typeOf(field.parameter)?.modifiers(field) ?? [])]
}

function check(name: string, modifier: string, field: Field, types: SearchTypes): void {
  const known = modifiersOf(field, types)
  if (known.includes(modifier)) return
  throw new FhirError(
    'unsupportedParameter',
    `The modifier ":${modifier}" of "${name}" is not supported; ${field.type}.${field.parameter.code} knows ${known.map((one) => `:${one}`).join(', ')}.`,
  )
}

function missing(field: Field, values: readonly string[], types: SearchTypes): Clause {
  const [asked, ...others] = values.map(unescape)
  if (others.length > 0 || (asked !== 'true' && asked !== 'false')) {
    throw new FhirError('invalidQuery', `"${field.parameter.code}:missing" is true or false, not "${values.join(',')}"`)
  }
  const absent = absence(field, types)
  return asked === 'true' ? absent : not(absent)
}

function absence(field: Field, types: SearchTypes): Clause {
  const { code } = field.parameter
  if (code === '_id' || code === '_lastUpdated') return none
  const own = types.typeOf(field.parameter)?.absence?.(field)
  return own ?? not(holding(field, [field.keys.present], { filter: true, judged: false }))
}

export function unsupported(type: string, name: string, fields: Fields, types: SearchTypes): FhirError {
  const known = fields
    .all(type)
    .filter((field) => isSearchable(field, types))
    .map(({ parameter }) => parameter.code)
  return new FhirError(
    'unsupportedParameter',
    `The search parameter "${name}" is not supported for ${type}. Supported are ${known.join(', ')}.`,
  )
}

/** All of the conditions; nothing asked is everything. */
export function allOf(clauses: readonly Clause[]): Clause {
  return clauses.length === 0 ? all : and(...clauses)
}

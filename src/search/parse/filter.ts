/** `_filter`: comparisons of search parameters, joined by and, or and not. https://hl7.org/fhir/R4/search_filter.html */
import { FhirError } from '../../fhir/error.ts'
import { and, type Clause, not } from '../clause.ts'
import { spent } from './budget.ts'
import { anyOf } from './any-of.ts'
import type { Criterion } from './chain.ts'
import { allOf, type Condition, type ConditionParts, isSearchable, unsupported } from './condition.ts'
import { type Comparison, type Filter, parsedFilter, refused } from './filter-syntax.ts'
import type { Walk } from './walk.ts'

/** What of the search parameter's own forms an operator stands for, by the type of the parameter. */
interface Form {
  /** Before the value. */
  readonly prefix?: string
  /** Behind the name. */
  readonly modifier?: string
  /** Behind the name, for the filter alone. */
  readonly own?: string
  /** There is a value, and none that meets the form. */
  readonly negated?: boolean
}

const plain = { eq: {}, ne: { negated: true } } as const
const prefixes = Object.fromEntries(
  ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'].map((prefix) => [prefix, { prefix }]),
)
const operators: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  string: {
    ...{ eq: { own: 'equals' }, ne: { own: 'equals', negated: true } },
    ...{ co: { modifier: 'contains' }, sw: {}, ew: { own: 'ends' } },
  },
  number: prefixes,
  quantity: prefixes,
  date: { ...prefixes, po: { own: 'po' }, co: { own: 'co' } },
  token: {
    ...plain,
    ...{ ss: { modifier: 'below' }, sb: { modifier: 'above' } },
    ...{ in: { modifier: 'in' }, ni: { modifier: 'not-in' } },
  },
  reference: { ...plain, re: {} },
  uri: plain,
  composite: plain,
  special: { eq: {}, co: {} },
}

/** "the codes loinc, snomed, rxnorm and ucum are predefined" */
const systems: Readonly<Record<string, string>> = {
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  ucum: 'http://unitsofmeasure.org',
}

export const filterDocumentation = `Operators: ${Object.entries(operators)
  .map(([kind, known]) => `${kind} ${Object.keys(known).join(' ')}`)
  .join('; ')}; pr with all. Chains, and, or, not and parentheses; no filters in brackets.`

/** The condition `parameter:operator=value`, as the end of a chain of a filter; the value is still as it was written. */
export function createFilterCondition(condition: Condition, { fields, types }: ConditionParts): Condition {
  return function compared(type, name, value, asking) {
    const { budget, codes, fieldOf = fields.of } = asking
    const [code = '', operator = '', ...others] = name.split(':')
    const field = fieldOf(type, code)
    if (!field || !isSearchable(field, types) || others.length > 0) throw unsupported(type, name, fields, types)
    if (operator === 'pr') return condition(type, `${code}:missing`, presence(code, value), asking)
    const { type: kind } = field.parameter
    const known = operators[kind] ?? {}
    const form = Object.hasOwn(known, operator) ? known[operator] : undefined
    if (!form) {
      const all = [...Object.keys(known), 'pr'].join(', ')
      throw new FhirError('unsupportedParameter', `"${operator}" does not fit ${type}.${code}, a ${kind}; ${all} do.`)
    }
    const asked = `${form.prefix ?? ''}${escapedFor(kind, value)}`
    // Of the time of the last change there is a moment, no period.
    if (form.own !== undefined && code === '_lastUpdated')
      throw new FhirError('unsupportedParameter', `"${operator}" does not fit _lastUpdated, which is a moment.`)
    if (form.own !== undefined && kind === 'date' && !/^\d/.test(value))
      throw new FhirError('invalidQuery', `"${value.slice(0, 50)}" is no date for ${code}`)
    const met =
      form.own === undefined
        ? condition(type, form.modifier === undefined ? code : `${code}:${form.modifier}`, asked, asking)
        : spent(types.typeOf(field.parameter)!.match(field, asked, form.own, codes), budget)
    return form.negated ? and(condition(type, `${code}:missing`, 'false', asking), not(met)) : met
  }
}

/** "The set is empty or not (value is false or true)" */
function presence(code: string, value: string): string {
  if (value === 'true' || value === 'false') return value === 'true' ? 'false' : 'true'
  throw new FhirError('invalidQuery', `"${code} pr" takes true or false, not "${value.slice(0, 50)}"`)
}

/** One value: a comma does not part it, and in texts neither does a bar. "For token, the format is the same". */
function escapedFor(kind: string, value: string): string {
  switch (kind) {
    case 'token':
    case 'quantity':
      return inFull(value).replace(/\\[\\,|$]|[,$]/g, (found) => (found.length === 2 ? found : `\\${found}`))
    case 'composite':
      return value.replace(/\\[\\,|$]|,/g, (found) => (found.length === 2 ? found : `\\${found}`))
    default:
      return value.replace(/[\\,|$]/g, '\\$&')
  }
}

function inFull(value: string): string {
  return value.replace(
    /(^|\|)(loinc|snomed|rxnorm|ucum)(?=\|)/,
    (_, before: string, name: string) => `${before}${systems[name]}`,
  )
}

/** `compare`: what `parameter:operator=value` asks of a type, chains included; all comparisons of a filter share its bounds. */
export function createFilter(compare: Criterion) {
  return function filter(type: string, value: string, { codes, budget, ways }: Walk): Clause {
    const clauseOf = (part: Filter): Clause => {
      switch (part.is) {
        case 'and':
          return allOf(part.of.map(clauseOf))
        case 'or':
          return anyOf(part.of.map(clauseOf))
        case 'not':
          return not(clauseOf(part.of))
        case 'comparison':
          return placed(part, () => compare(type, `${part.path}:${part.operator}`, part.value, codes, budget, ways))
      }
    }
    return clauseOf(parsedFilter(value))
  }
}

function placed({ at }: Comparison, clause: () => Clause): Clause {
  try {
    return clause()
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    throw refused(at, error.message, error.problem)
  }
}

import { dateMatches } from './date-rules.ts'
import { elementPaths, evaluated, type Found, type Resource, valuesOf } from './fhirpath-values.ts'
import { numberMatches, numbersOf } from './number-rules.ts'
import { positionMatches } from './position-rules.ts'
import { quantityMatches } from './quantity-rules.ts'
import { splitAt, unescaped } from './query-values.ts'
import { referenceMatches } from './reference-rules.ts'
import { type Parameter, typeOfParameter } from './search-parameters.ts'
import { textMatches, textsOf } from './text-rules.ts'
import { membershipMatches } from './terminology-rules.ts'
import { ofTypeMatches, tokenMatches, tokensOf, tokenTextMatches, tokenTexts } from './token-rules.ts'
import { uriMatches } from './uri-rules.ts'
import { wordsMatch, wordyValues } from './word-rules.ts'

/** One value of a composite: what each component finds in one of its elements. */
type Tuple = readonly { readonly type: string; readonly expression: string; readonly values: readonly Found[] }[]

/** What decides how values are compared. */
type Rule = Pick<Parameter, 'type' | 'expression' | 'target'>

export interface Oracle {
  /** What the parameter's expression finds in the resource. */
  values(parameter: Parameter, resource: Resource): readonly Found[]
  tuples(parameter: Parameter, resource: Resource): readonly Tuple[]
  /** Whether `parameter:modifier=value` finds the resource. */
  finds(parameter: Parameter, modifier: string | undefined, value: string, resource: Resource): boolean
}

/**
 * Search as the specification tells it, one resource after the other and without an index: what an expression finds by
 * FHIRPath, compared with what is asked. It shares nothing with the search that it judges.
 *
 * https://hl7.org/fhir/R4/search.html
 */
export function createOracle(base: string, now: number): Oracle {
  const known = new Map<Resource, Map<string, unknown>>()

  function once<T>(resource: Resource, name: string, make: () => T): T {
    const own = known.get(resource) ?? new Map<string, unknown>()
    known.set(resource, own)
    if (!own.has(name)) own.set(name, make())
    return own.get(name) as T
  }

  function values({ code, type, expression }: Parameter, resource: Resource): readonly Found[] {
    if (type === 'words') return once(resource, code, () => wordyValues(code, resource))
    return once(resource, code, () => (expression === undefined ? [] : valuesOf(expression, resource)))
  }

  function tuples({ code, expression = '', component = [] }: Parameter, resource: Resource): readonly Tuple[] {
    return once(resource, `${code} $`, () =>
      elementPaths(expression, resource).map((path) =>
        component.map((part) => {
          const within = part.expression.startsWith('%resource')
            ? part.expression.replace('%resource', resource.resourceType)
            : `${path}.${part.expression}`
          const found = within
            .split(/\s*\|\s*/)
            .flatMap((one, n) => evaluated(n === 0 ? one : `${path}.${one}`, resource))
          return { type: typeOfParameter(part.definition), expression: part.expression, values: found }
        }),
      ),
    )
  }

  function matches(
    { type, expression = '', target }: Rule,
    found: Found,
    modifier: string | undefined,
    query: string,
  ): boolean {
    switch (type) {
      case 'string':
        return textsOf(found, expression).some((text) => textMatches(unescaped(query), text, modifier))
      case 'token':
        if (modifier === 'text') return tokenTexts(found).some((text) => tokenTextMatches(unescaped(query), text))
        if (modifier === 'of-type') return ofTypeMatches(query, found)
        if (modifier !== undefined) return membershipMatches(modifier, query, found)
        return tokensOf(found).some((token) => tokenMatches(query, token))
      case 'reference':
        if (modifier === 'text') return textBeside(found).some((text) => tokenTextMatches(unescaped(query), text))
        if (modifier === 'above' || modifier === 'below') {
          return typeof found.value === 'string' && uriMatches(unescaped(query), found.value, modifier)
        }
        return referenceMatches(modifier === 'identifier' ? query : unescaped(query), found, {
          modifier,
          targets: target,
          base,
        })
      case 'date':
        return dateMatches(unescaped(query), found, now)
      case 'uri':
        return typeof found.value === 'string' && uriMatches(unescaped(query), found.value, modifier)
      case 'quantity':
        return quantityMatches(query, found)
      case 'number': {
        const numbers = numbersOf(found)
        return numbers !== undefined && numberMatches(unescaped(query), numbers)
      }
      case 'words':
        return wordsMatch(unescaped(query), found)
      case 'special':
        return positionMatches(unescaped(query), found)
      default:
        throw new Error(`No rule for parameters of type ${type}`)
    }
  }

  function meets(parameter: Parameter, modifier: string | undefined, query: string, resource: Resource): boolean {
    const { type } = parameter
    if (type !== 'composite') {
      return values(parameter, resource).some((found) => matches(parameter, found, modifier, query))
    }
    const parts = splitAt('$', query)
    return tuples(parameter, resource).some((tuple) =>
      tuple.every((part, n) => part.values.some((found) => matches(part, found, undefined, parts[n]!))),
    )
  }

  /** A composite has a value where one element has all of its parts. */
  function isMissing(parameter: Parameter, resource: Resource): boolean {
    if (parameter.type !== 'composite') return values(parameter, resource).length === 0
    return !tuples(parameter, resource).some((tuple) => tuple.every((part) => part.values.length > 0))
  }

  return {
    values,
    tuples,
    finds(parameter, modifier, value, resource) {
      if (modifier === 'missing') return isMissing(parameter, resource) === (value === 'true')
      const found = splitAt(',', value).some((one) =>
        meets(parameter, modifier === 'not' ? undefined : modifier, one, resource),
      )
      // "the negation applies to the set, not each individual entry"
      return modifier === 'not' || modifier === 'not-in' ? !found : found
    },
  }
}

function textBeside({ value }: Found): string[] {
  const { display } = (value ?? {}) as { display?: string }
  return display === undefined ? [] : [display]
}

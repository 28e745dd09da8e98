/**
 * Tokens by what terminology says of them: `:in`, `:not-in`, `:above` and `:below`.
 *
 * https://hl7.org/fhir/R4/search.html#token
 */
import { FhirError } from '../../fhir/error.ts'
import { type Clause, none } from '../clause.ts'
import type { Codes } from '../codes.ts'
import type { Field } from '../field.ts'
import { anyOf } from '../parse/any-of.ts'
import { unescape } from './escapes.ts'
import { parsedToken, type Token, tokenClause } from './token.ts'

/** So many codes an index looks up in one go. */
const mostCodes = 5_000

/** `onBoard`: for questions that bring no terminology of their own. */
export function createMembership(onBoard: Codes) {
  /** "the value is a URI of a value set, and the coding is in it"; one that can be listed. */
  function inValueSet(field: Field, value: string, terminology = onBoard): Clause {
    const url = unescape(value)
    const expansion = terminology.expand(url)
    if ('problem' in expansion) throw refused(field, 'in', url, expansion.text)
    return oneOf(field, 'in', url, expansion.members)
  }

  /** "the concept is subsumed by it" and "subsumes it"; each code subsumes itself. */
  function inHierarchy(field: Field, value: string, modifier: 'above' | 'below', terminology = onBoard): Clause {
    const { system, code } = parsedToken(field, value)
    if (!system || code === undefined) throw refused(field, modifier, value, 'it takes system|code')
    const codes = modifier === 'below' ? terminology.descendants(system, code) : terminology.ancestors(system, code)
    if (!codes) throw refused(field, modifier, value, `the code system ${system} is not on board`)
    return oneOf(
      field,
      modifier,
      value,
      [...new Set([code, ...codes])].map((each) => ({ system, code: each })),
    )
  }

  return { inValueSet, inHierarchy }
}

/** Of what is stored as a code alone, the system is the one that its element implies, so the code alone is compared. */
function oneOf(field: Field, modifier: string, value: string, tokens: readonly Token[]): Clause {
  if (tokens.length > mostCodes) throw refused(field, modifier, value, `it has more than ${mostCodes} codes`)
  const isBare = field.parameter.valueTypes?.every((type) => type === 'code') ?? false
  const clauses = tokens.map(({ system, code }) => tokenClause(field, { system: isBare ? undefined : system, code }))
  return clauses.length === 0 ? none : anyOf(clauses)
}

function refused({ parameter }: Field, modifier: string, value: string, why: string): FhirError {
  return new FhirError(
    'invalidQuery',
    `"${parameter.code}:${modifier}=${value.slice(0, 200)}" cannot be answered: ${why}`,
  )
}

import assert from 'node:assert/strict'
import { search } from '../../unit/search/search-parts.ts'
import { hasFullSet } from '../../support/r4-examples.ts'
import { drawnQueries, nobodysFor } from './drawn-queries.ts'
import type { Resource } from './fhirpath-values.ts'
import type { Oracle } from './oracle.ts'
import { type Parameter, parameterOf, typeOfParameter } from './search-parameters.ts'

/** A search parameter of a type, alone or with a modifier. */
export interface Pair {
  readonly parameter: Parameter
  readonly modifier: string | undefined
  /** As it stands in a query: `Patient?name:exact`. */
  readonly name: string
}

export interface Question extends Pair {
  readonly query: string
  /** From a stored resource, so that there is something to find. */
  readonly isDrawn: boolean
}

export interface Held {
  readonly oracle: Oracle
  readonly base: string
  readonly stored: ReadonlyMap<string, readonly Resource[]>
}

/** What the CapabilityStatement promises for a type. */
export function pairsOf(type: string, codes: readonly string[], held: Held): Pair[] {
  const supported = search.supported(type)
  return codes.flatMap((code): Pair[] => {
    // `_list` and its like are no parameters of a type, and have no values in a resource.
    if (supported.special.some((one) => one.code === code)) return []
    const parameter = parameterOf(type, code)
    assert.ok(parameter, `${type}.${code} is no parameter of R4 or of our own`)
    const modifiers = supported.modifiers(code).filter((modifier) => isWorthIt(parameter, modifier, held))
    return [undefined, ...modifiers].map((modifier) => ({
      parameter,
      modifier,
      name: `${type}?${modifier === undefined ? code : `${code}:${modifier}`}`,
    }))
  })
}

/**
 * Without the full set, modifiers are asked for where there is something to find, and of those that name a type, of which a
 * reference to any resource has 145, the ones that are referred to.
 */
function isWorthIt(parameter: Parameter, modifier: string, { oracle, stored }: Held): boolean {
  const resources = stored.get(parameter.resourceType)!
  if (hasFullSet || (modifier === 'missing' && resources.length > 0)) return true
  const having = resources.filter((one) => oracle.values(parameter, one).length > 0)
  const named = parameter.type === 'reference' && /^[A-Z]/.test(modifier) ? `${modifier}/` : ''
  return having.some((resource) => JSON.stringify(resource).includes(named))
}

export function questionsOf(pair: Pair, { oracle, base, stored }: Held): Question[] {
  const { parameter, modifier } = pair
  const resources = stored.get(parameter.resourceType)!
  const { queries, drawn } = drawnQueries(parameter, modifier, resources, { oracle, base, nobodysComposite })
  return queries.map((query) => ({ ...pair, query, isDrawn: drawn }))
}

function nobodysComposite({ component = [] }: Parameter): string {
  return component.map(({ definition }) => nobodysFor(typeOfParameter(definition))).join('$')
}

/** Whether a stored resource has a value that can be asked for. */
export function hasValue(parameter: Parameter, { oracle, stored }: Held): boolean {
  return stored.get(parameter.resourceType)!.some((one) => !oracle.finds(parameter, 'missing', 'true', one))
}

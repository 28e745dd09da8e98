import { FhirError } from '../../fhir/error.ts'
import type { Clause } from '../clause.ts'

/**
 * What the conditions of a query may ask together, over all of its parameters, values, ways and types: each key is made, sent
 * and looked up.
 */
const mostKeys = 100_000
/** What is no key is a query of its own. */
const keysPerQuery = 20

export interface Budget {
  left: number
}

export function newBudget(): Budget {
  return { left: mostKeys }
}

/** Throws FhirError('invalidQuery') when the query has asked for more than it may. */
export function spent(clause: Clause, budget: Budget): Clause {
  budget.left -= costOf(clause)
  if (budget.left >= 0) return clause
  throw new FhirError('invalidQuery', 'The search asks for too many values, over too many types: name fewer of them.')
}

function costOf(clause: Clause): number {
  switch (clause.op) {
    case 'all':
    case 'none':
      return 0
    case 'and':
    case 'or':
      return clause.of.reduce((sum, one) => sum + costOf(one), 0)
    case 'not':
      return costOf(clause.of)
    case 'keys':
    case 'rid':
    case 'patient':
      return clause.any.length
    case 'has':
      return keysPerQuery + costOf(clause.where)
    default:
      return keysPerQuery
  }
}

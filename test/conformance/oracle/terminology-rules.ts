import { definitions } from '../../unit/search/search-parts.ts'
import type { Found } from './fhirpath-values.ts'
import { escaped, splitAt, unescaped } from './query-values.ts'
import { tokensOf, type Token } from './token-rules.ts'

const { terminology } = definitions

/** Each code is judged on its own, where the search lists what a value set or a hierarchy holds. */
export function membershipMatches(modifier: string, query: string, found: Found): boolean {
  // Coding.code is "a symbol in syntax defined by the system": without one it is in no value set and in no hierarchy. That of
  // a `code` is implied by its element.
  const isImplied = found.type === 'code'
  return tokensOf(found).some((token) => (isImplied || token.system !== undefined) && tokenIs(modifier, query, token))
}

function tokenIs(modifier: string, query: string, { system, code }: Token): boolean {
  if (code === undefined) return false
  if (modifier === 'in' || modifier === 'not-in') {
    return terminology.validateCode({ valueSet: unescaped(query), system, code }).result === 'yes'
  }
  const [askedSystem = '', asked = ''] = splitAt('|', query).map(unescaped)
  if (system !== undefined && system !== askedSystem) return false
  const relation = terminology.subsumes(askedSystem, asked, code)
  return relation === 'equivalent' || relation === (modifier === 'below' ? 'subsumes' : 'subsumed-by')
}

/** Value sets and codes on board, for the codes that are found. */
export function membershipForms(modifier: string, found: Found): string[] {
  return tokensOf(found).flatMap(({ system, code }) => {
    if (system === undefined || code === undefined) return []
    if (terminology.codeSystem(system)?.content !== 'complete') return []
    if (modifier === 'above' || modifier === 'below') {
      const exact = terminology.subsumes(system, code, code) === 'equivalent'
      return exact ? [`${escaped(system)}|${escaped(code)}`] : []
    }
    const all = terminology.codeSystem(system)?.valueSet
    return all !== undefined && !('problem' in terminology.expand(all)) ? [escaped(all)] : []
  })
}

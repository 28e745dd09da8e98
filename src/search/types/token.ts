/** A code, optionally within a system: `[code]`, `[system]|[code]`, `|[code]`, `[system]|`. https://hl7.org/fhir/R4/search.html#token */
import type { TypedValue } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import type { Clause } from '../clause.ts'
import type { Field } from '../field.ts'
import { isFrequent } from '../key-economy.ts'
import { split, unescape } from './escapes.ts'
import { holding, type SearchType } from './search-type.ts'

export interface Token {
  /** Empty: known to have none. Undefined: the data type has no system, or it is not told. */
  readonly system: string | undefined
  readonly code: string | undefined
}

export const token: SearchType = {
  modifiers: () => ['not'],

  extract(field, values, index) {
    for (const { system, code } of values.flatMap(tokensOf)) {
      const folded = fold(field, code ?? '')
      const filter = isFrequent(field.parameter.code, folded)
      if (code !== undefined) index.key(field, field.keys.value('code', folded), filter)
      if (code !== undefined && system !== undefined) {
        index.key(field, field.keys.value('system|code', system, folded), filter)
      }
      if (system) index.key(field, field.keys.value('system', system), true)
    }
  },

  match(field, value) {
    return tokenClause(field, parsedToken(field, value))
  },
}

export function tokenClause(field: Field, { system, code }: Token): Clause {
  if (code === undefined) return holding(field, [field.keys.value('system', system!)], { filter: true })
  const folded = fold(field, code)
  const key = system === undefined ? field.keys.value('code', folded) : field.keys.value('system|code', system, folded)
  const filter = isFrequent(field.parameter.code, folded)
  return holding(field, [key], { filter, selective: !filter && isIdentifier(field) })
}

export function parsedToken({ parameter }: Field, value: string): Token {
  const parts = split(value, '|').map(unescape)
  const [first = '', second] = parts
  if (parts.length > 2 || (first === '' && !second)) {
    throw new FhirError(
      'invalidQuery',
      `"${value}" is no token for ${parameter.code}: code, system|code, |code or system|`,
    )
  }
  if (second === undefined) return { system: undefined, code: first }
  return { system: first, code: second === '' ? undefined : second }
}

/**
 * "Identifier.value SHALL be case sensitive unless knowledge of the Identifier.system allows the processor to be confident
 * that non-case-sensitive processing is safe." Everything else is folded: "When in doubt, servers SHOULD treat tokens in a
 * case-insensitive manner".
 */
function fold(field: Field, code: string): string {
  return isIdentifier(field) ? code : code.toLowerCase()
}

function isIdentifier({ parameter }: Field): boolean {
  return parameter.valueTypes?.includes('Identifier') ?? /identifier\b/i.test(parameter.expression)
}

interface Parts {
  system?: string
  code?: string
  value?: string
  coding?: readonly { system?: string; code?: string }[]
}

/** https://hl7.org/fhir/R4/search.html#token lists how each data type is read. */
export function tokensOf({ type, value, system }: TypedValue): Token[] {
  if (typeof value === 'boolean' || typeof value === 'number') return [{ system, code: String(value) }]
  if (typeof value === 'string') return [{ system, code: value }]
  if (typeof value !== 'object' || value === null) return []
  const parts = value as Parts
  switch (type) {
    case 'CodeableConcept':
      return (parts.coding ?? []).flatMap((coding) => coded(coding.system, coding.code))
    case 'Identifier':
      return coded(parts.system, parts.value)
    case 'ContactPoint':
      return parts.value === undefined ? [] : [{ system: undefined, code: parts.value }]
    default:
      return coded(parts.system, parts.code)
  }
}

function coded(system: string | undefined, code: string | undefined): Token[] {
  return system === undefined && code === undefined ? [] : [{ system: system ?? '', code }]
}

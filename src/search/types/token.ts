/** A code, optionally within a system: `[code]`, `[system]|[code]`, `|[code]`, `[system]|`. https://hl7.org/fhir/R4/search.html#token */
import type { TypedValue } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { and, type Clause } from '../clause.ts'
import type { Codes } from '../codes.ts'
import type { Field } from '../field.ts'
import { isFrequent } from '../key-economy.ts'
import type { Key } from '../keys.ts'
import { indexText, textClause } from './display.ts'
import { split, unescape } from './escapes.ts'
import { hasAny, holding, type IndexBuilder, type SearchType } from './search-type.ts'

export interface Token {
  /** Empty: known to have none. Undefined: the data type has no system, or it is not told. */
  readonly system: string | undefined
  readonly code: string | undefined
}

/** What a code is asked for by other means than itself. */
interface Membership {
  inValueSet(field: Field, value: string, codes?: Codes): Clause
  inHierarchy(field: Field, value: string, modifier: 'above' | 'below', codes?: Codes): Clause
}

const coded = ['CodeableConcept', 'Coding', 'code']

export function createToken({ inValueSet, inHierarchy }: Membership): SearchType {
  return {
    modifiers: (field) => [
      'not',
      ...(hasAny(field, ['CodeableConcept', 'Coding', 'Identifier']) ? ['text'] : []),
      ...(hasAny(field, coded) ? ['in', 'not-in', 'above', 'below'] : []),
      ...(hasAny(field, ['Identifier']) ? ['of-type'] : []),
    ],

    later: (field) => (hasAny(field, ['Identifier']) ? ['text', 'of-type'] : ['text']),

    extract(field, values, index) {
      for (const value of values) {
        for (const text of textsOf(value)) indexText(field, text, index)
        for (const key of typedKeys(field, value)) index.filter(key)
        for (const token of tokensOf(value)) indexToken(field, token, index)
      }
    },

    match(field, value, modifier, codes) {
      switch (modifier) {
        case 'text':
          return textClause(field, value)
        case 'of-type':
          return ofType(field, value)
        case 'in':
        case 'not-in':
          return inValueSet(field, value, codes)
        case 'above':
        case 'below':
          return inHierarchy(field, value, modifier, codes)
        default:
          return tokenClause(field, parsedToken(field, value))
      }
    },
  }
}

function indexToken(field: Field, { system, code }: Token, index: IndexBuilder): void {
  const folded = fold(field, code ?? '')
  const filter = isFrequent(field.parameter.code, folded)
  if (code !== undefined) index.key(field, field.keys.value('code', folded), filter)
  if (code !== undefined && system !== undefined) {
    index.key(field, field.keys.value('system|code', system, folded), filter)
  }
  if (system) index.key(field, field.keys.value('system', system), true)
}

/** "either CodeableConcept.text, Coding.display, or Identifier.type.text" */
function textsOf({ type, value }: TypedValue): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const { text, display, coding = [], type: identifierType } = value as Texts
  if (type === 'CodeableConcept') return [text, ...coding.map((one) => one.display)]
  return type === 'Identifier' ? [identifierType?.text] : [display]
}

interface Texts {
  text?: unknown
  display?: unknown
  coding?: readonly { display?: unknown }[]
  type?: { text?: unknown; coding?: readonly { system?: string; code?: string }[] }
}

/** One for each coding of an identifier's type. */
function typedKeys(field: Field, { type, value }: TypedValue): Key[] {
  const { type: identifierType, value: text } = (value ?? {}) as Texts & { value?: unknown }
  if (type !== 'Identifier' || typeof text !== 'string') return []
  return (identifierType?.coding ?? []).flatMap(({ system, code }) =>
    system === undefined || code === undefined ? [] : [field.keys.value('of-type', system, code, text)],
  )
}

/** "The format for this when using :of-type is [system]|[code]|[value]; all three parts must be present". */
function ofType(field: Field, value: string): Clause {
  const [system = '', code = '', text = '', ...others] = split(value, '|').map(unescape)
  if (others.length > 0 || [system, code, text].includes('')) {
    const form = 'system|code|value, the system and code being those of the identifier’s type'
    throw new FhirError('invalidQuery', `"${value}" is no value for ${field.parameter.code}:of-type: ${form}`)
  }
  const typed = holding(field, [field.keys.value('of-type', system, code, text)], {
    filter: true,
    judged: false,
  })
  return and(tokenClause(field, { system: undefined, code: text }), typed)
}

export function tokenClause(field: Field, { system: asked, code }: Token): Clause {
  // "|code" is one without a system, and of these nothing has any.
  const system = asked === '' && isWithoutSystem(field) ? undefined : asked
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

const withoutSystem = new Set(['string', 'uri', 'id', 'boolean', 'ContactPoint'])

function isWithoutSystem({ parameter: { valueTypes = [] } }: Field): boolean {
  return valueTypes.length > 0 && valueTypes.every((type) => withoutSystem.has(type))
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
      return (parts.coding ?? []).flatMap((coding) => tokenOf(coding.system, coding.code))
    case 'Identifier':
      return tokenOf(parts.system, parts.value)
    case 'ContactPoint':
      return parts.value === undefined ? [] : [{ system: undefined, code: parts.value }]
    case 'Quantity':
    case 'Range':
    case 'Reference':
      // Where an expression takes every type of a choice, as the values of Group do: these are no tokens.
      return []
    default:
      return tokenOf(parts.system, parts.code)
  }
}

function tokenOf(system: string | undefined, code: string | undefined): Token[] {
  return system === undefined && code === undefined ? [] : [{ system: system ?? '', code }]
}

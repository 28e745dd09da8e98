import type { Found } from './fhirpath-values.ts'
import { splitAt, unescaped } from './query-values.ts'
import { folded } from './text-rules.ts'

export interface Token {
  readonly system: string | undefined
  readonly code: string | undefined
  /** "Identifier.value SHALL be case sensitive"; other tokens are compared without case. */
  readonly isExact: boolean
}

interface Coding {
  readonly system?: string
  readonly code?: string
  readonly display?: string
}

interface Identifier {
  readonly system?: string
  readonly value?: string
  readonly type?: { readonly text?: string; readonly coding?: readonly Coding[] }
}

/** How each data type is read: the table in https://hl7.org/fhir/R4/search.html#token */
export function tokensOf({ type, value }: Found): Token[] {
  if (typeof value !== 'object') return [{ system: undefined, code: String(value), isExact: false }]
  if (type === 'CodeableConcept') {
    return ((value as { coding?: readonly Coding[] }).coding ?? []).map(({ system, code }) => ({
      system,
      code,
      isExact: false,
    }))
  }
  if (type === 'Identifier' || type === 'ContactPoint') {
    const { system, value: code } = value as Identifier
    return [{ system: type === 'Identifier' ? system : undefined, code, isExact: type === 'Identifier' }]
  }
  const { system, code } = value as Coding
  return [{ system, code, isExact: false }]
}

/** `[code]`, `[system]|[code]`, `|[code]` or `[system]|` */
export function tokenMatches(query: string, { system, code, isExact }: Token): boolean {
  const [first = '', second] = splitAt('|', query).map(unescaped)
  const sameCode = (asked: string) =>
    code !== undefined && (isExact ? code === asked : code.toLowerCase() === asked.toLowerCase())
  if (second === undefined) return sameCode(first)
  const sameSystem = first === '' ? system === undefined : system === first
  return sameSystem && (second === '' || sameCode(second))
}

/** "text associated with the code/value - either CodeableConcept.text, Coding.display, or Identifier.type.text" */
export function tokenTexts({ type, value }: Found): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (type === 'Identifier') return present((value as Identifier).type?.text)
  const { text, display, coding = [] } = value as { text?: string; display?: string; coding?: readonly Coding[] }
  return [...present(text), ...present(display), ...coding.flatMap((one) => present(one.display))]
}

export function tokenTextMatches(query: string, text: string): boolean {
  return folded(text).startsWith(folded(query))
}

/** `:of-type`: `[system]|[code]|[value]`, where system and code are those of Identifier.type.coding. */
export function ofTypeMatches(query: string, { value }: Found): boolean {
  const [system, code, number] = splitAt('|', query).map(unescaped)
  const identifier = value as Identifier
  const typed = identifier.type?.coding?.some((coding) => coding.system === system && coding.code === code) ?? false
  return typed && identifier.value === number
}

function present(text: string | undefined): string[] {
  return text === undefined ? [] : [text]
}

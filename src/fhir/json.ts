/// <reference lib="es2024.string" />
import { parse as parseLossless } from 'lossless-json'
import { FhirError } from './error.ts'
import { isNumberLiteral, scanJson } from './json-scan.ts'

/**
 * JSON as FHIR needs it: `1.0` stays `1.0`.
 *
 * "Implementations SHALL handle decimal values in ways that preserve and respect the precision of the value."
 * https://hl7.org/fhir/R4/datatypes.html#decimal
 */
export class Decimal {
  /** The literal as it was written, e.g. `1.0`, `1e3` or 20 digits. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** A string that no input can hold, since NUL is refused; `stringifyJson` turns it back into the literal. */
  toJSON(): string {
    return `\u0000${this.text}`
  }
}

/** Far deeper than any real resource, far from the end of the stack. */
export const depthLimit = 100
/** Up to here the slow parser is asked where broken JSON breaks; beyond it would hold up everybody else. */
const explainLimit = 1_000_000

const marker = /"\\u0000(-?[0-9][0-9.eE+-]*)"/g
const halfPair = /\p{Surrogate}/u
const suspicious = /\\u(?:0000|[dD][89a-fA-F])|__proto__|\\u005[fF]/

/**
 * Numbers that a double would change become `Decimal`. Throws FhirError('malformed'), naming line and column, for broken
 * JSON, a key twice in one object, NUL, half a surrogate pair, nesting deeper than 100 and the key `__proto__`.
 */
export function parseJson(text: string): unknown {
  const { inexact, members, tooDeep } = scanJson(text, depthLimit)
  if (tooDeep !== -1) throw refused(text, tooDeep, `nesting deeper than ${depthLimit}`)
  if (!text.isWellFormed()) throw refused(text, text.search(halfPair), 'half a surrogate pair')
  if (suspicious.test(text)) refuseForbiddenStrings(text)
  let value: unknown
  try {
    value = JSON.parse(inexact.length === 0 ? text : withMarkers(text, inexact))
  } catch (cause) {
    throw broken(text, cause)
  }
  const counter = { members: 0 }
  const result = restore(value, counter)
  // A key that came twice leaves fewer members than the text has: cheaper than remembering every key of every object.
  if (counter.members !== members) refuseDuplicateKey(text)
  return result
}

/** The text of a value, exact decimals included; `indent` blanks per level make it readable. */
export function stringifyJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text.includes('\\u0000') ? text.replace(marker, '$1') : text
}

/** What a JSON number literal becomes here; undefined for what is none. */
export function numberOfLiteral(literal: string): number | Decimal | undefined {
  if (!isNumberLiteral(literal)) return undefined
  const number = Number(literal)
  return String(number) === literal ? number : new Decimal(literal)
}

/** The number that a JSON number stands for, within a double's precision; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : value instanceof Decimal ? Number(value.text) : undefined
}

/** The literal of a JSON number, which tells its precision; undefined for anything else. */
export function decimalText(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : value instanceof Decimal ? value.text : undefined
}

/** Whether both are JSON numbers of the same value, however they are written: `1.0` and `1` are. */
export function sameNumber(a: unknown, b: unknown): boolean {
  const [first, second] = [decimalText(a), decimalText(b)]
  return first !== undefined && second !== undefined && (first === second || canonical(first) === canonical(second))
}

/** `-12.50` as `-125e-1`: digits without outer zeros, and the power of ten of the last one. */
function canonical(literal: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/.exec(literal)!
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** `inexact` holds the start and the end of each literal in turn. */
function withMarkers(text: string, inexact: readonly number[]): string {
  const parts: string[] = []
  let done = 0
  for (let at = 0; at < inexact.length; at += 2) {
    parts.push(text.slice(done, inexact[at]), '"\\u0000', text.slice(inexact[at], inexact[at + 1]), '"')
    done = inexact[at + 1]!
  }
  return parts.join('') + text.slice(done)
}

/** Counts members and turns markers into decimals, in place. */
function restore(value: unknown, counter: { members: number }): unknown {
  if (typeof value === 'string') return value.charCodeAt(0) === 0 ? new Decimal(value.slice(1)) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = restore(value[index], counter)
    return value
  }
  const object = value as Record<string, unknown>
  for (const key in object) {
    counter.members++
    const member = object[key]
    if (typeof member === 'object') restore(member, counter)
    else if (typeof member === 'string' && member.charCodeAt(0) === 0) object[key] = new Decimal(member.slice(1))
  }
  return object
}

function refuseForbiddenStrings(text: string): void {
  scanJson(text, depthLimit, (token, start, end) => {
    if (token !== 'string' && token !== 'key') return
    const literal = text.slice(start, end)
    if (!literal.includes('\\') && literal !== '"__proto__"') return
    const string = unquoted(literal)
    if (string === undefined) return
    if (string.includes('\u0000')) throw refused(text, start, 'the character NUL')
    if (!string.isWellFormed()) throw refused(text, start, 'half a surrogate pair')
    if (token === 'key' && string === '__proto__') throw refused(text, start, 'the key "__proto__"')
  })
}

function refuseDuplicateKey(text: string): void {
  const keys: Set<string>[] = []
  scanJson(text, depthLimit, (token, start, end) => {
    if (token === '{') keys.push(new Set())
    else if (token === '}') keys.pop()
    else if (token === 'key') {
      const key = unquoted(text.slice(start, end))!
      if (keys.at(-1)!.has(key)) throw refused(text, start, `the key "${key.slice(0, 80)}" a second time in one object`)
      keys.at(-1)!.add(key)
    }
  })
}

function unquoted(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined // a broken string; parsing the whole will say so
  }
}

function refused(text: string, at: number, what: string): FhirError {
  return new FhirError('malformed', `The JSON holds ${what} at ${place(text, at)}`)
}

function broken(text: string, cause: unknown): FhirError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (text.trim() === '') return new FhirError('malformed', 'A JSON body is needed, but there is none', { cause })
  const explained = text.length > explainLimit ? undefined : explanation(text)
  return new FhirError('malformed', `The JSON is broken: ${explained ?? message}`, { cause })
}

function explanation(text: string): string | undefined {
  try {
    parseLossless(text)
    return undefined
  } catch (error) {
    const match = /^(.*) at position (\d+)/s.exec(error instanceof Error ? error.message : '')
    return match ? `${match[1]} at ${place(text, Number(match[2]))}` : undefined
  }
}

function place(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n')
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`
}

/** A copy that shares nothing that can be changed; exact decimals stay what they are. */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return value
  if (Array.isArray(value)) return value.map(copyJson) as T
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyJson(inner)])) as T
}

/** How `_filter` is written. https://hl7.org/fhir/R4/search_filter.html */
import { FhirError, type Problem } from '../../fhir/error.ts'

export type Filter =
  | { readonly is: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly is: 'not'; readonly of: Filter }
  | Comparison

export interface Comparison {
  readonly is: 'comparison'
  readonly path: string
  readonly operator: string
  readonly value: string
  /** Where it stands, counted from 0. */
  readonly at: number
}

const longest = 20_000
const deepest = 20
const mostComparisons = 100

/** Parameters with dots and colons between them, e.g. `subject:Patient.name` or `_has:Observation:patient:code`. */
const path = /[A-Za-z_][\w:.-]*/y
const operator = /[a-z]{2}(?=\s)/y
/** "any sequence of non-whitespace characters … except ] and )", or a JSON string. */
const token = /[^\s"\])][^\s\])]*/y
const string = /"(?:[^"\\]|\\.)*"/sy
const blank = /\s*/y

interface Reader {
  readonly text: string
  at: number
  depth: number
  comparisons: number
}

/** "Logical expressions are evaluated left to right, with no precedence between and and or." */
export function parsedFilter(text: string): Filter {
  const reader: Reader = { text, at: 0, depth: 0, comparisons: 0 }
  if (text.length > longest) throw refused(0, `it is longer than ${longest} characters`)
  const filter = expression(reader)
  if (reader.at < text.length) throw refused(reader.at, `"${rest(reader)}" does not belong there`)
  return filter
}

/** A refusal that names the place, counted from 0. */
export function refused(at: number, why: string, problem: Problem = 'invalidQuery'): FhirError {
  return new FhirError(problem, `_filter, at character ${at + 1}: ${why}`)
}

function expression(reader: Reader): Filter {
  if (++reader.depth > deepest) throw refused(reader.at, `parentheses nest deeper than ${deepest}`)
  let left = operand(reader)
  let last: { readonly is: 'and' | 'or'; readonly of: Filter[] } | undefined
  for (let word = connective(reader); word; word = connective(reader)) {
    const right = operand(reader)
    if (last?.is === word) last.of.push(right)
    else left = last = { is: word, of: [left, right] }
  }
  reader.depth--
  return left
}

function connective(reader: Reader): 'and' | 'or' | undefined {
  skipBlanks(reader)
  const word = /(and|or)(?=[\s(])/y
  return taken(reader, word) as 'and' | 'or' | undefined
}

function operand(reader: Reader): Filter {
  skipBlanks(reader)
  if (taken(reader, /not\s*(?=\()/y) !== undefined) return { is: 'not', of: grouped(reader) }
  return reader.text[reader.at] === '(' ? grouped(reader) : comparison(reader)
}

function grouped(reader: Reader): Filter {
  const start = reader.at++
  const filter = expression(reader)
  if (reader.text[reader.at] !== ')') throw refused(start, 'the parenthesis is not closed')
  reader.at++
  return filter
}

function comparison(reader: Reader): Comparison {
  const start = reader.at
  if (++reader.comparisons > mostComparisons) throw refused(start, `there are more than ${mostComparisons} comparisons`)
  const name = taken(reader, path)
  if (name === undefined) {
    throw refused(
      start,
      `a comparison such as: name co "pet" is missing${reader.at < reader.text.length ? ` before "${rest(reader)}"` : ''}`,
    )
  }
  if (reader.text[reader.at] === '[')
    throw refused(reader.at, 'filters in brackets are not supported', 'unsupportedParameter')
  skipBlanks(reader)
  const known = taken(reader, operator)
  if (known === undefined) throw refused(reader.at, `behind "${name}" an operator such as eq is missing`)
  skipBlanks(reader)
  return { is: 'comparison', path: name, operator: known, value: valueOf(reader, name, known), at: start }
}

function valueOf(reader: Reader, name: string, known: string): string {
  const start = reader.at
  const quoted = taken(reader, string)
  const value = quoted === undefined ? taken(reader, token) : unquoted(quoted, start)
  if (value === undefined || value === '')
    throw refused(start, `behind "${name} ${known}" a value is missing, or a string is not closed`)
  if (!value.isWellFormed() || value.includes('\0')) throw refused(start, 'the value holds what is no text')
  return value
}

function unquoted(text: string, at: number): string {
  try {
    return JSON.parse(text) as string
  } catch {
    throw refused(at, 'a string in quotation marks is written as in JSON')
  }
}

function taken(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)?.[0]
  if (found !== undefined) reader.at += found.length
  return found?.trimEnd()
}

function skipBlanks(reader: Reader): void {
  taken(reader, blank)
}

function rest({ text, at }: Reader): string {
  return text.slice(at, at + 20).toWellFormed()
}

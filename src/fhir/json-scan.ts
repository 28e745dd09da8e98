/**
 * What JSON.parse does not tell, in one pass over the text outside of its strings: which number literals a double would
 * change, and how many members the objects have. The grammar is left to JSON.parse.
 */
export interface Scan {
  /** Start and end of each number literal whose text must be kept, in turn. */
  readonly inexact: readonly number[]
  /** How many members all objects together have. */
  readonly members: number
  /** Where the nesting first exceeded the limit; -1 when it never did. */
  readonly tooDeep: number
}

/** Sees brackets, strings and keys (strings before a colon) in the order of the text. */
export type Visitor = (token: '{' | '}' | 'string' | 'key', start: number, end: number) => void

const quote = 0x22
const colon = 0x3a
const openObject = 0x7b
const closeObject = 0x7d
const openArray = 0x5b
const closeArray = 0x5d
const backslash = 0x5c
const minus = 0x2d
const zero = 0x30
const nine = 0x39

const literal = /-?[0-9][0-9.eE+-]*/y
const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

export function scanJson(text: string, depthLimit: number, visit?: Visitor): Scan {
  const inexact: number[] = []
  let members = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = endOfString(text, at)
      visit?.(isKey(text, end) ? 'key' : 'string', at, end)
      at = end - 1
    } else if (code === colon) {
      members++
    } else if (code === openObject || code === openArray) {
      if (++depth > depthLimit) return { inexact, members, tooDeep: at }
      visit?.('{', at, at + 1)
    } else if (code === closeObject || code === closeArray) {
      depth--
      visit?.('}', at, at + 1)
    } else if (code === minus || (code >= zero && code <= nine)) {
      const end = endOfNumber(text, at)
      if (isInexact(text.slice(at, end)) && !isKey(text, end)) inexact.push(at, end)
      at = end - 1
    }
  }
  return { inexact, members, tooDeep: -1 }
}

/** The position after the closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, start, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped(text: string, start: number, at: number): boolean {
  let backslashes = 0
  while (at - 1 - backslashes > start && text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++
  return backslashes % 2 === 1
}

function isKey(text: string, end: number): boolean {
  while (/\s/.test(text.charAt(end))) end++
  return text.charCodeAt(end) === colon
}

function endOfNumber(text: string, start: number): number {
  literal.lastIndex = start
  return literal.test(text) ? literal.lastIndex : start + 1
}

/** What is no number at all is left in place for JSON.parse to refuse. */
function isInexact(digits: string): boolean {
  return String(Number(digits)) !== digits && isNumberLiteral(digits)
}

export function isNumberLiteral(text: string): boolean {
  return number.test(text)
}

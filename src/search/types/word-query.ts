import { FhirError } from '../../fhir/error.ts'
import type { WordQuery } from '../clause.ts'
import { wordsOf } from '../words.ts'

/** Of one value; the index is asked for each. */
const mostTerms = 100
const deepest = 20

interface Reading {
  readonly code: string
  readonly tokens: readonly Token[]
  at: number
  terms: number
  depth: number
}

interface Token {
  readonly is: 'open' | 'close' | 'and' | 'or' | 'not' | 'term'
  readonly text: string
}

/**
 * Words that must all be there, in any order; "a phrase"; beginn*; `OR` (weaker than what stands side by side), `-` or `NOT` before
 * what must be absent, and parentheses, as in R4's example: `(bone OR liver) and metastases`.
 */
export function parsedWords(code: string, text: string): WordQuery {
  const reading: Reading = { code, tokens: tokensOf(code, text), at: 0, terms: 0, depth: 0 }
  const query = alternatives(reading)
  const left = reading.tokens[reading.at]
  if (left) throw refused(code, `"${left.text}" closes nothing`)
  if (!query) throw refused(code, `"${text.slice(0, 100)}" holds no word to search by`)
  return query
}

function tokensOf(code: string, text: string): Token[] {
  const tokens: Token[] = []
  for (const [all, phrase, sign, word] of text.matchAll(/"([^"]*)"\*?|([()]|-(?=\S))|([^\s()"]+)|"/g)) {
    if (all === '"') throw refused(code, 'a quotation mark is not closed')
    if (phrase !== undefined) tokens.push({ is: 'term', text: all })
    else if (word !== undefined) tokens.push({ is: kindOf(word), text: word })
    else tokens.push({ is: sign === '(' ? 'open' : sign === ')' ? 'close' : 'not', text: all })
  }
  return tokens
}

/** R4 writes "and" and "OR"; "not" is a word as well, so that only `NOT` means it. */
function kindOf(word: string): Token['is'] {
  if (/^or$/i.test(word)) return 'or'
  if (/^and$/i.test(word)) return 'and'
  return word === 'NOT' ? 'not' : 'term'
}

function alternatives(reading: Reading): WordQuery | undefined {
  if (++reading.depth > deepest) throw refused(reading.code, `parentheses nest deeper than ${deepest}`)
  const of = [together(reading)]
  while (reading.tokens[reading.at]?.is === 'or') {
    reading.at++
    of.push(together(reading))
  }
  reading.depth--
  if (of.length > 1 && of.includes(undefined)) throw refused(reading.code, 'one side of an OR holds no word')
  return joined('or', of)
}

function together(reading: Reading): WordQuery | undefined {
  const of: (WordQuery | undefined)[] = []
  for (;;) {
    const next = reading.tokens[reading.at]?.is
    if (next === undefined || next === 'close' || next === 'or') return joined('and', of)
    if (next === 'and') reading.at++
    else of.push(single(reading))
  }
}

function single(reading: Reading): WordQuery | undefined {
  const { code, tokens } = reading
  let absent = false
  while (tokens[reading.at]?.is === 'not') {
    absent = !absent
    reading.at++
  }
  const token = tokens[reading.at++]
  if (!token || (token.is !== 'term' && token.is !== 'open')) throw refused(code, 'a word is missing')
  const query = token.is === 'open' ? bracketed(reading) : term(reading, token)
  return query && absent ? { is: 'not', of: query } : query
}

function bracketed(reading: Reading): WordQuery | undefined {
  const query = alternatives(reading)
  if (reading.tokens[reading.at++]?.is !== 'close') throw refused(reading.code, 'a parenthesis is not closed')
  return query
}

/** What is written as one but holds several words, such as `E11.9`, is a phrase. */
function term(reading: Reading, { text }: Token): WordQuery | undefined {
  const words = wordsOf(text)
  if (words.length === 0) return undefined
  reading.terms += words.length
  if (reading.terms > mostTerms) throw refused(reading.code, `there are more than ${mostTerms} words`)
  return { is: 'phrase', words, open: text.endsWith('*') }
}

function joined(is: 'and' | 'or', of: readonly (WordQuery | undefined)[]): WordQuery | undefined {
  const known = of.filter((query) => query !== undefined)
  return known.length > 1 ? { is, of: known } : known[0]
}

function refused(code: string, why: string): FhirError {
  const form = 'words, "a phrase", OR, -without, begin*, parentheses; a comma within a text is written \\,'
  return new FhirError('invalidQuery', `${code}: ${why}. It takes ${form}.`)
}

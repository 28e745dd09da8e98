import { createRequire } from 'node:module'
import type * as Re2 from 're2js'

const load = createRequire(import.meta.url)

/**
 * Whether a text as a whole matches a regular expression that somebody else wrote: in time that grows with the text alone,
 * whatever the expression. Undefined for what is no regular expression of RE2, e.g. with a look-ahead.
 *
 * The library is loaded for the first of them; most starts never see one.
 */
export function pattern(expression: string): ((text: string) => boolean) | undefined {
  const { RE2JS, RE2JSSyntaxException } = load('re2js') as typeof Re2
  try {
    const compiled = RE2JS.compile(expression)
    return (text) => compiled.testExact(text)
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return undefined
    throw error
  }
}

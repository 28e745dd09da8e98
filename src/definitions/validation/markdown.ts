import { quoted } from '../primitives.ts'
import type { Rule } from './invariants.ts'

/** An HTML tag, a comment, a declaration, as CommonMark tells them from "<38 °C" and "<https://example.org>". */
const html = /<(?:[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?\/?>|\/[A-Za-z][A-Za-z0-9-]*\s*>|!--|!\[CDATA\[|![A-Za-z]|\?)/

/**
 * "This specification requires and uses the GFM extensions on CommonMark format, with the exception of support for inline HTML
 * which is not supported." What is escaped or code is text.
 *
 * https://hl7.org/fhir/R4/datatypes.html#markdown
 */
export const checkMarkdown: Rule = (value, walk) => {
  if (typeof value !== 'string' || !html.test(value)) return
  if (html.test(plain(value)))
    walk.report('invalid', `${quoted(value)} holds HTML, which markdown in FHIR does not have`)
}

/** Without what is escaped and without code, which ends at the next run of as many backticks as it began with: one pass. */
function plain(text: string): string {
  const runs = new Map<number, number[]>()
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const starts = runs.get(run.length)
    if (starts) starts.push(index)
    else runs.set(run.length, [index])
  }
  for (const starts of runs.values()) starts.reverse()
  const token = /\\[\\<`]|`+/g
  const kept: string[] = []
  let done = 0
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [{ length }, { index }] = [found[0], found]
    kept.push(text.slice(done, index))
    done = index + length
    if (!found[0].startsWith('\\')) {
      const later = runs.get(length) ?? []
      while (later.length > 0 && later.at(-1)! < done) later.pop()
      done = later.length > 0 ? later.at(-1)! + length : done
      token.lastIndex = done
    }
  }
  kept.push(text.slice(done))
  return kept.join('')
}

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
  const plain = value.replace(/\\[\\<`]|(`+)[\s\S]*?[^`]\1(?!`)/g, '')
  if (html.test(plain)) walk.report('invalid', `${quoted(value)} holds HTML, which markdown in FHIR does not have`)
}

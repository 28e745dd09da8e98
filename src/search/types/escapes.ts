import { FhirError } from '../../fhir/error.ts'

/**
 * Splits a query value at a separator that no backslash precedes; the parts keep their escapes.
 *
 * https://hl7.org/fhir/R4/search.html#escaping
 */
export function split(text: string, separator: ',' | '|' | '$'): string[] {
  if (!text.includes(separator)) return [text]
  const parts = ['']
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\' && at + 1 < text.length) parts[parts.length - 1] += text[at]! + text[++at]!
    else if (text[at] === separator) parts.push('')
    else parts[parts.length - 1] += text[at]!
  }
  return parts
}

/** "The parameter value xx\xx is illegal, and the parameter value xx\\xx indicates a literal value of xx\xx." */
export function unescape(text: string): string {
  if (!text.includes('\\')) return text
  if (/(?:^|[^\\])(?:\\\\)*\\(?![\\,|$])/.test(text)) {
    throw new FhirError(
      'invalidQuery',
      `"${text}" has a backslash that escapes nothing; write \\\\ for one, or \\, \\| \\$`,
    )
  }
  return text.replace(/\\([\\,|$])/g, '$1')
}

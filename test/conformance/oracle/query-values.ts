/** https://hl7.org/fhir/R4/search.html#escaping: a separator after a backslash is text. */
export function splitAt(separator: string, text: string): string[] {
  const parts: string[] = ['']
  for (const [piece] of text.matchAll(/\\.|[^\\]/gsu)) {
    if (piece === separator) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}

export function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1')
}

export function escaped(text: string): string {
  return text.replaceAll(/[\\,|$]/g, '\\$&')
}

/** `ge2020` is `ge` and `2020`; without one of the prefixes, `eq` is meant. https://hl7.org/fhir/R4/search.html#prefix */
export function prefixed(text: string): { prefix: string; rest: string } {
  const [, prefix = 'eq', rest = ''] = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)$/s.exec(text)!
  return { prefix, rest }
}

export const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const

import type { Found } from './fhirpath-values.ts'

/** "insensitive to casing and included combining characters … Punctuation and non-significant whitespace should also be ignored" */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{P}]/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

interface Text {
  readonly text: string
  /** Where a word of it starts, a search may start as well. */
  readonly byWords: boolean
}

const nameParts = ['family', 'given', 'prefix', 'suffix', 'text']
const addressParts = ['line', 'city', 'district', 'state', 'country', 'postalCode', 'text']

/** The texts that a string parameter covers. https://hl7.org/fhir/R4/search.html#string */
export function textsOf({ type, value }: Found, expression: string): Text[] {
  if (typeof value === 'string') return [{ text: value, byWords: expression.includes('.family') }]
  const parts = type === 'HumanName' ? nameParts : type === 'Address' ? addressParts : ['text', 'display', 'value']
  return parts.flatMap((part) =>
    [(value as Record<string, unknown>)[part]]
      .flat()
      .filter((text) => typeof text === 'string')
      .map((text) => ({ text, byWords: part === 'family' })),
  )
}

export function textMatches(query: string, { text, byWords }: Text, modifier: string | undefined): boolean {
  if (modifier === 'exact') return text === query
  const asked = folded(query)
  if (modifier === 'contains') return folded(text).includes(asked)
  // "For robust search, servers should search the parts of a family name independently."
  const words = byWords
    ? [...text.matchAll(/[\s-]+(?=\S)/g)].map(({ index, 0: gap }) => text.slice(index + gap.length))
    : []
  return [text, ...words].some((start) => folded(start).startsWith(asked))
}

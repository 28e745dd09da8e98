import { evaluated, type Found, type Resource } from './fhirpath-values.ts'
import { folded } from './text-rules.ts'

const textTypes = ['string', 'markdown', 'xhtml']

/** The texts that `_text` (the narrative) and `_content` (the whole resource) search. https://hl7.org/fhir/R4/search.html#content */
export function wordyValues(code: string, resource: Resource): Found[] {
  const { resourceType } = resource
  if (code === '_text') return evaluated(`${resourceType}.text.\`div\``, resource).flatMap(asText)
  const all = evaluated(`${resourceType}.descendants()`, resource).filter(({ type }) => textTypes.includes(type))
  const without = ['id', 'ofType(Reference).reference', 'ofType(SampledData).data'].flatMap((path) =>
    evaluated(`${resourceType}.descendants().${path}`, resource).map(({ value }) => value),
  )
  for (const value of without) {
    const at = all.findIndex((found) => found.value === value)
    if (at !== -1) all.splice(at, 1)
  }
  return all.flatMap(asText)
}

/** What holds no word is no text. */
function asText({ type, value }: Found): Found[] {
  const text = type === 'xhtml' ? withoutMarkup(String(value)) : String(value)
  return wordsIn(text).length === 0 ? [] : [{ type: 'text', value: text }]
}

function withoutMarkup(html: string): string {
  return html
    .replaceAll(/<!--.*?-->/gs, ' ')
    .replaceAll(
      /<[/]?(?:a|b|i|em|span|strong|code|tt|sub|sup|small|big|abbr|cite|q|u|acronym|samp|var|kbd|dfn)(?:\s[^>]*)?[/]?>/g,
      '',
    )
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
    .replaceAll(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}

function wordsIn(text: string): string[] {
  return text
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map(folded)
    .filter((word) => word !== '')
}

/** Words that stand one after the other; `*`: the last one begins so. */
export function wordsMatch(query: string, { value }: Found): boolean {
  const asked = wordsIn(query)
  const words = wordsIn(value as string)
  const open = query.endsWith('*')
  return words.some((_, start) =>
    asked.every((word, n) =>
      open && n === asked.length - 1 ? words[start + n]?.startsWith(word) : words[start + n] === word,
    ),
  )
}

/** A word, a phrase and the beginning of a word. Scripts without spaces are left to other tests. */
export function wordForms({ value }: Found): string[] {
  const words = wordsIn(value as string).filter((word) => !/^(?:and|or|not)$/.test(word))
  const [first, second] = words
  if (first === undefined || words.some((word) => /[\u3000-\u9fff\u0e00-\u0eff]/.test(word) || word.length > 60))
    return []
  const phrase = wordsIn(value as string)
    .slice(0, 3)
    .join(' ')
  return [first, `"${phrase}"`, ...(second !== undefined && second.length > 4 ? [`${second.slice(0, 4)}*`] : [])]
}

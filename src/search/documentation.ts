import type { SearchParameterType } from '../definitions/definitions.ts'

const prefixed: ReadonlySet<SearchParameterType> = new Set(['number', 'date', 'quantity'])

/** What a client may write before and behind a parameter's name, for people who read the CapabilityStatement. */
export function documentationOf(type: SearchParameterType, modifiers: readonly string[]): string {
  const named = modifiers.filter((modifier) => !isType(modifier)).map((modifier) => `:${modifier}`)
  const all = modifiers.some(isType) ? [...named, ':[type]'] : named
  const sentences = [`Modifiers: ${all.join(' ')}.`]
  if (prefixed.has(type)) sentences.push('Prefixes: eq ne gt lt ge le sa eb ap.')
  return sentences.join(' ')
}

/** The name of a resource type, as in `subject:Patient`. */
function isType(modifier: string): boolean {
  return /^[A-Z]/.test(modifier)
}

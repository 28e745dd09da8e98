import type { Field } from './field.ts'
import type { Key, Keys } from './keys.ts'

/** What the row holds when a resource of the type stands inside of it and is referred to by this parameter. */
export function containedKey(keys: Pick<Keys, 'key'>, { parameter }: Field, target: string): Key {
  return keys.key('contained', parameter.code, target)
}

/** Of a contained resource only single values are indexed: no composites, no positions, nothing of its own as a whole. */
export function isOfContained({ parameter: { code, type } }: Field): boolean {
  return !code.startsWith('_') && type !== 'composite' && type !== 'special'
}

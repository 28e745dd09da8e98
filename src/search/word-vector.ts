import type { Key } from './keys.ts'
import { wordsOf } from './words.ts'

/** Characters of all texts of a resource together; what comes after is not found by its words. */
export const mostText = 1_000_000
/** Of a tsvector, which has room for 1 MiB. */
const mostBytes = 500_000
/** Postgres knows no later place of a word, and no more places of one: there phrases end, words do not. */
const lastPlace = 16_383
const mostPlaces = 255

/** Stands among the words of a parameter, and is no word: it begins with a blank. */
export function marker(key: Key): string {
  return ` ${key}`
}

/**
 * The words of some texts with their places, as a tsvector is written; undefined where there are none. Between two texts a
 * place is left free, so that no phrase reaches from one into the other.
 */
export function wordVector(key: Key, texts: Iterable<string>): string | undefined {
  const places = new Map<string, number[]>()
  let bytes = 0
  let place = 0
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      const at = Math.min(++place, lastPlace)
      let known = places.get(word)
      if (known === undefined) {
        bytes += Buffer.byteLength(word) + 4
        if (bytes > mostBytes) return written(key, places)
        places.set(word, (known = []))
      }
      if (known.length === mostPlaces || known.at(-1) === at) continue
      known.push(at)
      bytes += 2
    }
    place++
  }
  return places.size === 0 ? undefined : written(key, places)
}

function written(key: Key, places: ReadonlyMap<string, readonly number[]>): string {
  const words = [...places].map(([word, at]) => `'${word}':${at.join(',')}`)
  return [`'${marker(key)}'`, ...words].join(' ')
}

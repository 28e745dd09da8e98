import { foldedLetters } from './text.ts'

/** Characters; of a longer word these alone are compared. */
const longestWord = 64

const ascii = /^[\u0020-\u007e\s]*$/
const asciiWords = /[a-z0-9]+/g
const words = /[\p{L}\p{N}]+/gu

/** Scripts that put no space between words: each letter is a word, and what was asked for a phrase of them. */
const unspaced = '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}'
const mayBeUnspaced = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u9fff\u{20000}-\u{3ffff}]/u
const unspacedWords = new RegExp(`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{N}])+`, 'gu')

/**
 * The words of a text as full-text search compares them: letters and digits in one case, without accents, the same in every
 * language and whatever the locale of the database is.
 */
export function wordsOf(text: string): string[] {
  if (ascii.test(text)) return (text.toLowerCase().match(asciiWords) ?? []).map(shortened)
  const found = foldedLetters(text).match(words) ?? []
  return found.flatMap((word) => (mayBeUnspaced.test(word) ? (word.match(unspacedWords) ?? []) : [word])).map(shortened)
}

function shortened(word: string): string {
  return word.length <= longestWord ? word : word.slice(0, longestWord).toWellFormed().replaceAll('\ufffd', '')
}

/** What does not end a word where it stands. */
const inline = new Set(
  'a abbr acronym b bdo big cite code dfn em i kbd q samp small span strong sub sup tt u var'.split(' '),
)
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Comments, sections of characters, tags, character references; what has no end reaches to the end. */
const markupParts =
  /<!--[^]*?(?:-->|$)|<!\[CDATA\[([^]*?)(?:\]\]>|$)|<\/?([a-z0-9]*)(?:[^>"']+|"[^"]*(?:"|$)|'[^']*(?:'|$))*(?:>|$)|&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi

/** XHTML as it is read: without its tags, with the characters that its references stand for. */
export function textOfMarkup(markup: string): string {
  return markup.replace(
    markupParts,
    (
      part: string,
      characters: string | undefined,
      tag: string | undefined,
      hex: string | undefined,
      decimal: string | undefined,
      name: string | undefined,
    ) => {
      if (characters !== undefined) return characters
      if (hex !== undefined) return character(parseInt(hex, 16))
      if (decimal !== undefined) return character(Number(decimal))
      if (name !== undefined) return named[name] ?? part
      return tag !== undefined && inline.has(tag.toLowerCase()) ? '' : ' '
    },
  )
}

function character(point: number): string {
  return point > 0x10ffff ? ' ' : String.fromCodePoint(point)
}

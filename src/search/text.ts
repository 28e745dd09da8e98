/** What no decomposition into base letter and mark reaches. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
}
/** Of nearly all texts less than half of the work is left. */
const notAscii = /[^\t\n\r -~]/
const asciiPunctuation = /[!"#%&'()*,\-./:;?@[\\\]_{}]/g
/** In UTF-8; an index entry has room for 2,704 bytes. */
const longest = 2_000

/**
 * Text as strings are compared: "insensitive to casing and included combining characters, like accents or other diacritical
 * marks. Punctuation and non-significant whitespace should also be ignored."
 *
 * https://hl7.org/fhir/R4/search.html#string
 */
export function normalized(text: string): string {
  if (!notAscii.test(text)) return text.replace(asciiPunctuation, '').toLowerCase().replace(/\s+/g, ' ').trim()
  return text
    .normalize('NFKD')
    .replace(/[\p{M}\p{P}]/gu, '')
    .toLowerCase()
    .replace(/[ßæœøđðþłı]/g, (letter) => letters[letter]!)
    .replace(/\s+/g, ' ')
    .trim()
}

/** Letters as words are compared: in one case, without accents and other marks. */
export function foldedLetters(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøđðþłı]/g, (letter) => letters[letter]!)
    .replaceAll('ς', 'σ')
}

/** The beginning that fits into the index, without half a character at its end. */
export function cut(text: string): string {
  if (text.length * 3 <= longest) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= longest) return text
  let end = longest
  while ((bytes[end]! & 0b1100_0000) === 0b1000_0000) end--
  return bytes.subarray(0, end).toString()
}

export function fits(text: string): boolean {
  return Buffer.byteLength(text) <= longest
}

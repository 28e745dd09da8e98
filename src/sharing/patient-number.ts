import { randomInt } from 'node:crypto'

/** Crockford's base 32: nothing that is misread for something else. https://www.crockford.com/base32.html */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const drawn = 10

/** Of ISO 7064 MOD 37-2: the values of the characters, and the check character. */
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*'
const modulus = 37
const radix = 2

/**
 * A new patient number: 50 random bits and a check character, such as `4K7QH2M9XA3`. Never in sequence, so that none is
 * guessed from another. Draws whose check character is misread (`I`, `L`, `O`, `U`, `*`) are drawn again.
 */
export function newPatientNumber(): string {
  for (;;) {
    const random = Array.from({ length: drawn }, () => letters[randomInt(letters.length)]).join('')
    const check = checkCharacter(random)
    if (letters.includes(check)) return random + check
  }
}

/** Whether the text is a number that this server may have made: its length, its characters, and the last one as it has to be. */
export function isPatientNumber(text: string): boolean {
  if (text.length !== drawn + 1 || [...text].some((letter) => !letters.includes(letter))) return false
  return checkCharacter(text.slice(0, drawn)) === text.at(-1)
}

/** ISO/IEC 7064, pure system MOD 37-2: it tells every wrong character and every swap of two neighbours. */
function checkCharacter(text: string): string {
  const sum = [...text].reduce((at, letter) => ((at + alphabet.indexOf(letter)) * radix) % modulus, 0)
  return alphabet[(modulus + 1 - sum) % modulus]!
}

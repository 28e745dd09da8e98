/**
 * Passwords: argon2id, twelve characters or more, not one of those that everybody tries first; no rule about their make-up.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
 */
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { isCommonPassword } from './common-passwords.ts'

const shortest = 12
/** Longer ones only cost time. */
const longest = 256

export interface Passwords {
  hash(password: string): Promise<string>
  /** Takes as long for an unknown account (`undefined`) as for a known one. */
  matches(stored: string | undefined, password: string): Promise<boolean>
}

export async function createPasswords(): Promise<Passwords> {
  const decoy = await hash(randomBytes(32))
  return {
    hash: (password) => hash(normalized(password)),
    async matches(stored, password) {
      const same = await verify(stored ?? decoy, normalized(password.slice(0, longest)))
      return same && stored !== undefined
    },
  }
}

/** What is wrong with a new password, as a sentence; undefined when it is fine. */
export function passwordProblem(password: string, personal: readonly string[]): string | undefined {
  const length = [...normalized(password)].length
  if (length < shortest) return `Use ${shortest} characters or more. A few words in a row are easy to remember.`
  if (password.length > longest) return `Use ${longest} characters at most.`
  if (isCommonPassword(normalized(password), personal))
    return 'This password is on the list of those that are tried first. Choose another one.'
  return undefined
}

/** So that é is é on every keyboard. */
function normalized(password: string): string {
  return password.normalize('NFKC')
}

import { totpCode } from '../oauth/totp-code.ts'

/** How a program takes the second step of signing in. */
export interface SecondStep {
  /** A code for this attempt, from 0 on; undefined: there is no other one. */
  code(attempt: number): Promise<string | undefined>
  /** Takes the key of a first authenticator app; absent: a person has to do that. */
  enrol?(key: string): void
}

/** By the key of an authenticator app. A code works once, so that the second attempt takes the next one, which is good already. */
export function stepByKey(key: string): SecondStep {
  return { code: async (attempt) => (attempt < 2 ? totpCode(key, Date.now() + attempt * 30_000) : undefined) }
}

/** By whoever sits at the terminal. */
export function stepByAsking(ask: (question: string) => Promise<string>): SecondStep {
  return {
    code: (attempt) =>
      attempt < 3 ? ask('Code from the authenticator app: ') : (Promise.resolve(undefined) as Promise<undefined>),
  }
}

/** For an account that the program made itself: adds an authenticator app where the server wants one, and keeps its key. */
export function stepOfOwn(): SecondStep & { key(): string | undefined } {
  let kept: string | undefined
  return {
    key: () => kept,
    enrol: (key) => void (kept = key),
    code: async (attempt) => (kept === undefined ? undefined : stepByKey(kept).code(attempt)),
  }
}

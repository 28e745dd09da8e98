/**
 * Signing in with address and password. An unknown address costs what a wrong password costs, and looks the same.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#throttle
 */
import type { Account, AccountRows, Database } from './account.ts'
import type { Passwords } from './passwords.ts'
import type { SignInFailures } from './sign-in-failures.ts'
import type { Throttle } from './throttle.ts'

interface Parts {
  database: Database
  accounts: AccountRows
  passwords: Passwords
  throttle: Throttle
  signInFailures: SignInFailures
}

export type SignIn =
  | { readonly outcome: 'welcome'; readonly account: Account }
  /** The password is right, but the address is not verified, or the doctor is not (or no longer) active. */
  | { readonly outcome: 'unverified' | 'inactive'; readonly account: Account }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'wait'; readonly seconds: number }

/** One guesser at one account is slowed down early; many guessers at one account late, and never for long. */
const perPlace = { free: 5, longest: 900 }
const perAccount = { free: 25, longest: 60 }

export type Login = ReturnType<typeof createLogin>

export function createLogin({ database, accounts, passwords, throttle, signInFailures }: Parts) {
  return async function login(given: { email: string; password: string; ip: string }): Promise<SignIn> {
    const email = given.email.trim().toLowerCase()
    const here = ['login', email, given.ip]
    const anywhere = ['login', email]
    const near = await throttle.attempt(here, perPlace)
    const wide = near.admitted ? await throttle.attempt(anywhere, perAccount) : near
    const verdict = wide.admitted ? await signInFailures.attempt(given.ip) : wide
    if (!verdict.admitted) return { outcome: 'wait', seconds: verdict.seconds }
    const account = await accounts.byEmail(database, email)
    const right = await passwords.matches(account?.passwordHash, given.password)
    if (!account || !right || account.state === 'disabled') return { outcome: 'wrong' }
    await Promise.all([throttle.forget(here), throttle.forget(anywhere), signInFailures.forgive(given.ip)])
    if (account.state === 'unverified') return { outcome: 'unverified', account }
    return { outcome: account.mayAct ? 'welcome' : 'inactive', account }
  }
}

/**
 * The second step of signing in: who has to take it, and whether what was shown proves it.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#AAL_SEC4
 */
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Store } from '../../store/store.ts'
import type { Account } from './account.ts'
import type { BegunSignIn, BegunSignIns } from './begun-sign-ins.ts'
import { secretOf } from './factor-enrolment.ts'
import { type Factor, factorsOf, useCounter, useStep } from './factor-rows.ts'
import type { Letters } from './letters.ts'
import type { Passkeys } from './passkeys.ts'
import type { RecoveryCodes } from './recovery-codes.ts'
import type { SignInFailures } from './sign-in-failures.ts'
import type { Throttle } from './throttle.ts'
import type { Totp } from './totp.ts'

/** Of whom a second factor is demanded; whoever has one is asked for it anyway. */
export type DemandedOf = 'none' | 'staff' | 'all'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  demandedOf: DemandedOf
  totp: Totp
  passkeys: Passkeys
  recoveryCodes: RecoveryCodes
  begunSignIns: BegunSignIns
  letters: Letters
  throttle: Throttle
  signInFailures: SignInFailures
  factorKey: Buffer
}

export type Answer = { readonly code: string } | { readonly recovery: string } | { readonly passkey: unknown }

export type Proof =
  | { readonly outcome: 'proven'; readonly amr: readonly string[] }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'wait'; readonly seconds: number }

/** Only who knows the password comes this far, so that the pause per account locks nobody else out. */
const perAccount = { free: 5, longest: 300 }

/** https://www.rfc-editor.org/rfc/rfc8176#section-2 */
export const byCode: readonly string[] = ['otp', 'mfa']
export const byKey: readonly string[] = ['pop', 'mfa']

export type SecondFactor = ReturnType<typeof createSecondFactor>

export function createSecondFactor(parts: Parts) {
  const {
    store,
    demandedOf,
    totp,
    passkeys,
    recoveryCodes,
    begunSignIns,
    letters,
    throttle,
    signInFailures,
    factorKey,
  } = parts

  function isDemanded({ person }: Pick<Account, 'person'>): boolean {
    return demandedOf === 'all' || (demandedOf === 'staff' && person?.type === 'Practitioner')
  }

  async function byAuthenticator(factors: readonly Factor[], accountId: string, code: string): Promise<boolean> {
    for (const { id, secret } of factors) {
      const step = secret && totp.stepOf(secretOf(secret, accountId, factorKey), code)
      if (step !== undefined && (await useStep(store, id, step))) return true
    }
    return false
  }

  async function byPasskey(factors: readonly Factor[], answer: unknown, begun: BegunSignIn): Promise<boolean> {
    const challenge = await begunSignIns.takeChallenge(begun)
    const { id } = (answer ?? {}) as { id?: unknown }
    const factor = factors.find(({ passkey }) => passkey?.credentialId === id)
    if (challenge === undefined || !factor?.passkey) return false
    const proof = await passkeys.proven(answer, challenge, factor.passkey)
    return proof !== undefined && useCounter(store, factor.id, proof.counter)
  }

  function byRecoveryCode({ id, email }: Account, code: string): Promise<boolean> {
    return store.transaction(async (tx) => {
      const left = await recoveryCodes.use(tx, id, code)
      if (left !== undefined) await letters(tx).recoveryCodeUsed(email, left)
      return left !== undefined
    })
  }

  async function prove(account: Account, begun: BegunSignIn, answer: Answer): Promise<readonly string[] | undefined> {
    const factors = await factorsOf(store, account.id)
    if (factors.length === 0) return undefined
    if ('passkey' in answer) return (await byPasskey(factors, answer.passkey, begun)) ? byKey : undefined
    const right =
      'code' in answer
        ? await byAuthenticator(factors, account.id, answer.code)
        : await byRecoveryCode(account, answer.recovery)
    return right ? byCode : undefined
  }

  return {
    isDemanded,

    /** What follows a right password. */
    async after(account: Account): Promise<'nothing' | 'challenge' | 'enrolment'> {
      const factors = await factorsOf(store, account.id)
      if (factors.length > 0) return 'challenge'
      return isDemanded(account) ? 'enrolment' : 'nothing'
    },

    /** What the page can ask for. */
    async ways(
      account: Account,
      begun: BegunSignIn,
    ): Promise<{ code: boolean; passkey: PublicKeyCredentialRequestOptionsJSON | undefined }> {
      const factors = await factorsOf(store, account.id)
      const known = passkeys.possible ? factors.flatMap(({ passkey }) => passkey ?? []) : []
      return {
        code: factors.some(({ secret }) => secret !== undefined),
        passkey:
          known.length > 0 ? await passkeys.requestOptions(known, await begunSignIns.challenge(begun)) : undefined,
      }
    },

    async check(account: Account, begun: BegunSignIn, answer: Answer, ip: string): Promise<Proof> {
      const key = ['second factor', account.id]
      const own = await throttle.attempt(key, perAccount)
      const verdict = own.admitted ? await signInFailures.attempt(ip) : own
      if (!verdict.admitted) return { outcome: 'wait', seconds: verdict.seconds }
      const amr = await prove(account, begun, answer)
      if (!amr) return { outcome: 'wrong' }
      await Promise.all([throttle.forget(key), signInFailures.forgive(ip)])
      return { outcome: 'proven', amr }
    },
  }
}

/**
 * Adding a second factor: an authenticator app whose first code proves that it holds the secret, or a passkey. What was
 * offered travels sealed in the form, so that nothing is stored for those who go away.
 *
 * https://www.rfc-editor.org/rfc/rfc6238#section-5.1 and https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential
 */
import { randomBytes } from 'node:crypto'
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { Store, Transaction } from '../../store/store.ts'
import { seal, unseal } from '../../store/seal.ts'
import type { Account } from './account.ts'
import { addAuthenticator, addPasskey, type Factor, factorsOf } from './factor-rows.ts'
import type { Letters } from './letters.ts'
import type { Passkeys } from './passkeys.ts'
import type { RecoveryCodes } from './recovery-codes.ts'
import type { Totp } from './totp.ts'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  totp: Totp
  passkeys: Passkeys
  recoveryCodes: RecoveryCodes
  letters: Letters
  factorKey: Buffer
  now: () => number
}

export interface Offer {
  /** Comes back with the form. */
  readonly setup: string
  readonly secret: string
  /** For the QR code. */
  readonly address: string
  /** Undefined: this server's address can have no passkeys. */
  readonly passkey: PublicKeyCredentialCreationOptionsJSON | undefined
}

interface Setup {
  readonly secret: string
  readonly challenge: string
  readonly until: number
}

export interface NewFactor {
  readonly setup: string
  readonly name: string
  /** Only as the first one. */
  readonly first: boolean
}

/** `recoveryCodes`: made with the first factor, and told only now. */
export type Added = { readonly recoveryCodes: readonly string[] | undefined } | 'wrong' | 'outdated' | 'too-many'

const setupMinutes = 30
const mostFactors = 20

export type FactorEnrolment = ReturnType<typeof createFactorEnrolment>

export function createFactorEnrolment(parts: Parts) {
  const { store, totp, passkeys, recoveryCodes, letters, factorKey, now } = parts

  async function shown(account: Account, setup: string, { secret, challenge }: Setup): Promise<Offer> {
    const known = (await factorsOf(store, account.id)).flatMap(({ passkey }) => passkey ?? [])
    return {
      setup,
      secret,
      address: totp.address(secret, account.email),
      passkey: passkeys.possible ? await passkeys.creationOptions(account, known, challenge) : undefined,
    }
  }

  function opened(account: Account, setup: string): Setup | undefined {
    try {
      const offered = JSON.parse(unseal(Buffer.from(setup, 'base64url'), factorKey, `offer ${account.id}`)) as Setup
      return offered.until > now() ? offered : undefined
    } catch {
      return undefined
    }
  }

  /** One at a time for an account; the first factor brings the recovery codes. */
  function add(
    account: Account,
    { name, first }: { name: string; first: boolean },
    insert: (tx: Transaction, factors: readonly Factor[]) => Promise<boolean>,
  ): Promise<Added> {
    return store.transaction(async (tx) => {
      await tx.query('select from oauth_account where id = $1 for update', [account.id])
      const factors = await factorsOf(tx, account.id)
      if (factors.length >= mostFactors) return 'too-many'
      // Who only knows the password may add the very first one, and no other beside it.
      if (first && factors.length > 0) return 'outdated'
      if (!(await insert(tx, factors))) return 'outdated'
      await letters(tx).factorAdded(account.email, name)
      const without = (await recoveryCodes.left(tx, account.id)) === 0
      return { recoveryCodes: without ? await recoveryCodes.renew(tx, account.id) : undefined }
    })
  }

  return {
    offer(account: Account): Promise<Offer> {
      const fresh = {
        secret: totp.newSecret(),
        challenge: randomBytes(32).toString('base64url'),
        until: now() + setupMinutes * 60_000,
      }
      const sealed = seal(JSON.stringify(fresh), factorKey, `offer ${account.id}`)
      return shown(account, sealed.toString('base64url'), fresh)
    },

    /** The same offer again, after a code that was not right: the app has read the QR code already. */
    async again(account: Account, setup: string): Promise<Offer | undefined> {
      const offered = opened(account, setup)
      return offered && shown(account, setup, offered)
    },

    async addAuthenticator(account: Account, given: NewFactor & { code: string }): Promise<Added> {
      const offered = opened(account, given.setup)
      if (!offered) return 'outdated'
      const step = totp.stepOf(offered.secret, given.code)
      if (step === undefined) return 'wrong'
      const { secret } = offered
      return add(account, given, async (tx, factors) => {
        if (factors.some((factor) => factor.secret && secretOf(factor.secret, account.id, factorKey) === secret))
          return false
        const sealed = seal(secret, factorKey, `totp ${account.id}`)
        await addAuthenticator(tx, { accountId: account.id, name: given.name, secret: sealed, step })
        return true
      })
    },

    async addPasskey(account: Account, given: NewFactor & { answer: unknown }): Promise<Added> {
      const offered = opened(account, given.setup)
      if (!offered) return 'outdated'
      const passkey = await passkeys.created(given.answer, offered.challenge)
      if (!passkey) return 'wrong'
      return add(account, given, (tx) => addPasskey(tx, account.id, given.name, passkey))
    },
  }
}

/** The secret of an authenticator app opens for its own account alone. */
export function secretOf(sealed: Buffer, accountId: string, factorKey: Buffer): string {
  return unseal(sealed, factorKey, `totp ${accountId}`)
}

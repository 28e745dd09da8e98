/**
 * What people do with the second factors that they have, and what an administrator does when they are lost.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#lifecycle
 */
import type { Store, Transaction } from '../../store/store.ts'
import type { Person } from '../people.ts'
import type { Account } from './account.ts'
import { type Factor, factorsOf, removeAllFactors, removeFactor, renameFactor } from './factor-rows.ts'
import type { Letters } from './letters.ts'
import type { RecoveryCodes } from './recovery-codes.ts'
import { revokeAll } from './revocation.ts'
import type { SecondFactor } from './second-factor.ts'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  recoveryCodes: RecoveryCodes
  secondFactor: Pick<SecondFactor, 'isDemanded'>
  letters: Letters
}

export type FactorCare = ReturnType<typeof createFactorCare>

export function createFactorCare({ store, recoveryCodes, secondFactor, letters }: Parts) {
  return {
    async list({ id }: Account): Promise<{ factors: readonly Factor[]; recoveryCodesLeft: number }> {
      return { factors: await factorsOf(store, id), recoveryCodesLeft: await recoveryCodes.left(store, id) }
    },

    rename: (account: Account, id: string, name: string): Promise<boolean> => renameFactor(store, account.id, id, name),

    /** The last one stays where it is demanded; with the last one the recovery codes go. */
    remove(account: Account, id: string): Promise<'done' | 'unknown' | 'last'> {
      return store.transaction(async (tx) => {
        await tx.query('select from oauth_account where id = $1 for update', [account.id])
        const factors = await factorsOf(tx, account.id)
        const factor = factors.find((one) => one.id === id)
        if (!factor) return 'unknown'
        if (factors.length === 1 && secondFactor.isDemanded(account)) return 'last'
        if (factors.length === 1) await removeAllFactors(tx, account.id)
        else await removeFactor(tx, account.id, id)
        await letters(tx).factorRemoved(account.email, factor.name)
        return 'done'
      })
    },

    /** Undefined: without a second factor there is nothing to recover. */
    renewRecoveryCodes(account: Account): Promise<readonly string[] | undefined> {
      return store.transaction(async (tx) => {
        await tx.query('select from oauth_account where id = $1 for update', [account.id])
        const factors = await factorsOf(tx, account.id)
        if (factors.length === 0) return undefined
        await letters(tx).recoveryCodesRenewed(account.email)
        return recoveryCodes.renew(tx, account.id)
      })
    },
  }
}

/**
 * An administrator was asked by somebody who lost everything: all factors and recovery codes go, with every session and token.
 * Answers how many factors there were; undefined when the person has no account.
 */
export function createResetSecondFactor({ letters }: { letters: Letters }) {
  return async function resetSecondFactor(
    tx: Transaction,
    person: Pick<Person, 'type' | 'id'>,
  ): Promise<number | undefined> {
    const [account] = await tx.query<{ id: string; email: string }>(
      `select id, email from oauth_account where person_type = $1 and person_id = $2 and state <> 'unverified' for update`,
      [person.type, person.id],
    )
    if (!account) return undefined
    const factors = await factorsOf(tx, account.id)
    await removeAllFactors(tx, account.id)
    await revokeAll(tx, account.id)
    await letters(tx).factorsReset(account.email)
    return factors.length
  }
}

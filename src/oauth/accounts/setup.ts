/**
 * The very first administrator: from the settings, or by a link that only whoever reads the server's console knows.
 */
import { randomUUID } from 'node:crypto'
import type { Role } from '../../access/principal.ts'
import type { Store, Transaction } from '../../store/store.ts'
import type { People } from '../people.ts'
import { type Codes, lifetimes, type Refusal } from './codes.ts'
import type { Credentials } from './fields.ts'
import { passwordProblem, type Passwords } from './passwords.ts'
import { administratorsExist, lockAdministrators } from './roles.ts'

interface Parts {
  store: Pick<Store, 'query' | 'transaction'>
  passwords: Passwords
  codes: Codes
  people: Pick<People, 'registerAdministrator'>
  publicUrl: string
}

export interface Administrator extends Credentials {
  readonly given: string
  readonly family: string
}

/** The name in the record when none is told; he can write his own later. */
export const unnamedAdministrator = { given: 'First', family: 'Administrator' }

const roles: readonly Role[] = ['admin', 'practitioner']

export function createSetup({ store, passwords, codes, people, publicUrl }: Parts) {
  async function add(
    tx: Transaction,
    { given, family, email }: Administrator,
    hash: string,
  ): Promise<'done' | 'taken'> {
    const taken = await tx.query('select from oauth_account where lower(email) = lower($1)', [email])
    if (taken.length > 0) return 'taken'
    const { type, id, rid } = await people.registerAdministrator({ given, family, email }, tx)
    await tx.query(
      `insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
       values ($1, $2, $3, 'verified', $4, $5, $6, $7)`,
      [randomUUID(), email, hash, roles, type, id, rid],
    )
    return 'done'
  }

  return {
    /** Whether the code would be taken now. */
    async look(code: string): Promise<'open' | Refusal> {
      if (await administratorsExist(store)) return 'spent'
      const found = await codes.look(store, 'setup', code)
      return typeof found === 'string' ? found : 'open'
    },

    async complete(code: string, administrator: Administrator): Promise<'done' | 'taken' | Refusal> {
      const hash = await passwords.hash(administrator.password)
      return store.transaction(async (tx) => {
        await lockAdministrators(tx)
        if (await administratorsExist(tx)) return 'spent'
        const link = await codes.look(tx, 'setup', code)
        if (typeof link === 'string') return link
        const outcome = await add(tx, administrator, hash)
        if (outcome === 'done') await codes.redeem(tx, 'setup', code)
        return outcome
      })
    },

    /**
     * At every start: nothing when there is an administrator; else makes the given one, or else a new link (the earlier ones
     * end) that whoever starts the server is shown. Throws when the given password is too weak.
     */
    async bootstrapAdministrator(given: Credentials | undefined): Promise<{ setupLink?: string }> {
      const problem = given && passwordProblem(given.password, [given.email])
      const hash = given && !problem ? await passwords.hash(given.password) : ''
      return store.transaction(async (tx) => {
        await lockAdministrators(tx)
        if (await administratorsExist(tx)) return {}
        if (given) {
          if (problem) throw new Error(`ADMIN_PASSWORD is refused: ${problem}`)
          const outcome = await add(tx, { ...given, ...unnamedAdministrator }, hash)
          if (outcome === 'taken') throw new Error('ADMIN_EMAIL belongs to an account that is no administrator.')
          return {}
        }
        const code = codes.newLinkCode()
        await tx.query(`delete from oauth_code where purpose = 'setup'`)
        await tx.query(
          `insert into oauth_code (hash, purpose, expires_at) values ($1, 'setup', now() + $2::interval)`,
          [codes.hash('setup', code), lifetimes.setup],
        )
        return { setupLink: `${publicUrl}/setup?code=${code}` }
      })
    },
  }
}

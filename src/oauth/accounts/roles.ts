/**
 * Who holds which role. Roles live with the account; the last active administrator keeps his.
 */
import type { Role } from '../../access/principal.ts'
import { FhirError } from '../../fhir/error.ts'
import type { Transaction } from '../../store/store.ts'
import type { Account, AccountRows, Database } from './account.ts'

/** What a practitioner's account can be given; `patient` and `proxy` come with the kind of person. */
export const staffRoles: readonly Role[] = ['practitioner', 'admin', 'records-office', 'privacy-officer']

/** Held by whoever may take an administrator away, so that two cannot remove each other at the same time. */
const administrators = ['administrators']

export function createRoles({ accounts }: { accounts: AccountRows }) {
  /**
   * Throws FhirError('conflict') when nobody but this practitioner is an active administrator; to be asked, in the same
   * transaction, before he is deactivated, deleted or loses the role.
   */
  async function keepAnAdministrator(tx: Transaction, practitionerId: string): Promise<void> {
    await tx.lock(administrators)
    const active = await accounts.activeAdministrators(tx)
    const others = active.filter(({ person }) => person?.id !== practitionerId)
    if (active.length > 0 && others.length === 0) {
      throw new FhirError('conflict', 'The last active administrator cannot be removed.')
    }
  }

  return {
    keepAnAdministrator,

    /** Replaces the roles of a practitioner's account. */
    async setRoles(tx: Transaction, practitionerId: string, roles: readonly Role[]): Promise<void> {
      const unknown = roles.find((role) => !staffRoles.includes(role))
      if (unknown !== undefined || roles.length === 0) {
        throw new FhirError('unprocessable', `Roles are one or more of ${staffRoles.join(', ')}.`)
      }
      if (!roles.includes('admin')) await keepAnAdministrator(tx, practitionerId)
      const changed = await tx.query(
        `update oauth_account set roles = $2 where person_type = 'Practitioner' and person_id = $1 returning true`,
        [practitionerId, [...new Set(roles)]],
      )
      if (changed.length === 0) throw new FhirError('unprocessable', 'This practitioner has no account yet.')
    },

    async rolesOfPractitioner(database: Database, practitionerId: string): Promise<readonly Role[]> {
      const [row] = await database.query<{ roles: Role[] }>(
        `select roles from oauth_account where person_type = 'Practitioner' and person_id = $1`,
        [practitionerId],
      )
      return row?.roles ?? []
    },

    activeAdministrators: (database: Database): Promise<Account[]> => accounts.activeAdministrators(database),
  }
}

export async function administratorsExist(database: Database): Promise<boolean> {
  const rows = await database.query(
    `select from oauth_account where 'admin' = any (roles) and state = 'verified' limit 1`,
  )
  return rows.length > 0
}

export function lockAdministrators(tx: Transaction): Promise<void> {
  return tx.lock(administrators)
}

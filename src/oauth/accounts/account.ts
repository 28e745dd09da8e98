/**
 * Accounts as rows: who may sign in, and which person of the health records that is.
 */
import type { Role } from '../../access/principal.ts'
import type { Handle } from '../../store/store.ts'
import type { Person } from '../people.ts'
import { mayActSql } from './activity.ts'

export interface Account {
  readonly id: string
  readonly email: string
  readonly passwordHash: string
  readonly state: 'unverified' | 'verified' | 'disabled'
  readonly roles: readonly Role[]
  /** Absent while a registration is not verified. */
  readonly person?: Person
  /** Verified, and for staff: the Practitioner is active now. */
  readonly mayAct: boolean
  /** What a sign-in that begins now is dated, in whole seconds: later than whatever signed the account out of everything. */
  readonly signInAt: number
}

export type Database = Pick<Handle, 'query'>

interface Row {
  id: string
  email: string
  password_hash: string
  state: Account['state']
  roles: Role[]
  person_type: Person['type'] | null
  person_id: string
  person_rid: bigint
  may_act: boolean | null
  sign_in_at: number
}

/** What accounts of a person of this kind are for. An administrator's further roles are set by another one. */
export const rolesOf: Readonly<Record<Person['type'], readonly Role[]>> = {
  Practitioner: ['practitioner'],
  Patient: ['patient'],
  RelatedPerson: ['proxy'],
}

export type AccountRows = ReturnType<typeof createAccountRows>

export function createAccountRows({ practitionerActiveKey }: { practitionerActiveKey: bigint }) {
  const select = `select a.id, a.email, a.password_hash, a.state, a.roles, a.person_type, a.person_id, a.person_rid,
    ${mayActSql('$2')} as may_act,
    greatest(floor(extract(epoch from clock_timestamp())), a.signed_out_at + 1)::float8 as sign_in_at from oauth_account a where`

  async function one(database: Database, condition: string, value: string, name: string): Promise<Account | undefined> {
    const [row] = await database.query<Row>(`${select} ${condition}`, [value, practitionerActiveKey], name)
    return row && accountOf(row)
  }

  return {
    byEmail: (database: Database, email: string) =>
      one(database, 'lower(a.email) = lower($1)', email, 'account-by-email'),
    byId: (database: Database, id: string) => one(database, 'a.id = $1::uuid', id, 'account-by-id'),
    /** Administrators who can sign in now. */
    async activeAdministrators(database: Database): Promise<Account[]> {
      const rows = await database.query<Row>(`${select} $1 = any (a.roles) and ${mayActSql('$2')} order by a.created`, [
        'admin',
        practitionerActiveKey,
      ])
      return rows.map(accountOf)
    },
  }
}

/** Whether a person has an account that is verified and not disabled. */
export async function hasAccount(database: Database, { type, id }: Pick<Person, 'type' | 'id'>): Promise<boolean> {
  const rows = await database.query(
    `select from oauth_account where person_type = $1 and person_id = $2 and state = 'verified'`,
    [type, id],
    'has-account',
  )
  return rows.length > 0
}

function accountOf(row: Row): Account {
  const { person_type: type, person_id: id, person_rid: rid } = row
  return {
    id: row.id,
    email: row.email,
    passwordHash: row.password_hash,
    state: row.state,
    roles: row.roles,
    ...(type ? { person: { type, id, rid: BigInt(rid) } } : {}),
    mayAct: row.may_act === true,
    signInAt: row.sign_in_at,
  }
}

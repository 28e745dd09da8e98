/**
 * A person whom an administrator invited makes the account: with the code from paper, the date of birth, and an address that
 * a mail verifies. The code is used up here; a person whose mail went astray receives a new invitation.
 */
import { randomUUID } from 'node:crypto'
import type { Store, Transaction } from '../../store/store.ts'
import type { People, Person } from '../people.ts'
import { rolesOf } from './account.ts'
import { type Codes, lifetimes, type Refusal } from './codes.ts'
import type { Credentials } from './fields.ts'
import type { Letters } from './letters.ts'
import type { Passwords } from './passwords.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  passwords: Passwords
  codes: Codes
  letters: Letters
  people: Pick<People, 'describe'>
}

export interface Activation extends Credentials {
  readonly code: string
  /** YYYY-MM-DD; asked for where the record holds one. */
  readonly birthdate: string
}

export function createActivate({ store, passwords, codes, letters, people }: Parts) {
  async function isBorn(person: Person, birthdate: string): Promise<boolean> {
    const known = await people.describe(person.type, person.id)
    return known !== undefined && (known.birthDate === undefined || known.birthDate === birthdate)
  }

  return async function activate(activation: Activation): Promise<'sent' | 'wrong-birthdate' | Refusal> {
    const { email, password, code, birthdate } = activation
    const hash = await passwords.hash(password)
    return store.transaction(async (tx) => {
      const invitation = await codes.look(tx, 'invite', code)
      if (typeof invitation === 'string') return invitation
      const person = invitation.person!
      if (!(await isBorn(person, birthdate))) {
        await codes.countTry(tx, 'invite', code)
        return 'wrong-birthdate'
      }
      const link = codes.newLinkCode()
      if (await isTaken(tx, email, person)) {
        await letters(tx).alreadyRegistered(email)
        return 'sent'
      }
      await codes.redeem(tx, 'invite', code)
      await insertAccount(tx, { email, hash, person, link: codes.hash('verify', link) })
      await letters(tx).verify(email, link)
      return 'sent'
    })
  }
}

/** By an account that is not an earlier, never confirmed one for the same person. */
async function isTaken(tx: Transaction, email: string, person: Person): Promise<boolean> {
  const rows = await tx.query(
    `select from oauth_account where lower(email) = lower($1)
       and not (state = 'unverified' and person_id is not distinct from $3 and person_type is not distinct from $2)`,
    [email, person.type, person.id],
  )
  return rows.length > 0
}

async function insertAccount(
  tx: Transaction,
  account: { email: string; hash: string; person: Person; link: Buffer },
): Promise<void> {
  const { type, id, rid } = account.person
  await tx.query(`delete from oauth_account where state = 'unverified' and person_type = $1 and person_id = $2`, [
    type,
    id,
  ])
  await tx.query(
    `with person as (
       insert into oauth_account (id, email, password_hash, state, roles, person_type, person_id, person_rid)
       values ($1, $2, $3, 'unverified', $4, $5, $6, $7) returning id
     )
     insert into oauth_code (hash, purpose, account_id, expires_at) select $8, 'verify', id, now() + $9::interval from person`,
    [randomUUID(), account.email, account.hash, rolesOf[type], type, id, rid, account.link, lifetimes.verify],
  )
}

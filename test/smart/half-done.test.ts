import { after, before, describe, test } from 'node:test'
import type { Account } from '../../src/oauth/accounts/account.ts'
import { createActivate } from '../../src/oauth/accounts/activation.ts'
import { createAddressChange } from '../../src/oauth/accounts/address-change.ts'
import { createCodes, type Purpose } from '../../src/oauth/accounts/codes.ts'
import { createFactorCare } from '../../src/oauth/accounts/factor-care.ts'
import { createFactorEnrolment } from '../../src/oauth/accounts/factor-enrolment.ts'
import { createIdentities } from '../../src/oauth/accounts/identities.ts'
import { createLetters } from '../../src/oauth/accounts/letters.ts'
import { createPasswordChange } from '../../src/oauth/accounts/password-change.ts'
import { createRecoveryCodes } from '../../src/oauth/accounts/recovery-codes.ts'
import { createRecovery } from '../../src/oauth/accounts/recovery.ts'
import { createRegister } from '../../src/oauth/accounts/registration.ts'
import { createSecondFactor } from '../../src/oauth/accounts/second-factor.ts'
import { createSessions } from '../../src/oauth/accounts/sessions.ts'
import { createSetup } from '../../src/oauth/accounts/setup.ts'
import { createVerify } from '../../src/oauth/accounts/verification.ts'
import type { Transaction } from '../../src/store/store.ts'
import { openStore, type TestStore } from '../store/open-store.ts'
import { type Breaking as Broken, breaksCleanly } from '../support/breaking-store.ts'

/** What is remembered about accounts, and the mails that left. */
const tables = [
  ...[
    'account',
    'code',
    'factor',
    'recovery_code',
    'sign_in',
    'identity',
    'address_change',
    'session',
    'ended_session',
  ],
].map((name) => `oauth_${name}`)
const known = [...tables, 'oidc_payload', 'smart_grant', 'written']

const codes = createCodes({ secret: Buffer.alloc(32, 1) })
const recoveryCodes = createRecoveryCodes({ codes })
const passwords = { hash: async (text: string) => `hash of ${text}`, matches: async () => true } as never
const throttle = { attempt: async () => ({ admitted: true, seconds: 0 }), forget: async () => undefined } as never
const write = (tx: Transaction, text: string) => tx.query('insert into written values ($1)', [text])
const publicUrl = 'https://records.example.org'
const letters = createLetters({ mail: { send: async (tx, { subject }) => void (await write(tx, subject)) }, publicUrl })
const person = { type: 'Practitioner', id: 'p1', rid: 7n } as const
const people = {
  describe: async () => ({ name: 'Dora' }),
  register: async (_who: unknown, tx: Transaction) => write(tx, 'a Practitioner').then(() => person),
  registerAdministrator: async (_who: unknown, tx: Transaction) => write(tx, 'an administrator').then(() => person),
}
const id = '00000000-0000-4000-8000-000000000001'
const email = 'dora@example.org'
const account = { id, email, passwordHash: 'old', state: 'verified', roles: ['practitioner'] } as unknown as Account

const accountSql = (state: string, columns: string, given: string) =>
  `insert into oauth_account (id, email, password_hash, state, roles, link_by_address, ${columns})
   values ('${id}', '${email}', 'old', '${state}', '{practitioner}', true, ${given})`
const verified = accountSql('verified', 'person_type, person_id, person_rid', `'Practitioner', 'p1', 7`)
const unverified = accountSql('unverified', 'applicant', `'{"given":"Dora","family":"Berg","licence":"1"}'`)
const codeSql = (purpose: Purpose, columns: string, given: string) =>
  `insert into oauth_code (hash, purpose, expires_at, ${columns})
   values ('\\x${codes.hash(purpose, 'c0de').toString('hex')}', '${purpose}', now() + '1 hour', ${given})`
const resetSql = codeSql('reset', 'account_id', `'${id}'`)
const setupSql = codeSql('setup', 'tries', '0')
const factorsSql = [1, 2].map(
  (n) =>
    `insert into oauth_factor (id, account_id, kind, name, credential_id, public_key, counter, transports)
     values ('00000000-0000-4000-8000-00000000000${n}', '${id}', 'passkey', 'key ${n}', 'c${n}', '', 0, '{}')`,
)
const recoverySql = `insert into oauth_recovery_code (hash, account_id)
  values ('\\x${codes.hash('recovery', 'AAAA').toString('hex')}', '${id}')`
const sessionSql = ['one', 'two'].flatMap((uid) => [
  `insert into oidc_payload (model, id, uid, account_id, payload, expires_at)
   values ('Session', '${uid}', '${uid}', '${id}', '{}', now() + '1 hour')`,
  `insert into oauth_session (uid, account_id, ip, agent) values ('${uid}', '${id}', '', '')`,
])
const changeSql = `insert into oauth_address_change (account_id, email, old_hash, new_hash, old_confirmed, expires_at)
  values ('${id}', 'new@example.org', '\\x01', '\\x${codes.hash('address', 'c0de').toString('hex')}', true, now() + '1 hour')`

interface Deed {
  readonly name: string
  readonly given: readonly string[]
  readonly does: (store: Broken) => Promise<unknown>
}

const care = (store: Broken) =>
  createFactorCare({ store, recoveryCodes, secondFactor: { isDemanded: () => false }, letters })
const enrolment = (store: Broken) =>
  createFactorEnrolment({
    ...{ store, recoveryCodes, letters, factorKey: Buffer.alloc(32, 2), now: () => 0 },
    totp: { newSecret: () => 'S', address: () => '', stepOf: () => 1 } as never,
    passkeys: { possible: false } as never,
  })
const secondFactor = (store: Broken) =>
  createSecondFactor({
    ...{ store, recoveryCodes, letters, throttle, factorKey: Buffer.alloc(32, 2), demandedOf: 'none' },
    ...{ totp: {} as never, passkeys: {} as never, begunSignIns: {} as never },
    signInFailures: { attempt: async () => ({ admitted: true }), forgive: async () => undefined } as never,
  })
const setup = (store: Broken) => createSetup({ store, passwords, codes, people, publicUrl })

const deeds: readonly Deed[] = [
  {
    name: 'a registration',
    given: [],
    does: (store) =>
      createRegister({ store, passwords, codes, letters })({
        ...{ email, password: 'x', given: 'Dora', family: 'Berg', licence: '1' },
        ...{ organization: undefined, specialty: undefined },
      }),
  },
  {
    name: 'the confirmation of an address',
    given: [unverified, codeSql('verify', 'account_id', `'${id}'`)],
    does: (store) => createVerify({ store, codes, letters, people })('c0de'),
  },
  {
    name: 'an invitation that is taken up',
    given: [codeSql('invite', 'person_type, person_id, person_rid', `'Practitioner', 'p1', 7`)],
    does: (store) =>
      createActivate({ store, passwords, codes, letters, people })({
        email,
        password: 'x',
        code: 'c0de',
        birthdate: '',
      }),
  },
  {
    name: 'a password that was forgotten',
    given: [verified],
    does: (store) => createRecovery({ store, passwords, codes, letters }).forgot(email),
  },
  {
    name: 'a new password by a link',
    given: [verified, resetSql, ...sessionSql],
    does: (store) => createRecovery({ store, passwords, codes, letters }).reset('c0de', 'y'),
  },
  {
    name: 'another password by who knows the present one',
    given: [verified, resetSql],
    does: (store) => createPasswordChange({ store, passwords, letters, throttle })(account, 'old', 'y'),
  },
  {
    name: 'the wish for another address',
    given: [verified],
    does: (store) => createAddressChange({ store, codes, letters }).ask(account, 'new@example.org'),
  },
  {
    name: 'a change of address',
    given: [verified, changeSql],
    does: (store) => createAddressChange({ store, codes, letters }).confirm('c0de'),
  },
  {
    name: 'the first second factor',
    given: [verified],
    async does(store) {
      const { setup } = await enrolment(real.store).offer(account)
      return enrolment(store).addAuthenticator(account, { setup, name: 'phone', first: true, code: '1' })
    },
  },
  {
    name: 'a second factor that is removed',
    given: [verified, ...factorsSql],
    does: (store) => care(store).remove(account, '00000000-0000-4000-8000-000000000001'),
  },
  {
    name: 'new recovery codes',
    given: [verified, ...factorsSql, recoverySql],
    does: (store) => care(store).renewRecoveryCodes(account),
  },
  {
    name: 'a sign-in by a recovery code',
    given: [verified, ...factorsSql, recoverySql],
    does: (store) => secondFactor(store).check(account, {} as never, { recovery: 'AAAA' }, ''),
  },
  {
    name: 'a session that is ended',
    given: [verified, ...sessionSql],
    does: (store) => createSessions({ store }).end(id, 'one'),
  },
  {
    name: 'all other sessions that are ended',
    given: [verified, ...sessionSql],
    does: (store) => createSessions({ store }).endOthers(id, 'one'),
  },
  {
    name: 'a sign-in elsewhere that is linked by its address',
    given: [verified],
    does: (store) =>
      createIdentities({ store, accounts: { byId: async () => account } as never, letters, name: 'X' }).accountOf({
        ...{ issuer: 'https://id.example.org', subject: 's', email, twoSteps: false, askedNow: false },
      }),
  },
  {
    name: 'the first administrator by a link',
    given: [setupSql],
    does: (store) => setup(store).complete('c0de', { email, password: 'x', given: 'A', family: 'B' }),
  },
  {
    name: 'a new link for the first administrator',
    given: [setupSql],
    does: (store) => setup(store).bootstrapAdministrator(undefined),
  },
]

let real: TestStore

before(async () => {
  real = await openStore()
  await real.database.query('create table written (text text)')
})

after(() => real.close())

describe('where the database fails at any statement, nothing of it is stored', () => {
  for (const { name, given, does } of deeds) {
    test(name, async () => {
      await real.database.query(`truncate ${known.join(', ')} cascade`)
      for (const text of given) await real.database.query(text)
      await breaksCleanly(real.store, known, does)
    })
  }
})

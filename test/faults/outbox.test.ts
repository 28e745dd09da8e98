import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, openDatabase } from '../../src/store/open-database.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { freePort, newDataFolder, type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { addressesOf, startSmtp, type TestSmtp } from '../support/smtp.ts'

/** The outbox while processes die, and while two of them send from it. */
const { folder, remove } = newDataFolder()
const addresses = Array.from({ length: 12 }, (_, n) => `doctor${n}@example.org`)
let fresh: TestDatabase
let database: Database
let smtp: TestSmtp
let ports: number[]
let servers: ServerProcess[] = []
/** What the mail server says to a recipient, and how it goes on once it took a mail. */
let refusal: string | undefined
let acknowledged: () => Promise<void>

before(async () => {
  ports = [await freePort(), await freePort()]
})
beforeEach(async () => {
  acknowledged = () => Promise.resolve()
  refusal = undefined
  fresh = await freshDatabase()
  database = openDatabase({ connection: fresh.url, pool: 2 })
  smtp = await startSmtp(
    () => refusal,
    () => acknowledged(),
  )
})

async function cleared(): Promise<void> {
  await stopped()
  await database.close()
  await fresh.drop()
  await smtp.close()
}
after(remove)

async function stopped(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  for (const { child } of servers) child.kill(signal)
  await Promise.all(servers.map(({ ended }) => ended))
  servers = []
}

/** Several at once, on one database. */
async function start(...which: number[]): Promise<void> {
  const more = { DATABASE_URL: fresh.url, SMTP_URL: smtp.url, MAIL_FROM: 'office@example.org' }
  servers.push(...(await Promise.all(which.map((n) => startServerProcess(folder, ports[n]!, more)))))
}

/** Each registers, which queues a mail to the address. */
async function registered(): Promise<void> {
  for (const email of addresses) {
    const told = { given: 'Ola', family: 'Berg', email, password: 'a long enough password 7', licence: 'MD-1' }
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ ...told, role: 'practitioner' })
    const response = await fetch(`${servers[0]!.url}/register`, { method: 'POST', headers, body })
    assert.equal(response.status, 202, await response.text())
  }
}

const waiting = async () => (await database.query<{ n: number }>('select count(*)::int as n from outbox'))[0]!.n

/** As if the time had passed after which what a process claimed, or could not send, is anybody's again. */
const later = () => database.query('update outbox set due = now()')

async function until(is: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await is())) await sleep(20)
}

/** The Message-IDs of what came to each address. */
const arrived = () =>
  addresses.map((address) =>
    smtp.mails.filter((mail) => addressesOf(mail).includes(address)).map(({ messageId }) => messageId),
  )

test('kill -9 in the middle of sending loses no mail; what is sent again has the Message-ID that it had', async () => {
  let taken = 0
  const never = new Promise<void>(() => undefined)
  acknowledged = () => ((taken += 1), taken > 4 ? never : Promise.resolve())
  try {
    await start(0)
    await registered()
    await until(() => taken > 4)
    await stopped('SIGKILL')
    // Those that were acknowledged are done; what the mail server took and the server never heard of is not.
    assert.ok((await waiting()) >= addresses.length - 4)
    acknowledged = () => Promise.resolve()
    await later()
    await start(0)
    await until(async () => (await waiting()) === 0)
    const came = arrived()
    assert.ok(came.every((ids) => ids.length >= 1 && new Set(ids).size === 1, JSON.stringify(came)))
    assert.ok(came.some((ids) => ids.length === 2))
    assert.equal(new Set(came.flat()).size, addresses.length)
  } finally {
    await cleared()
  }
})

test('two servers send from one outbox at the same time, and each mail once', async () => {
  refusal = '451 later'
  try {
    await start(0)
    await registered()
    await until(async () => (await failures()) === addresses.length)
    await stopped()
    assert.deepEqual(arrived().flat(), [])
    refusal = undefined
    // One server sends five at a time: what comes beyond that comes from the other.
    let both: (() => void) | undefined
    const together = new Promise<void>((done) => (both = done))
    acknowledged = () => (smtp.mails.length > 5 && both?.(), together)
    await later()
    await start(0, 1)
    await until(async () => (await waiting()) === 0)
    assert.deepEqual(
      arrived().map(({ length }) => length),
      addresses.map(() => 1),
    )
  } finally {
    await cleared()
  }
})

async function failures(): Promise<number> {
  const [row] = await database.query<{ n: number }>('select count(failure)::int as n from outbox')
  return row!.n
}

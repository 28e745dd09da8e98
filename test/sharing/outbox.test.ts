import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Channel } from '../../src/sharing/outbox.ts'
import { createMail, isMailRefusal } from '../../src/sharing/mail.ts'
import { mailbox, mailChannel } from '../../src/sharing/mail-channel.ts'
import { createOutbox, type Outbox } from '../../src/sharing/outbox.ts'
import { retryAfter } from '../../src/sharing/retry.ts'
import type { Store } from '../../src/store/store.ts'
import { openStore, type TestStore } from '../store/open-store.ts'
import { addressesOf, startSmtp, type TestSmtp } from '../support/smtp.ts'

const key = Buffer.alloc(32, 5)
const log = { warn: () => undefined, error: () => undefined }

let opened: TestStore
let smtp: TestSmtp
/** What the mail server says to whom. */
const refusals = new Map<string, string>()

before(async () => {
  opened = await openStore()
  smtp = await startSmtp((recipient) => refusals.get(recipient))
})
after(async () => {
  await smtp.close()
  await opened.close()
})
beforeEach(() => opened.store.query('delete from outbox'))

/** A process that sends through the test's mail server. */
function aSender(store: Store = opened.store) {
  const transport = createMail({ smtpUrl: smtp.url, from: 'Chartshare <no-reply@localhost>' }, '/nowhere')
  const outbox = createOutbox({ store, key, log, channels: mailChannel(transport, 'chartshare.test') })
  return { outbox, close: () => transport.close() }
}

/** A process that dies before it sends: it only writes down. */
function aWriter(): Outbox {
  const outbox = createOutbox({ store: opened.store, key, log, channels: { mail: neverSent } })
  void outbox.stop()
  return outbox
}

const neverSent: Channel = {
  deliver: () => assert.fail('this process sends nothing'),
  isRefusal: () => false,
  isInstant: true,
}

async function write(outbox: Outbox, ...addresses: string[]): Promise<void> {
  await opened.store.transaction(async (tx) => {
    for (const to of addresses) await mailbox(outbox).send(tx, { to, subject: `Grüße ${to}`, text: 'Etwas wartet.\n' })
  })
}

const rows = () =>
  opened.store.query<{ recipient: string; attempts: number; seconds: number | null; failure: string | null }>(
    `select recipient, attempts, failure, extract(epoch from due - clock_timestamp())::float8 as seconds from outbox order by id`,
  )
const makeDue = () => opened.store.query('update outbox set due = now() where due is not null')
const mailsTo = (address: string) => smtp.mails.filter((mail) => addressesOf(mail).includes(address))

test('a mail server that accepts a mail has it once, as it was written, and nothing of it stays here', async () => {
  const { outbox, close } = aSender()
  await write(outbox, 'anna@example.org')
  await outbox.wake()
  const [mail, ...more] = mailsTo('anna@example.org')
  assert.deepEqual(more, [])
  assert.equal(mail!.subject, 'Grüße anna@example.org')
  assert.equal(mail!.text, 'Etwas wartet.\n')
  assert.equal(mail!.from?.text, '"Chartshare" <no-reply@localhost>')
  assert.match(mail!.messageId!, /^<[0-9a-f-]{36}@chartshare\.test>$/)
  assert.equal(mail!.headers.get('auto-submitted'), 'auto-generated')
  assert.deepEqual(await rows(), [])
  close()
})

test('what a transaction tells leaves with its commit, and not at all when it is rolled back', async () => {
  const { outbox, close } = aSender()
  const undone = opened.store.transaction(async (tx) => {
    await mailbox(outbox).send(tx, { to: 'undone@example.org', subject: 'x', text: 'x' })
    throw new Error('undone')
  })
  await assert.rejects(undone, /undone/)
  await outbox.wake()
  assert.deepEqual([await rows(), mailsTo('undone@example.org')], [[], []])
  close()
})

test('a mail that is deferred is tried again, later each time, and is the same mail', async () => {
  const { outbox, close } = aSender()
  refusals.set('slow@example.org', '451 come back later')
  await write(outbox, 'slow@example.org')
  await outbox.wake()
  const [first] = await rows()
  assert.ok(first!.seconds! > 50 && first!.seconds! <= 60, `${first!.seconds} s`)
  assert.match(first!.failure!, /come back later/)
  await outbox.wake()
  assert.equal((await rows())[0]!.attempts, 1)

  await makeDue()
  await outbox.wake()
  const [second] = await rows()
  assert.ok(second!.seconds! > 200, `${second!.seconds} s`)
  refusals.clear()
  await makeDue()
  await outbox.wake()
  assert.equal(mailsTo('slow@example.org').length, 1)
  assert.deepEqual(await rows(), [])
  close()
})

test('attempts go on for five days, from a minute to eight hours apart', () => {
  const day = 86_400
  const delays = [1, 2, 3, 4, 5, 6, 60].map((attempts) => retryAfter({ attempts, age: 4.9 * day }))
  assert.deepEqual(delays, [60, 240, 960, 3840, 15_360, 28_800, 28_800])
  assert.equal(retryAfter({ attempts: 3, age: 5 * day }), undefined)
})

test('what a mail server refuses for good is not tried again by itself, but when somebody says so', async () => {
  const { outbox, close } = aSender()
  refusals.set('gone@example.org', '550 no such user')
  await write(outbox, 'gone@example.org', 'there@example.org')
  await outbox.wake()
  assert.equal(mailsTo('there@example.org').length, 1)
  assert.equal((await rows())[0]!.seconds, null)
  const [dead, ...others] = await outbox.dead(opened.store, 10)
  assert.deepEqual(others, [])
  assert.deepEqual([dead!.recipient, dead!.attempts, dead!.channel], ['gone@example.org', 1, 'mail'])
  assert.match(dead!.failure, /no such user/)
  assert.deepEqual(await outbox.count(), { waiting: 0, dead: 1 })

  refusals.clear()
  assert.equal(await opened.store.transaction((tx) => outbox.sendAgain(tx, [dead!.message])), 1)
  await outbox.wake()
  assert.equal(mailsTo('gone@example.org').length, 1)
  assert.deepEqual(await rows(), [])
  close()
})

test('what a mail server says of us can be mended, and is no refusal of the mail', () => {
  assert.ok(isMailRefusal({ command: 'RCPT TO', responseCode: 550 }))
  assert.ok(!isMailRefusal({ command: 'RCPT TO', responseCode: 451 }))
  assert.ok(!isMailRefusal({ command: 'AUTH PLAIN', responseCode: 535 }))
  assert.ok(!isMailRefusal({ command: 'MAIL FROM', responseCode: 550 }))
  assert.ok(!isMailRefusal(Object.assign(new Error('connect ECONNREFUSED'), { command: 'CONN' })))
})

test('a process that dies between the commit and the sending leaves the mail to the next one', async () => {
  await write(aWriter(), 'left@example.org')
  assert.equal((await rows())[0]!.attempts, 0)
  const { outbox, close } = aSender()
  await outbox.start()
  await smtp.mailTo('left@example.org')
  await outbox.wake()
  assert.deepEqual(await rows(), [])
  await outbox.stop()
  close()
})

test('a process that dies while it sends holds the mail back for minutes, not for ever', async () => {
  await write(aWriter(), 'half@example.org')
  await new Promise<void>((claimed) => {
    const channel = { ...neverSent, deliver: () => new Promise<void>(() => claimed()) }
    void createOutbox({ store: opened.store, key, log, channels: { mail: channel } }).wake()
  })
  const { outbox, close } = aSender()
  await outbox.wake()
  assert.equal(mailsTo('half@example.org').length, 0)
  const seconds = (await rows())[0]!.seconds!
  assert.ok(seconds > 100 && seconds <= 180, `${seconds} s`)
  await makeDue()
  await outbox.wake()
  assert.equal(mailsTo('half@example.org').length, 1)
  close()
})

test('two processes on one database send each mail once', async () => {
  const addresses = Array.from({ length: 40 }, (_, n) => `many-${n}@example.org`)
  await write(aWriter(), ...addresses)
  const [one, other] = [aSender(), aSender()]
  await Promise.all([one.outbox.wake(), other.outbox.wake(), one.outbox.wake(), other.outbox.wake()])
  for (const address of addresses) assert.equal(mailsTo(address).length, 1, address)
  assert.deepEqual(await rows(), [])
  one.close()
  other.close()
})

test('what waits cannot be read in the database, nor be put under another address there', async () => {
  await write(aWriter(), 'sealed@example.org', 'eve@example.org')
  const [sealed] = await opened.store.query<{ content: Buffer }>('select content from outbox order by id')
  assert.ok(!sealed!.content.toString('latin1').includes('Etwas wartet'))
  await opened.store.query(
    `update outbox set content = (select content from outbox order by id limit 1) where recipient = 'eve@example.org'`,
  )
  const { outbox, close } = aSender()
  await outbox.wake()
  assert.equal(mailsTo('sealed@example.org').length, 1)
  assert.equal(mailsTo('eve@example.org').length, 0)
  close()
})

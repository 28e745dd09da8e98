import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createMail } from '../../../src/sharing/mail.ts'

const folder = mkdtempSync(join(tmpdir(), 'chartshare-mail-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('without a mail server each mail is an RFC 822 file that a person can read', async () => {
  const outbox = join(folder, 'outbox')
  const mail = createMail({ smtpUrl: undefined, from: 'Chartshare <no-reply@localhost>' }, outbox)
  const link = `http://localhost:8080/verify?code=${'x=1-'.repeat(30)}`
  await mail.send({ to: 'anna@example.org', subject: 'Grüße', text: `Guten Tag, schön:\n\n${link}\n` })

  const names = readdirSync(outbox)
  assert.equal(names.length, 1)
  assert.match(names[0]!, /\.eml$/)
  const path = join(outbox, names[0]!)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const [head, ...body] = readFileSync(path, 'utf8').split('\r\n\r\n')
  assert.match(head!, /^To: anna@example\.org$/m)
  assert.match(head!, /^From: Chartshare <no-reply@localhost>$/m)
  assert.match(head!, /^Content-Type: text\/plain; charset=utf-8$/m)
  assert.match(head!, /^Content-Transfer-Encoding: 8bit$/m)
  assert.match(head!, /^Date: /m)
  assert.equal(body.join('\r\n\r\n'), `Guten Tag, schön:\r\n\r\n${link}\r\n`)
})

test('a subject or an address cannot add a header', async () => {
  const outbox = join(folder, 'injected')
  const mail = createMail({ smtpUrl: undefined, from: 'no-reply@localhost' }, outbox)
  await mail.send({ to: 'anna@example.org', subject: 'Hello\r\nBcc: eve@example.org', text: 'x' })
  const [head] = readFileSync(join(outbox, readdirSync(outbox)[0]!), 'utf8').split('\r\n\r\n')
  assert.doesNotMatch(head!, /^Bcc:/m)
})

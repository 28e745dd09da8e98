import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
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

test('what needs no encoding stands in the file as it was written', async () => {
  const outbox = join(folder, 'plain')
  const mail = createMail({ smtpUrl: undefined, from: 'no-reply@localhost' }, outbox)
  await mail.send({ to: 'anna@example.org', subject: 'Hello', text: 'Open this: /verify?code=41\n' })
  const text = readFileSync(join(outbox, readdirSync(outbox)[0]!), 'utf8')
  assert.match(text, /^Content-Transfer-Encoding: 7bit$/m)
  assert.ok(text.endsWith('/verify?code=41\r\n'))
})

test('a subject or an address cannot add a header', async () => {
  const outbox = join(folder, 'injected')
  const mail = createMail({ smtpUrl: undefined, from: 'no-reply@localhost' }, outbox)
  await mail.send({ to: 'anna@example.org', subject: 'Hello\r\nBcc: eve@example.org', text: 'x' })
  const [head] = readFileSync(join(outbox, readdirSync(outbox)[0]!), 'utf8').split('\r\n\r\n')
  assert.doesNotMatch(head!, /^Bcc:/m)
})

test('with a mail server it goes there', async () => {
  const lines: string[] = []
  const server = createServer((socket) => {
    let inMail = false
    socket.write('220 test\r\n')
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        lines.push(line)
        if (inMail && line === '.') inMail = false
        else if (inMail) continue
        inMail ||= line === 'DATA'
        socket.write(line === 'DATA' ? '354 go\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n')
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const mail = createMail({ smtpUrl: `smtp://127.0.0.1:${port}?ignoreTLS=true`, from: 'no-reply@localhost' }, folder)
  await mail.send({ to: 'anna@example.org', subject: 'Hello', text: 'A message waits.' })
  mail.close()
  server.close()
  assert.ok(lines.includes('RCPT TO:<anna@example.org>'))
  assert.ok(lines.includes('Subject: Hello'))
  assert.ok(lines.includes('A message waits.'))
})

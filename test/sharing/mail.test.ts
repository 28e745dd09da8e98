import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { mailsTo, peopleOf } from '../support/people.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startSmtp, type TestSmtp } from '../support/smtp.ts'

const password = 'a long enough password 7'

async function register(server: TestServer, email: string): Promise<void> {
  const applicant = { given: 'Ola', family: 'Nord', email, password, licence: 'MD-1', role: 'practitioner' }
  const { status } = await server.anonymous.raw('post')('/register').send(applicant)
  assert.equal(status, 202)
}

describe('with a mail server', () => {
  let smtp: TestSmtp
  let server: TestServer
  before(async () => {
    smtp = await startSmtp()
    server = await startServer({ SMTP_URL: smtp.url, MAIL_FROM: 'Hospital <mail@hospital.example>' })
  })
  after(async () => {
    await server.close()
    await smtp.close()
  })

  test('whoever registers has the link by mail, and the link works', async () => {
    const email = `${randomUUID()}@example.org`
    await register(server, email)
    const mail = await smtp.mailTo(email)
    assert.equal(mail.subject, 'Confirm your e-mail address')
    assert.equal(mail.from?.text, '"Hospital" <mail@hospital.example>')
    const code = /\/verify\?code=(\S+)/.exec(mail.text!)![1]!
    assert.equal((await server.anonymous.raw('post')('/verify').type('form').send({ code })).status, 200)
  })
})

describe('mails that cannot be sent', () => {
  let server: TestServer
  before(async () => {
    server = await startServer({ RATE_LIMIT_SCALE: '0' })
  })
  after(() => server.close())

  test('fail no request; administrators see them without their text, count them and send them again', async () => {
    const { admin, doctor } = peopleOf(server)
    const outbox = path.join(server.dataDir, 'outbox')
    writeFileSync(outbox, 'a file is no folder')
    const email = `${randomUUID()}@example.org`
    await register(server, email)
    // As after five days.
    await server.composed.store.query('update outbox set due = null')

    const { client } = await doctor()
    assert.equal((await client.get('$dead-letters')).status, 403)
    assert.equal((await client.raw('post')('/fhir/$send-again')).status, 403)
    const { status, body } = await admin.get('$dead-letters')
    assert.equal(status, 200, JSON.stringify(body))
    const [letter] = body.parameter
    const part = Object.fromEntries(letter.part.map((one: { name: string }) => [one.name, one]))
    assert.equal(part.recipient.valueString, email)
    assert.equal(part.subject.valueString, 'Confirm your e-mail address')
    assert.match(part.failure.valueString, /ENOTDIR|EEXIST/)
    assert.doesNotMatch(JSON.stringify(body), /code=/)
    assert.match((await server.anonymous.get('/metrics')).text, /^outbox_dead 1$/m)

    rmSync(outbox)
    const again = await admin.post('$send-again', {
      resourceType: 'Parameters',
      parameter: [{ name: 'message', valueUuid: part.message.valueUuid }],
    })
    assert.equal(again.body.parameter[0].valueInteger, 1, JSON.stringify(again.body))
    assert.match(mailsTo(server, email)[0]!, /\/verify\?code=/)
    assert.match((await server.anonymous.get('/metrics')).text, /^outbox_dead 0$/m)
  })
})

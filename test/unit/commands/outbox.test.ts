import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createOutbox } from '../../../src/commands/demo/outbox.ts'

const link = 'http://localhost:8080/verify?code=4F2C-aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789'

function mail(to: string, encoding: string, body: string): string {
  return ['From: x@y.example', `To: ${to}`, `Content-Transfer-Encoding: ${encoding}`, '', body, ''].join('\r\n')
}

const encodings: Record<string, (text: string) => string> = {
  '7bit': (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  'quoted-printable': (text) => text.replaceAll('=', '=3D').replace('aBcD', 'aB=\r\ncD'),
}

for (const [encoding, encoded] of Object.entries(encodings)) {
  test(`the link of a mail is read exactly as it was written: ${encoding}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outbox-'))
    const body = (url: string) => encoded(`Please confirm:\r\n\r\n${url}\r\n`)
    await writeFile(
      join(folder, '1.eml'),
      mail('other@y.example', encoding, body('http://localhost:8080/verify?code=no')),
    )
    await writeFile(join(folder, '2.eml'), mail('anna@y.example', encoding, body(link)))
    await writeFile(join(folder, '3.eml'), mail('anna@y.example', encoding, body('http://localhost:8080/status')))
    assert.equal(await createOutbox(folder, 0).link('anna@y.example', ['/verify']), link)
    await rm(folder, { recursive: true })
  })
}

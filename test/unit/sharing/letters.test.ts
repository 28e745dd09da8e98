import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { createLetters as createAccountLetters } from '../../../src/oauth/accounts/letters.ts'
import { createLetters, emailOf } from '../../../src/sharing/letters.ts'
import type { Letter } from '../../../src/sharing/mail.ts'
import type { Transaction } from '../../../src/store/store.ts'

const publicUrl = 'https://chart.example'
const tx = {} as Transaction

/** Whatever a record holds of a person beside the address. */
const addressee: Resource = {
  resourceType: 'Practitioner',
  id: 'id-7d1f',
  name: [{ family: 'Secretname', given: ['Hidden'], text: 'Secretname\r\nBcc: eve@example.org' }],
  identifier: [{ system: 'urn:mrn', value: 'MRN-4711' }],
  birthDate: '1931-05-06',
  telecom: [{ system: 'email', value: 'anna@example.org' }],
}

async function productLetters(): Promise<{ letters: Letter[]; notifications: Resource[] }> {
  const letters: Letter[] = []
  const notifications: Resource[] = []
  const work = { tx, now: new Date(), create: async (one: Resource) => (notifications.push(one), one) }
  const all = createLetters({ publicUrl, mail: { send: async (_tx, letter) => void letters.push(letter) } })
  const { rejected, ...plain } = all
  for (const send of [...Object.values(plain), rejected('Licence not found'), rejected(undefined)]) {
    await send(work, addressee)
  }
  assert.equal(letters.length, Object.keys(all).length + 1)
  return { letters, notifications }
}

async function accountLetters(): Promise<Letter[]> {
  const letters: Letter[] = []
  const all = createAccountLetters({ publicUrl, mail: { send: async (_tx, letter) => void letters.push(letter) } })(tx)
  const call = (send: (...given: never[]) => Promise<void>) => send(...(['anna@example.org', 'a', 'b'] as never[]))
  for (const send of Object.values(all)) await call(send)
  assert.equal(letters.length, Object.keys(all).length)
  return letters
}

describe('no mail', () => {
  test('tells anything of the person or of a record', async () => {
    const { letters, notifications } = await productLetters()
    for (const told of [...letters, ...notifications.map(({ payload }) => payload)]) {
      assert.doesNotMatch(JSON.stringify(told), /Secretname|Hidden|MRN-4711|1931|id-7d1f|Patient\/|Document\w+\//)
    }
  })

  test('has more than one line in a header, or a link to anywhere else', async () => {
    for (const { to, subject, text } of [...(await productLetters()).letters, ...(await accountLetters())]) {
      assert.doesNotMatch(to + subject, /\p{Cc}/u)
      for (const [link] of text.matchAll(/https?:\/\/[^\s/]+/g)) assert.equal(link, publicUrl)
    }
  })
})

describe('who has no address', () => {
  const sent: string[] = []
  const mail = { send: async () => void sent.push('mail') }
  const work = { tx, now: new Date(), create: async (one: Resource) => (sent.push('notification'), one) }
  const { accepted } = createLetters({ publicUrl, mail })

  test('finds a notification and gets no mail, and who is not there gets neither', async () => {
    await accepted(work, { ...addressee, telecom: [] } as Resource)
    await accepted(work, undefined)
    assert.deepEqual(sent, ['notification'])
  })
})

describe('the address of a mail', () => {
  const addressOf = (value: string) =>
    emailOf({ resourceType: 'Practitioner', telecom: [{ system: 'email', value }] } as Resource)

  test('is one address, never what a header would take for more', () => {
    assert.equal(addressOf('anna@example.org'), 'anna@example.org')
    const bad = [
      'a@b.example\r\nBcc: eve@example.org',
      'a@b.example, eve@example.org',
      'Anna <a@b.example>',
      'anna',
      '',
    ]
    for (const value of bad) assert.equal(addressOf(value), undefined, value)
  })

  test('is not an old one', () => {
    const telecom = [
      { system: 'email', value: 'old@example.org', use: 'old' },
      { system: 'email', value: 'new@example.org' },
    ]
    assert.equal(emailOf({ resourceType: 'Practitioner', telecom } as Resource), 'new@example.org')
  })
})

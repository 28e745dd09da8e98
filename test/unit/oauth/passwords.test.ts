import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createPasswords, passwordProblem } from '../../../src/oauth/accounts/passwords.ts'

describe('a new password', () => {
  test('has 12 characters or more, and no rule about which', () => {
    assert.match(passwordProblem('eleven char', [])!, /12 characters/)
    assert.equal(passwordProblem('twelve chars', []), undefined)
    assert.equal(passwordProblem('drei kleine Geißlein', []), undefined)
    assert.equal(passwordProblem('correct horse battery staple', []), undefined)
    assert.match(passwordProblem('x1'.repeat(200), [])!, /256/)
  })

  test('may have 256 characters, and each of them counts', async () => {
    const long = 'a lantern over the harbour, '.repeat(10).slice(0, 256)
    assert.equal(passwordProblem(long, []), undefined)
    const passwords = await createPasswords()
    const stored = await passwords.hash(long)
    assert.equal(await passwords.matches(stored, long), true)
    assert.equal(await passwords.matches(stored, `${long.slice(0, 255)}x`), false)
  })

  test('is none of those that everybody tries first', () => {
    for (const common of [
      ...[
        'password1234',
        'Password12345!',
        'qwertyuiop123',
        'iloveyou12345',
        '123456789012',
        '0987654321098',
        'abcdefghijkl',
      ],
      ...[
        'aaaaaaaaaaaa',
        'abcabcabcabc',
        'administrator',
        'Administrator1',
        'correcthorsebatterystaple',
        'asdfghjklasdfghjkl',
        'Chartshare2026!',
        '1q2w3e4r5t6y',
      ],
    ]) {
      assert.match(passwordProblem(common, []) ?? `${common} passes`, /tried first/)
    }
  })

  test('is not the person’s own address or name', () => {
    assert.match(passwordProblem('dora.berg@example.org', ['dora.berg@example.org'])!, /tried first/)
    assert.match(passwordProblem('Magnusdottir1', ['Magnusdottir'])!, /tried first/)
  })
})

describe('a stored password', () => {
  test('is argon2id, matches itself in either Unicode form, and nothing else', async () => {
    const passwords = await createPasswords()
    const stored = await passwords.hash('caf\u00e9 au lait, s\u2019il')
    // https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id: 19 MiB, two passes
    assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.equal(await passwords.matches(stored, 'cafe\u0301 au lait, s\u2019il'), true)
    assert.equal(await passwords.matches(stored, 'cafe au lait, s\u2019il'), false)
    assert.equal(await passwords.matches(undefined, 'anything'), false)
  })
})

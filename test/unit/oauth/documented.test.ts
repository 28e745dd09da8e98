import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { passwordProblem } from '../../../src/oauth/accounts/passwords.ts'
import { projectRoot } from '../../../src/project-root.ts'

const readme = readFileSync(join(projectRoot, 'src/oauth/README.md'), 'utf8')

test('every way to sign in that the code offers stands in src/oauth/README.md with its strength', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| '))
  const ways = ['password', 'external OpenID Connect', 'passkey', 'TOTP', 'recovery code', 'link by mail', 'invitation']
  for (const way of [...ways, 'private_key_jwt', 'client secret']) {
    const row = rows.find((line) => line.split('|')[1]!.includes(way))
    assert.ok(row, way)
    assert.ok(row.split('|')[2]!.trim().length > 10, `${way} has no strength`)
  }
})

test('the words that a password must not be made of are those that src/oauth/README.md tells', () => {
  assert.match(readme, /the product's name/)
  for (const password of [
    'chartshare2024',
    'Chartshare!!!!',
    'abababababab',
    'qwertyuiopas',
    'Administrator1!',
    'MargaretHolloway9',
  ]) {
    assert.match(passwordProblem(password, ['MargaretHolloway']) ?? '', /tried first/, password)
  }
  assert.equal(passwordProblem('a few words in a row', []), undefined)
})

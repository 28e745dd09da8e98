import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createKeys } from '../../../src/search/keys.ts'
import { normalized } from '../../../src/search/text.ts'

test('a key is the first 64 bits of the HMAC of its parts, whatever they hold and however long they are', () => {
  for (const length of [1, 32, 64]) {
    const secret = Buffer.alloc(length, 9)
    const { key } = createKeys(secret)
    for (const text of ['', 'a', 'http://loinc.org|1234-5', 'Ärztin 漢字 🩺', 'x'.repeat(5_000), '\ud800']) {
      const hmac = createHmac('sha256', secret).update(`value\u001f${text}`).digest().readBigInt64BE()
      assert.equal(key('value', text), hmac, text.slice(0, 20))
    }
  }
})

test('a secret that HMAC would have to hash first is refused', () => {
  assert.throws(() => createKeys(Buffer.alloc(65)), /64 bytes at most/)
})

test('a text without accents is normalized as one with them is', () => {
  for (let code = 0; code < 128; code++) {
    const text = `A ${String.fromCharCode(code)}B`
    assert.equal(`${normalized(text)}e`, normalized(`${text}\u00e9`), String(code))
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html } from '../../../src/oauth/pages/html.ts'
import { scopeWords } from '../../../src/oauth/pages/scope-words.ts'

test('what is put into a template is escaped, in text and in attributes, and templates are not escaped twice', () => {
  const inner = html`<b title="${'"><script>'}">${"<i> & '"}</b>`
  assert.equal(
    html`<p>${[inner, undefined, false, 7]}</p>`.html,
    '<p><b title="&quot;&gt;&lt;script&gt;">&lt;i&gt; &amp; &#39;</b>7</p>',
  )
})

test('a scope is told in words', () => {
  assert.equal(scopeWords('patient/DocumentReference.rs'), 'Read and search documents of the one patient')
  assert.equal(
    scopeWords('user/*.cruds'),
    'Create, read, change, delete and search all kinds of records that you may use yourself',
  )
  assert.match(scopeWords('patient/Observation.rs?category=http://x|laboratory'), /\(only category: laboratory\)$/)
  assert.match(scopeWords('offline_access'), /Stay connected/)
})

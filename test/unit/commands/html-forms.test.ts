import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formsOf, textOf } from '../../../src/commands/html-forms.ts'

const page = `
<style>p { color: red }</style>
<form method="post" action="/consent?x=1&amp;y=2">
  <input type="hidden" name="uid" value="a&quot;b">
  <label><input type="checkbox" name="scope" value="openid" checked> Name</label>
  <input type="checkbox" name="scope" value="user/*.cruds" checked="checked">
  <input type='checkbox' name='scope' value='offline_access'>
  <input type="password" name="password">
  <button name="allow" value="yes">Allow</button> <button name=deny value=yes>Deny</button>
</form>`

test('a form is what a browser would send if nobody touched it', () => {
  const [form] = formsOf(page)
  assert.deepEqual([form!.method, form!.action], ['POST', '/consent?x=1&y=2'])
  assert.deepEqual(form!.fields, [
    ['uid', 'a"b'],
    ['scope', 'openid'],
    ['scope', 'user/*.cruds'],
  ])
  assert.ok(form!.inputs.some(({ type }) => type === 'password'))
  assert.deepEqual(
    form!.buttons.map(({ name }) => name),
    ['allow', 'deny'],
  )
})

test('a page without its markup is what it says', () => {
  assert.equal(textOf('<style>p{}</style><h1>Not&nbsp;yet</h1>\n<p>Dr.&#32;O&#x27;Neil</p>'), "Not yet Dr. O'Neil")
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, search } from './search-parts.ts'

const position = { values: ['1700000000000', null, 'a'], rid: -5n }

function request(query: string, principalKey = 'anna', type = 'Observation') {
  return search.parse(type, new URLSearchParams(query), { lenient: false, principalKey })
}

function cursorOf(query: string): string {
  return search.nextCursor(request(query), position, 'anna')
}

test('a cursor leads behind the position that it was made of', () => {
  const query = 'code=1&_sort=-date'
  assert.deepEqual(request(`${query}&_cursor=${cursorOf(query)}`).after, position)
})

test('a page may have another size than the one before', () => {
  const cursor = cursorOf('code=1&_count=5')
  assert.deepEqual(request(`code=1&_count=50&_cursor=${cursor}`).after, position)
})

test('a cursor is good for its own query, sort, type and principal alone', () => {
  const cursor = cursorOf('code=1&_sort=-date')
  for (const act of [
    () => request(`code=2&_sort=-date&_cursor=${cursor}`),
    () => request(`code=1&_sort=date&_cursor=${cursor}`),
    () => request(`code=1&_cursor=${cursor}`),
    () => request(`code=1&_sort=-date&status=final&_cursor=${cursor}`),
    () => request(`code=1&_sort=-date&_cursor=${cursor}`, 'ben'),
    () => request(`code=1&_sort=-date&_cursor=${cursor}`, 'anna', 'DiagnosticReport'),
  ]) {
    assert.equal(refusal(act)?.problem, 'invalidQuery')
  }
})

test('a cursor with any character changed is refused, and so is what is none', () => {
  const cursor = cursorOf('')
  for (let at = 0; at < cursor.length; at++) {
    const other = cursor[at] === 'A' ? 'B' : 'A'
    const altered = cursor.slice(0, at) + other + cursor.slice(at + 1)
    assert.equal(refusal(() => request(`_cursor=${altered}`))?.problem, 'invalidQuery', `character ${at}`)
  }
  for (const bad of ['', 'x', `${cursor}=`, `${cursor}A`, cursor.slice(1), '%00', 'é', `${cursor}&_cursor=${cursor}`]) {
    assert.equal(refusal(() => request(`_cursor=${bad}`))?.problem, 'invalidQuery', bad)
  }
})

test('a cursor is refused leniently or not', () => {
  const lenient = () =>
    search.parse('Patient', new URLSearchParams('_cursor=x'), { lenient: true, principalKey: 'anna' })
  assert.equal(refusal(lenient)?.problem, 'invalidQuery')
})

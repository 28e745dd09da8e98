import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FhirError } from '../../../src/fhir/error.ts'
import { Decimal, decimalText, numberOf, parseJson, sameNumber, stringifyJson } from '../../../src/fhir/json.ts'

function refusal(text: string): string {
  try {
    parseJson(text)
  } catch (error) {
    assert.ok(error instanceof FhirError, String(error))
    assert.equal(error.problem, 'malformed')
    return error.message
  }
  return assert.fail(`accepted ${text}`)
}

test('every number literal comes back as it was written', () => {
  const text =
    '{"a":1.0,"b":[1e3,-0,0.10,12345678901234567890,1.2345678901234567890,1E+2,1e999],"c":{"d":0.1,"e":-7},"f":"1.0"}'
  assert.equal(stringifyJson(parseJson(text)), text)
})

test('a number that a double keeps is a plain number, every other one a Decimal', () => {
  const { plain, padded, huge } = parseJson('{"plain":0.5,"padded":0.50,"huge":1e400}') as Record<string, unknown>
  assert.equal(plain, 0.5)
  assert.deepEqual([padded, huge], [new Decimal('0.50'), new Decimal('1e400')])
  assert.deepEqual([numberOf(plain), numberOf(padded), numberOf('0.5')], [0.5, 0.5, undefined])
  assert.deepEqual([decimalText(plain), decimalText(padded), decimalText(null)], ['0.5', '0.50', undefined])
})

test('numbers are the same when their values are, however they are written', () => {
  const numbers = parseJson(
    '[1, 1.0, 100e-2, 10000000000000000000001, 10000000000000000000002, 0, -0, 0.00]',
  ) as unknown[]
  assert.ok(sameNumber(numbers[0], numbers[1]) && sameNumber(numbers[1], numbers[2]))
  assert.ok(sameNumber(numbers[5], numbers[6]) && sameNumber(numbers[6], numbers[7]))
  assert.ok(!sameNumber(numbers[3], numbers[4]))
  assert.ok(!sameNumber('1', 1) && !sameNumber(1, -1))
})

test('text that looks like the mark of a decimal stays text', () => {
  for (const text of ['["\\\\u00001.0",2.50]', '["\\"\\\\u00001.0\\"",2.50]', '["\\\\\\\\u00001",1.0]']) {
    assert.equal(stringifyJson(parseJson(text)), text)
  }
})

test('broken JSON is refused with the line and column of the break', () => {
  assert.match(refusal('{"a":\n  {"b":1,}}'), /line 2, column 10/)
  assert.match(refusal('{"a":"b}'), /line 1/)
  assert.match(refusal('[1,2'), /line 1, column 5/)
  assert.match(refusal('{"a":"tab\there"}'), /line 1, column 10/)
  for (const text of [
    '',
    ' ',
    'nul',
    '01',
    '1.',
    '-',
    '.5',
    '+1',
    '{a:1}',
    "{'a':1}",
    '{1.0:2}',
    '{"a" 1.0}',
    '[1.0.0]',
    '1 2',
    '"\\x"',
  ]) {
    refusal(text)
  }
})

test('a key twice in one object is refused, even with one value, and however it is escaped', () => {
  assert.match(refusal('{"a":1,\n"a":1}'), /"a" a second time in one object at line 2, column 1/)
  assert.match(refusal('[{"x":{"k":[]}},{"x":{"k":1,"\\u006b":2}}]'), /"k" a second time/)
  assert.deepEqual(parseJson('[{"a":{"a":1}},{"a":2}]'), [{ a: { a: 1 } }, { a: 2 }])
})

test('NUL and half surrogate pairs are refused, whole pairs are not', () => {
  assert.match(refusal('{"a":\n"\\u0000"}'), /NUL at line 2, column 1/)
  refusal('{"\\u0000":1}')
  refusal('["\\u00001.0", 1.0]')
  refusal('["\u0000"]')
  for (const half of ['\\ud800', '\\udc00x', '\\udc00\\ud800', '\ud800'])
    assert.match(refusal(`["${half}"]`), /half a surrogate/)
  assert.deepEqual(parseJson('["\\ud83d\\ude00", "😀", "\\\\u0000", "\\\\ud800"]'), ['😀', '😀', '\\u0000', '\\ud800'])
})

test('nesting is refused beyond 100 levels, long before the stack ends', () => {
  assert.ok(parseJson(`${'['.repeat(100)}${']'.repeat(100)}`))
  assert.match(refusal(`${'['.repeat(101)}${']'.repeat(101)}`), /deeper than 100/)
  assert.match(refusal('{"a":'.repeat(1_000_000)), /deeper than 100/)
})

test('the key __proto__ is refused, the word in a text is not', () => {
  assert.match(refusal('{"a":{"__proto__":{"admin":true}}}'), /__proto__/)
  assert.match(refusal('{"\\u005f_proto__":1}'), /__proto__/)
  assert.deepEqual(parseJson('{"a":"__proto__","constructor":1}'), { a: '__proto__', constructor: 1 })
})

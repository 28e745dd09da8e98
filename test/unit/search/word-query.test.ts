import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FhirError } from '../../../src/fhir/error.ts'
import { queryText } from '../../../src/search/sql/words.ts'
import { parsedWords } from '../../../src/search/types/word-query.ts'
import { refusedOr, runs } from '../../support/fuzz.ts'
import { parse, refusal, where } from './search-parts.ts'

const read = (text: string) => queryText(parsedWords('_text', text))

describe('what _text and _content are asked', () => {
  test('words must all be there; what is written as one is a phrase', () => {
    assert.equal(read('Bone  liver'), "(('bone') & ('liver'))")
    assert.equal(read('"acute pain" E11.9'), "(('acute' <-> 'pain') & ('e11' <-> '9'))")
    assert.equal(read('pneumo* "acute pn"*'), "(('pneumo':*) & ('acute' <-> 'pn':*))")
    assert.equal(read('a - b & c'), "(('a') & ('b') & ('c'))")
  })

  test('OR, AND, NOT, - and parentheses are read as in the example of R4', () => {
    assert.equal(read('(bone OR liver) and metastases'), "((('bone') | ('liver')) & ('metastases'))")
    assert.equal(read('a or b c'), "(('a') | (('b') & ('c')))")
    assert.equal(read('-a NOT (b or "c d")'), "(!('a') & !(('b') | ('c' <-> 'd')))")
    assert.equal(read('--a'), "('a')")
    assert.equal(read('not "or"'), "(('not') & ('or'))")
  })

  test('what cannot be read is refused with the reason', () => {
    for (const [text, why] of [
      ['', /no value|no word/],
      ['...', /no word/],
      ['""', /no word/],
      ['"a', /quotation mark/],
      ['(a', /not closed/],
      ['a)', /closes nothing/],
      ['a or', /one side of an OR/],
      ['a NOT', /a word is missing/],
      ['('.repeat(1_000), /deeper/],
      [`${'('.repeat(1_000)}a${')'.repeat(1_000)}`, /deeper/],
      [Array.from({ length: 10_000 }, (_, n) => `a${n}`).join(' OR '), /more than 100 words/],
      ['a.'.repeat(10_000), /more than 100 words/],
    ] as const) {
      const refused = refusal(() => parse('Patient', new URLSearchParams({ _text: text }).toString()))
      assert.equal(refused?.problem, 'invalidQuery', text.slice(0, 40))
      assert.match(refused.text, why)
    }
  })

  test('values are alternatives, as everywhere; every parameter has :missing', () => {
    assert.equal(where('Patient', '_content=a,b').op, 'or')
    assert.equal(where('Patient', '_content=a\\,b').op, 'words')
    assert.deepEqual(refusal(() => parse('Patient', '_text:exact=a'))?.problem, 'unsupportedParameter')
    assert.equal(where('Patient', '_text:missing=true').op, 'not')
  })

  test('any text is read or refused, and nothing but words gets into the query', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        '(',
        ')',
        '-',
        '*',
        ' ',
        ' or ',
        ' AND ',
        'NOT ',
        "'",
        '\\',
        ':',
        '&',
        '|',
        '!',
        '<->',
        'a',
        'Ä',
        '肺',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    let accepted = 0
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        (text) => {
          const query = refusedOr(() => parsedWords('_text', text))
          if (query instanceof FhirError) return assert.equal(query.status, 400)
          accepted++
          assert.match(queryText(query), /^(?:'[\p{L}\p{N}]+'(?::\*)?| <-> | & | \| |[()!])+$/u)
        },
      ),
      runs(2_000),
    )
    assert.ok(accepted > 100)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { wordVector } from '../../../src/search/word-vector.ts'
import { textOfMarkup, wordsOf } from '../../../src/search/words.ts'

describe('words', () => {
  test('are letters and digits in one case, without accents', () => {
    assert.deepEqual(wordsOf('Der Ärztin fällt’s auf: ΟΔΟΣ, Straße; SØREN'), [
      ...['der', 'arztin', 'fallt', 's', 'auf', 'οδοσ', 'strasse', 'soren'],
    ])
    assert.deepEqual(wordsOf('e11.9 8480-6 C-reactive (b.i.d.)'), 'e11 9 8480 6 c reactive b i d'.split(' '))
    assert.deepEqual(wordsOf(' -- \u0000 \ud800 … '), [])
  })

  test('are single letters in scripts that write no spaces', () => {
    assert.deepEqual(wordsOf('急性肺炎 and ปอด'), ['急', '性', '肺', '炎', 'and', 'ป', 'อ', 'ด'])
    assert.deepEqual(wordsOf('CT検査2回'), ['ct', '検', '査', '2', '回'])
    assert.deepEqual(wordsOf('폐렴 환자').length, 2)
  })

  test('are compared by their beginning when they are longer than any word', () => {
    assert.deepEqual(
      wordsOf(`${'A'.repeat(5_000_000)} b`).map(({ length }) => length),
      [64, 1],
    )
    assert.deepEqual(
      wordsOf('𝒳'.repeat(40)).map((word) => word.isWellFormed()),
      [true],
    )
    assert.equal(wordsOf(`a${'𐐷'.repeat(40)}`)[0]!.isWellFormed(), true)
  })
})

describe('markup', () => {
  test('is read without its tags, and its character references as what they stand for', () => {
    const markup = `<div xmlns="http://www.w3.org/1999/xhtml"><p title="a > b" class='c'>Ver<b>dacht</b> auf</p><p>M&#252;ll<br/>&amp;&#x41;&lt;b&gt;</p>
      <!-- not <b>this</b> --><![CDATA[1 < 2]]>&nbsp;</div>`
    assert.equal(textOfMarkup(markup).replace(/\s+/g, ' ').trim(), 'Verdacht auf Müll &A<b> 1 < 2&nbsp;')
  })

  test('that is broken or hostile is read in bounded time', () => {
    for (const part of ['<', '<a "', '<!--', '<![CDATA[', '&', '&#x', '&#9999999;', '<a b="', '"', '</']) {
      textOfMarkup(part.repeat(200_000))
    }
    assert.equal(textOfMarkup('a<b "').trim(), 'a')
    assert.equal(textOfMarkup('a&#x110000;b'), 'a b')
    assert.deepEqual(wordsOf(textOfMarkup('a&#0;&#xd800;b')), ['a', 'b'])
  })
})

describe('the vector', () => {
  test('holds each word with its places, and a place is free between two texts', () => {
    assert.equal(wordVector(7n, ['Anna anna', 'b']), `' 7' 'anna':1,2 'b':4`)
    assert.equal(wordVector(7n, [' - ']), undefined)
    assert.equal(wordVector(7n, []), undefined)
  })

  test('stays within what Postgres can hold', () => {
    const many = Array.from({ length: 300_000 }, (_, n) => n.toString(36)).join(' ')
    const vector = wordVector(1n, [many])!
    assert.ok(vector.length > 300_000 && vector.length < 2_000_000, `${vector.length}`)
    const same = wordVector(1n, ['a '.repeat(300_000)])!
    assert.equal(same.split(',').length, 255)
    const places = wordVector(1n, [Array.from({ length: 20_000 }, (_, n) => `w${n}`).join(' ')])!
    assert.match(places, /'w19999':16383$/)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { all } from '../../../src/search/clause.ts'
import { createSearch } from '../../../src/search/create-search.ts'
import { complete } from '../../../src/search/index-state.ts'
import { createKeys } from '../../../src/search/keys.ts'
import { searchStatement } from '../../../src/search/sql.ts'
import { howIndexed } from '../../../src/sharing/how-indexed.ts'

const definitions = await loadDefinitions()
const keys = createKeys(Buffer.alloc(32, 7))
const parts = { definitions, keys, base: 'https://example.org/fhir', cursorSecret: Buffer.alloc(32), labels: () => 0 }
const search = createSearch({ ...parts, inOrder: howIndexed.inOrder })
const noon = Date.UTC(2026, 0, 1, 12)

function message(to: readonly string[], sent?: string) {
  const recipient = to.map((reference) => ({ reference }))
  const sender = { reference: 'Practitioner/anna' }
  return { resourceType: 'Communication', status: 'in-progress', sender, recipient, ...(sent ? { sent } : {}) }
}

const periodsOf = (resource: ReturnType<typeof message>) => search.extract(resource, '1').periods

const textOf = (query: string, using = search) =>
  searchStatement(
    using.parse('Communication', new URLSearchParams(query), { lenient: false, principalKey: '' }),
    () => all,
  ).text

describe('what is kept in order', () => {
  test('is the sender, each recipient, and the sender with each recipient', () => {
    const periods = periodsOf(message(['Practitioner/ben', 'Patient/1'], '2026-01-01T12:00:00Z'))
    assert.equal(new Set(periods.map(([key]) => key)).size, 5)
    assert.deepEqual(new Set(periods.map(([, start]) => start)), new Set([noon]))
  })

  test('without the date it stands apart', () => {
    const [dated, undated] = ['2026-01-01T12:00:00Z', undefined].map((sent) => periodsOf(message(['Patient/1'], sent)))
    const known = new Set(dated!.map(([key]) => key))
    assert.equal(undated!.length, 3)
    assert.ok(undated!.every(([key]) => !known.has(key)))
  })

  test('is nothing of a message that stands inside of another resource', () => {
    const contained = [{ ...message(['Practitioner/ben'], '2026-01-01T12:00:00Z'), id: 'inner' }]
    const basis = { resourceType: 'Communication', status: 'completed', partOf: [{ reference: '#inner' }], contained }
    const { periods } = search.extract(basis, '1')
    assert.deepEqual(
      periods.filter(([, start, end]) => start === end),
      [],
    )
  })

  test('a message to oneself and its answer are two', () => {
    const pair = (sender: string, recipient: string) =>
      search
        .extract({ ...message([recipient]), sender: { reference: sender } }, '1')
        .periods.map(([key]) => key)
        .at(-1)
    assert.notEqual(pair('Practitioner/anna', 'Practitioner/ben'), pair('Practitioner/ben', 'Practitioner/anna'))
  })
})

describe('a search walks what is kept in order', () => {
  const walked = /from dat t join "communication" s/
  for (const query of ['recipient=Practitioner/1&_sort=-sent', 'sender=Practitioner/1&status=completed&_sort=sent']) {
    test(query, () => assert.match(textOf(query), walked))
  }
  for (const query of [
    'recipient=Practitioner/1',
    'recipient=Practitioner/1&_sort=-received',
    'recipient=Practitioner/1&_sort=-sent,status',
    'recipient=Practitioner/1,Practitioner/2&_sort=-sent',
    'subject=Patient/1&_sort=-sent',
  ]) {
    test(`but not ${query}`, () => assert.doesNotMatch(textOf(query), walked))
  }

  test('but not by what access alone asks, which may not be in order yet', () => {
    const mine = search.parameter('Communication', 'recipient', 'Practitioner/1')
    const query = new URLSearchParams('status=completed&_sort=-sent')
    const asked = search.parse('Communication', query, { lenient: false, principalKey: '' })
    const { text } = searchStatement(asked, () => mine)
    assert.doesNotMatch(text, walked)
  })

  test('and sorts while what is stored is not in order yet', () => {
    const index = {
      ...complete,
      isPending: (type: string, code: string) => type === 'Communication' && code === '#in-order',
    }
    const waiting = createSearch({ ...parts, inOrder: howIndexed.inOrder, index })
    const text = textOf('recipient=Practitioner/1&_sort=-sent', waiting)
    assert.doesNotMatch(text, walked)
    assert.match(text, /materialized/)
  })

  test('what is in order is told from what is not by the index of the type', () => {
    const [before, now] = [createSearch(parts), search].map((one) => one.indexed().get('Communication')!)
    assert.deepEqual(
      Object.keys(now!).filter((code) => !(code in before!)),
      ['#in-order'],
    )
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowsOf, summary } from '../../bench/ratio-table.ts'
import type { Measured } from '../../bench/ratio-table.ts'

function measured(ratio: number, concurrency = 8, errors = 0): Measured {
  return {
    rate: 1000 * ratio,
    limit: 1000,
    ratio,
    concurrency,
    errors,
    p50: 1,
    p95: 2,
    serverCpu: 0.1,
    postgresCpu: 0.1,
  }
}

test('a ratio is judged by the target from its concurrency on, and by the peer always', () => {
  const verdicts = (ratio: number, concurrency: number) =>
    rowsOf(new Map([['read' as const, [measured(ratio, concurrency)]]])).map(({ verdict }) => verdict)
  assert.deepEqual(verdicts(0.7, 8), ['target met'])
  assert.deepEqual(verdicts(0.3, 8), ['50 % of target'])
  assert.deepEqual(verdicts(0.3, 1), ['above Medplum'])
  assert.deepEqual(verdicts(0.05, 8), ['BELOW MEDPLUM'])
})

test('errors outweigh any rate, and the last line counts where the rows stand', () => {
  const rows = rowsOf(
    new Map([
      ['create' as const, [measured(5, 8, 3)]],
      ['update' as const, [measured(0.6), measured(0.4, 32)]],
    ]),
  )
  assert.equal(rows[0]!.verdict, '3 ERRORS')
  assert.equal(summary(rows), '1 of 2 targets met, 0 below Medplum, 1 with errors.')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowsOf } from '../../bench/ratio-table.ts'
import type { Measured } from '../../bench/ratio-table.ts'

function measured(rate: number, concurrency = 8, errors = 0): Measured {
  return { rate, concurrency, errors, p50: 1, p95: 2, serverCpu: 0.1, postgresCpu: 0.1 }
}

test('a ratio is judged by the target from its concurrency on, and by the peer always', () => {
  const limits = new Map([['koa-select' as const, [measured(1000, 1), measured(1000, 8)]]])
  const verdicts = (rate: number, concurrency: number) =>
    rowsOf(new Map([['read' as const, [measured(rate, concurrency)]]]), limits).map(({ verdict }) => verdict)
  assert.deepEqual(verdicts(700, 8), ['target met'])
  assert.deepEqual(verdicts(300, 8), ['50 % of target'])
  assert.deepEqual(verdicts(300, 1), ['above Medplum'])
  assert.deepEqual(verdicts(50, 8), ['BELOW MEDPLUM'])
})

test('a transaction counts by its resources, and errors outweigh any rate', () => {
  const limits = new Map([['pg-insert' as const, [measured(2000)]]])
  const [row] = rowsOf(new Map([['transaction of 100' as const, [measured(10)]]]), limits)
  assert.equal(row!.ratio, 0.5)
  const [bad] = rowsOf(new Map([['create' as const, [measured(5000, 8, 3)]]]), limits)
  assert.equal(bad!.verdict, '3 ERRORS')
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { undisturbed } from '../../bench/undisturbed.ts'

describe('a measurement', () => {
  const forever = { until: Number.POSITIVE_INFINITY, retry: () => undefined }

  /** Gives these shares of stolen time one after the other, and how often it was asked. */
  function measuring(...shares: number[]) {
    const measured: number[] = []
    return {
      measured,
      measure: () => {
        measured.push(measured.length)
        return Promise.resolve({ stolen: shares[measured.length - 1] ?? 0.5, n: measured.length })
      },
    }
  }

  it('is taken once where the host leaves the machine alone', async () => {
    const { measured, measure } = measuring(0.01, 0)
    const { best, isDisturbed } = await undisturbed(measure, forever)
    assert.deepEqual([best.n, isDisturbed, measured.length], [1, false, 1])
  })

  it('is taken again while the host takes CPU time away', async () => {
    const { measured, measure } = measuring(0.4, 0.1, 0.02, 0)
    const { best, isDisturbed } = await undisturbed(measure, forever)
    assert.deepEqual([best.n, isDisturbed, measured.length], [3, false, 3])
  })

  it('is the least disturbed of eight, and says so', async () => {
    const { measured, measure } = measuring(0.4, 0.1, 0.2)
    const { best, all, isDisturbed } = await undisturbed(measure, forever)
    assert.deepEqual([best.n, all.length, isDisturbed, measured.length], [2, 8, true, 8])
  })

  it('is not taken again when the time is up', async () => {
    const { best, isDisturbed } = await undisturbed(measuring(0.4, 0).measure, { ...forever, until: 0 })
    assert.deepEqual([best.n, isDisturbed], [1, true])
  })
})

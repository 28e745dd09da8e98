import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createOutbox } from '../../../src/sharing/outbox.ts'
import { retryAfter } from '../../../src/sharing/retry.ts'
import type { Store } from '../../../src/store/store.ts'

/** An outbox whose database answers each look for mails with so many. */
function outboxOf(...found: number[]) {
  const looks: number[] = []
  const query = async (text: string) => {
    if (!text.startsWith('update outbox set attempts')) return []
    const number = found[looks.length] ?? 0
    if (looks.push(number) > found.length + 1) throw new Error('Nobody looks that often.')
    return Array.from({ length: number }, (_, n) => ({
      ...{ id: BigInt(n), message: 'm', channel: 'mail', content: Buffer.alloc(0), attempts: 1, age: 0 },
    }))
  }
  const outbox = createOutbox({
    ...{
      store: { query } as unknown as Store,
      key: Buffer.alloc(32),
      log: { warn: () => undefined, error: () => undefined },
    },
    channels: { mail: { deliver: async () => undefined, isRefusal: () => false, isInstant: true } },
  })
  return { outbox, looks }
}

describe('the outbox', () => {
  test('is looked through until it has less than fits into one go', async () => {
    const { outbox, looks } = outboxOf(5, 5, 2)
    await outbox.wake()
    assert.deepEqual(looks, [5, 5, 2])
  })

  test('is looked through by one at a time, and once more for all who come meanwhile', async () => {
    const { outbox, looks } = outboxOf(1, 0)
    await Promise.all([outbox.wake(), outbox.wake(), outbox.wake()])
    assert.deepEqual(looks, [1, 0])
  })

  test('is not looked at any more once the process stops', async () => {
    const { outbox, looks } = outboxOf(1)
    await outbox.stop()
    await outbox.wake()
    assert.deepEqual(looks, [])
  })
})

describe('a mail that could not be sent', () => {
  test('is tried again after a minute, then after longer, for five days', () => {
    const day = 86_400
    assert.equal(retryAfter({ attempts: 1, age: 0 }), 60)
    assert.equal(retryAfter({ attempts: 2, age: 60 }), 240)
    assert.equal(retryAfter({ attempts: 30, age: 5 * day - 1 }), 8 * 3_600)
    assert.equal(retryAfter({ attempts: 30, age: 5 * day }), undefined)
  })
})

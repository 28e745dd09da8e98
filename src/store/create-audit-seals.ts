import { hostname } from 'node:os'
import { type Anchors, createAnchors } from './audit/anchors.ts'
import { createSeal, mostRows, sealLock } from './audit/seal.ts'
import { type Verified, verifySeals } from './audit/verify.ts'
import type { ObjectStore } from './object-store.ts'
import type { Handle } from './store.ts'

export interface AuditSeals {
  /** Seals every row that was committed before, however many there are; answers how many. Processes wait for each other. */
  seal(now?: number): Promise<number>
  /** Makes the partitions of this month and the two that follow. */
  makeMonths(now?: number): Promise<void>
  verify(onProgress?: (done: number, total: number) => void, now?: number): Promise<Verified>
  isAnchor: Anchors['isAnchor']
}

interface Parts {
  store: Pick<Handle, 'query' | 'transaction'>
  objects: ObjectStore
  /** Whoever has the database alone cannot make a chain that fits. */
  key: Buffer
}

/**
 * The seals of the audit trail: a chain of keyed hashes over its rows, made behind the requests, seconds after their rows, and
 * anchored outside of the database. One chain for all processes: each link says who made it.
 */
export function createAuditSeals({ store, objects, key }: Parts): AuditSeals {
  const anchors = createAnchors({ key, objects })
  const seal = createSeal({ key, anchors, process: `${hostname()}/${process.pid}` })
  return {
    async seal(now = Date.now()) {
      let total = 0
      for (;;) {
        const count = await store.transaction(async (tx) => {
          await tx.query(`select pg_advisory_xact_lock(${sealLock})`)
          return seal(tx, now)
        })
        total += count
        if (count < mostRows) return total
      }
    },
    async makeMonths(now = Date.now()) {
      const today = new Date(now)
      for (const ahead of [0, 1, 2]) {
        const month = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1)
        await store.query('select audit_month($1)', [month])
      }
    },
    verify: (onProgress, now = Date.now()) =>
      verifySeals({ query: store.query, key, anchors, now, ...(onProgress ? { onProgress } : {}) }),
    isAnchor: anchors.isAnchor,
  }
}

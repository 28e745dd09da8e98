/**
 * What each operation is measured against, what we are after, and what the peer reached.
 *
 * The peer is Medplum 5.1.3 (TypeScript, Postgres and Redis), measured once with the same operations, data and limits on one
 * machine; only the ratios to the limits of that run carry over to another machine.
 */
export type LimitName = 'koa-select' | 'pg-insert' | 'koa-file-100k' | 'koa-file-20m' | 'koa-upload'

export interface Target {
  readonly limit: LimitName
  /** Resources that one request carries. */
  readonly resources?: number
  /** The ratio to the limit that we are after, from a concurrency on. */
  readonly ratio?: { readonly atLeast: number; readonly from: number }
  /** Medplum's ratio at 1, 8 and 32 callers. */
  readonly medplum?: readonly [number, number, number]
  /** CPU time of the server for one request, in ms. */
  readonly cpu?: number
  readonly roundTrips?: number
}

const fast = { limit: 'koa-select', ratio: { atLeast: 0.6, from: 8 }, cpu: 0.35 } as const
const query = { limit: 'koa-select', ratio: { atLeast: 0.35, from: 8 }, cpu: 1 } as const
const write = { limit: 'pg-insert', ratio: { atLeast: 0.5, from: 8 }, roundTrips: 3 } as const

export const targets = {
  read: { ...fast, roundTrips: 2, medplum: [0.08, 0.08, 0.16] },
  vread: { ...fast, roundTrips: 2 },
  history: { limit: 'koa-select' },
  'search by name': { limit: 'koa-select', medplum: [0.08, 0.13, 0.09] },
  'search by identifier': { ...fast, medplum: [0.09, 0.14, 0.14] },
  'a patient’s 20 newest documents': { ...query, medplum: [0.01, 0.01, 0.01] },
  'patient + code + date': { ...query, medplum: [0.08, 0.08, 0.08] },
  chained: { ...query, medplum: [0.01, 0.01, 0.01] },
  _include: { ...query, medplum: [0.005, 0.005, 0.005] },
  'Binary 100 kB down': { limit: 'koa-file-100k', ratio: { atLeast: 0.7, from: 1 }, medplum: [0.19, 0.31, 0.51] },
  'Binary 20 MB down': { limit: 'koa-file-20m', ratio: { atLeast: 0.7, from: 1 } },
  'Binary 100 kB up': { limit: 'koa-upload', ratio: { atLeast: 0.5, from: 1 } },
  create: { ...write, medplum: [0.04, 0.04, 0.03] },
  update: { ...write, medplum: [0.04, 0.03, 0.02] },
  'document create, 100 kB': { limit: 'pg-insert', medplum: [0.03, 0.02, 0.01] },
  'transaction of 100': { limit: 'pg-insert', resources: 100, medplum: [0.09, 0.06, 0.03], roundTrips: 15 },
} as const satisfies Record<string, Target>

export type OperationName = keyof typeof targets

/**
 * What each operation is measured against, what we are after, and what the peer reached.
 *
 * The peer is Medplum 5.1.3 (TypeScript, Postgres and Redis), measured once with the same operations, data and limits on one
 * machine; only the ratios to the limits of that run carry over to another machine. Rates are those of 1, 8 and 32 callers.
 */
export type LimitName = 'koa-select' | 'pg-insert' | 'koa-file-100k' | 'koa-file-20m' | 'koa-upload'

export interface Target {
  readonly limit: LimitName
  /** Resources that one request carries. */
  readonly resources?: number
  /** The ratio to the limit that we are after, from a concurrency on. */
  readonly ratio?: { readonly atLeast: number; readonly from: number }
  /** Medplum's ratio at 1, 8 and 32 callers. */
  readonly medplum?: Rates
  /** CPU time of the server for one request, in ms. */
  readonly cpu?: number
  readonly roundTrips?: number
}

type Rates = readonly [number, number, number]

const peerLimits = { select: [1620, 2485, 2934], insert: [816, 2279, 3900], file: [686, 1023, 884] } as const

function peer(limit: Rates, [one, eight, many]: Rates, resources = 1): Rates {
  return [(one * resources) / limit[0], (eight * resources) / limit[1], (many * resources) / limit[2]]
}

const selecting = (...rates: Rates) => peer(peerLimits.select, rates)
const inserting = (...rates: Rates) => peer(peerLimits.insert, rates)

const fast = { limit: 'koa-select', ratio: { atLeast: 0.6, from: 8 }, cpu: 0.35 } as const
const query = { limit: 'koa-select', ratio: { atLeast: 0.35, from: 8 }, cpu: 1 } as const
const write = { limit: 'pg-insert', ratio: { atLeast: 0.5, from: 8 }, roundTrips: 3 } as const

export const targets = {
  read: { ...fast, roundTrips: 2, medplum: selecting(125, 190, 476) },
  vread: { ...fast, roundTrips: 2 },
  history: { limit: 'koa-select' },
  'search by name': { limit: 'koa-select', medplum: selecting(133, 322, 271) },
  'search by identifier': { ...fast, medplum: selecting(150, 338, 396) },
  'a patient’s 20 newest documents': { ...query, medplum: selecting(18, 20, 21) },
  'patient + code + date': { ...query, medplum: selecting(126, 179, 239) },
  chained: { ...query, medplum: selecting(20, 36, 32) },
  _include: { ...query, medplum: selecting(14, 12, 13) },
  'Binary 100 kB down': {
    limit: 'koa-file-100k',
    ratio: { atLeast: 0.7, from: 1 },
    medplum: peer(peerLimits.file, [133, 321, 447]),
  },
  'Binary 20 MB down': { limit: 'koa-file-20m', ratio: { atLeast: 0.7, from: 1 } },
  'Binary 100 kB up': { limit: 'koa-upload', ratio: { atLeast: 0.5, from: 1 } },
  create: { ...write, medplum: inserting(33, 87, 110) },
  update: { ...write, medplum: inserting(35, 70, 72) },
  'document create, 100 kB': { limit: 'pg-insert', medplum: inserting(21, 44, 51) },
  'transaction of 100': {
    limit: 'pg-insert',
    resources: 100,
    medplum: peer(peerLimits.insert, [0.7, 1.4, 1.1], 100),
    roundTrips: 15,
  },
} as const satisfies Record<string, Target>

export type OperationName = keyof typeof targets

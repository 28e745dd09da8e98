import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly patients: number
  readonly concurrency: readonly number[]
  readonly repeats: number
  /** Of one measurement. */
  readonly seconds: number
  /** How long to measure at most; filling the server comes before. */
  readonly minutes: number
  readonly only?: RegExp
  /** Where to write every number as JSON. */
  readonly out?: string
  /** Buffers of searches on a database that grows, instead of rates. */
  readonly growth: boolean
  /** What access control adds to searches, instead of rates. */
  readonly access: boolean
  /** What a token of a backend service costs, instead of all else. */
  readonly tokens: boolean
  /** Resources to grow to, step by step. */
  readonly sizes: readonly number[]
  /** Where to write the plans. */
  readonly plans?: string
}

export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      patients: { type: 'string' },
      concurrency: { type: 'string' },
      repeats: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
      growth: { type: 'boolean', default: false },
      access: { type: 'boolean', default: false },
      tokens: { type: 'boolean', default: false },
      sizes: { type: 'string' },
      plans: { type: 'string' },
    },
  })
  const { quick } = values
  return {
    patients: numberOf(values.patients, quick ? 200 : 2_000),
    concurrency: (values.concurrency ?? (quick ? '1,8' : '1,8,32')).split(',').map((text) => numberOf(text, 1)),
    repeats: numberOf(values.repeats, quick ? 1 : 3),
    seconds: numberOf(values.seconds, quick ? 0.5 : 1.2),
    minutes: quick ? 2 : 20,
    only: values.only === undefined ? undefined : new RegExp(values.only, 'i'),
    out: values.out,
    growth: values.growth,
    access: values.access,
    tokens: values.tokens,
    sizes: (values.sizes ?? (quick ? '3000,30000' : values.access ? '10000,100000' : '10000,30000,100000'))
      .split(',')
      .map((text) => numberOf(text, 1)),
    plans: values.plans,
  }
}

function numberOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const number = Number(text)
  if (!(number > 0)) throw new Error(`"${text}" is no number above 0`)
  return number
}

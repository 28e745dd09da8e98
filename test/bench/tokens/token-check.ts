import { houseClientId } from '../../../src/oauth/provider/clients.ts'
import { createProofCheck } from '../../../src/oauth/dpop-proof.ts'
import { createTokens } from '../../../src/oauth/principal.ts'
import { activityKeys } from '../../../src/sharing/active-practitioner.ts'
import type { Database } from '../../../src/store/open-database.ts'
import { type Engine, openEngine, type Sent, witness } from '../growth/engine.ts'
import { explain } from '../growth/explain.ts'

/** What a request waits for until it is known for whom it acts. */
export interface CheckCost {
  readonly statements: number
  /** Tables that no index finds the rows of. */
  readonly scanned: readonly string[]
  /** How long Postgres runs the statement, in ms; it is planned once for each connection. */
  readonly median: number
  readonly p95: number
}

/** A request's token check may cost one indexed statement of so many ms. */
export const checkLimit = 0.2
const repetitions = 500

/** On the database that tokens were issued in; nobody else works on it meanwhile. */
export async function measureTokenCheck(url: string, dataDir: string, origin: string, token: string) {
  const engine = await openEngine(url, dataDir)
  try {
    return await costOf(engine, origin, token)
  } finally {
    await engine.close()
  }
}

async function costOf({ database, search, keys }: Engine, origin: string, token: string): Promise<CheckCost> {
  const { witnessed, sent } = witness(database)
  const tokens = createTokens({
    ...{ database: witnessed, houseClient: houseClientId, fhirBase: `${origin}/fhir` },
    ...activityKeys(search, keys),
    isProven: createProofCheck({ database: witnessed, publicUrl: origin }),
  })
  const statements = await sent(async () => {
    const principal = await tokens.principalOf(token)
    if (principal?.person === undefined) throw new Error('The token stands for nobody.')
  })
  const [statement] = statements
  const { unavoidable } = await explain(database, statement!)
  const times: number[] = []
  for (let n = 0; n < repetitions; n++) times.push(await timeOf(database, statement!))
  times.sort((one, other) => one - other)
  const at = (share: number) => times[Math.floor(share * (times.length - 1))]!
  return { statements: statements.length, scanned: unavoidable, median: at(0.5), p95: at(0.95) }
}

/** https://www.postgresql.org/docs/current/sql-explain.html */
async function timeOf(database: Database, { text, values }: Sent): Promise<number> {
  const explained = `explain (analyze, timing off, summary on, format json) ${text}`
  const [row] = await database.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(explained, values)
  return row!['QUERY PLAN'][0]['Execution Time']
}

export function isWithinLimit({ statements, scanned, median }: CheckCost): boolean {
  return statements === 1 && scanned.length === 0 && median <= checkLimit
}

export function checkLine(cost: CheckCost): string {
  const { statements, scanned, median, p95 } = cost
  const how = scanned.length === 0 ? 'by indexes alone' : `reads all of ${scanned.join(', ')}`
  const verdict = isWithinLimit(cost) ? 'within' : 'BEYOND'
  return `Token check of a request: ${statements} statement, ${how}, ${median.toFixed(3)} ms of Postgres (p95 ${p95.toFixed(3)}): ${verdict} the limit of ${checkLimit} ms`
}

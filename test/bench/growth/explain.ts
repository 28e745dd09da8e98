import type { Database, Session } from '../../../src/store/open-database.ts'
import type { Sent } from './engine.ts'

/** What a statement read and how. */
export interface Explained {
  /** Pages found in shared memory or fetched for it, while the plan ran. */
  readonly buffers: number
  /**
   * The same without reading any table from one end to the other, which Postgres prefers for tables of a few pages: what the plan
   * costs that remains when there are more.
   */
  readonly byIndex: number
  readonly rows: number
  /** Each node that was run, as `Index Scan on patient using patient_pkey`. */
  readonly nodes: readonly string[]
  /**
   * The most rows that any node looked at in one go, whether or not it let them pass. What is looked up anew for each row of
   * another node counts once, since that other node has looked at as many rows.
   */
  readonly mostLookedAt: number
  /** Tables that were read from one end to the other. */
  readonly sequential: readonly string[]
  /** Those that no index could have spared. */
  readonly unavoidable: readonly string[]
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Loops': number
  readonly 'Actual Rows': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly PlanNode[]
}

/**
 * Runs a statement and throws away what it wrote. It runs twice, since the first use of an index by a connection reads more.
 *
 * https://www.postgresql.org/docs/current/sql-explain.html
 */
export async function explain(database: Database, statement: Sent): Promise<Explained> {
  const session = await database.session()
  try {
    await run(session, statement)
    const plan = await run(session, statement)
    const sequential = scansOf(plan)
    const byIndex = sequential.length === 0 ? plan : await run(session, statement, 'off')
    return {
      buffers: buffersOf(plan),
      byIndex: buffersOf(byIndex),
      rows: plan['Actual Rows'],
      nodes: nodesOf(plan).map(nameOf),
      mostLookedAt: Math.max(...nodesOf(plan).map(lookedAt)),
      sequential,
      unavoidable: scansOf(byIndex),
    }
  } finally {
    session.release()
  }
}

async function run(session: Session, { text, values }: Sent, scans: 'on' | 'off' = 'on'): Promise<PlanNode> {
  await session.query('begin')
  try {
    await session.query(`set local enable_seqscan = ${scans}`)
    const [row] = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, buffers, timing off, format json) ${text}`,
      values,
    )
    return row!['QUERY PLAN'][0].Plan
  } finally {
    await session.query('rollback')
  }
}

function buffersOf(plan: PlanNode): number {
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
}

function scansOf(plan: PlanNode): string[] {
  const scans = nodesOf(plan).filter((node) => node['Node Type'].includes('Seq Scan'))
  return scans.map((node) => node['Relation Name'] ?? node['Node Type'])
}

/** Those that ran: of two ways that a statement chooses from, one stands still. */
function nodesOf(plan: PlanNode): PlanNode[] {
  const inner = (plan.Plans ?? []).flatMap(nodesOf)
  return plan['Actual Loops'] > 0 ? [plan, ...inner] : inner
}

/** The figures of a node are those of one loop. */
function lookedAt(node: PlanNode): number {
  return node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
}

function nameOf(node: PlanNode): string {
  const on = node['Relation Name'] ? ` on ${node['Relation Name']}` : ''
  const using = node['Index Name'] ? ` using ${node['Index Name']}` : ''
  return `${node['Node Type']}${on}${using}`
}

import type { AccessOf } from '../../search/guard.ts'
import { inContentOrder, sortsByContent } from '../../search/content-order.ts'
import { searchedTypes, type SearchRequest, type Statement } from '../../search/request.ts'
import {
  countStatement,
  followStatement,
  type FoundRow,
  labelsStatement,
  mostIncluded,
  narrowCount,
  narrowStatement,
  partsLeft,
  presentStatement,
  resolveStatement,
  searchStatement,
  severalStatement,
  unorderedStatement,
} from '../../search/sql.ts'
import { all } from '../../search/clause.ts'
import type { Handle, Page, Resources, StoredVersion } from '../store.ts'
import type { NameOf } from './statement-names.ts'

/** Every condition of a statement is a query of its own, and the planner's work grows with them. */
const conditionsPerStatement = 100

/** What clients vary without end is forgotten, and so is what may have become little since. */
const mostRemembered = 10_000
const rememberedFor = 10 * 60_000

/** Includes that lead further than so many links are a whole record, which there are other ways to ask for. */
const mostRounds = 16

/** Runs what `search` compiles; decides which of its statements a page needs. */
export function createSearches({
  query,
  nameOf,
}: {
  query: Handle['query']
  nameOf: NameOf
}): Pick<Resources, 'find' | 'several' | 'labels' | 'resolve'> {
  function run<Row>({ text, values, sharesPlan }: Statement): Promise<Row[]> {
    return query<Row>(text, values, sharesPlan ? nameOf(text) : undefined)
  }

  const much = createMuch()

  /** A second statement only for strings, codes and callers that turn out to find much, which they do for a while. */
  async function fromLittle<Row>(
    statementOf: (isMuch: (start: string) => boolean) => (Statement & { start: string }) | undefined,
    isTooMany: (rows: readonly Row[]) => boolean,
  ): Promise<Row[] | undefined> {
    for (let narrow = statementOf(much.has); narrow; narrow = statementOf(much.has)) {
      const rows = await run<Row>(narrow)
      if (!isTooMany(rows)) return rows
      much.add(narrow.start)
    }
    return undefined
  }

  async function rowsOf(...asked: Parameters<typeof searchStatement>): Promise<FoundRow[]> {
    const found = await fromLittle<FoundRow>(
      (isMuch) => narrowStatement(...asked, isMuch),
      (rows) => rows[0]?.kind === 'x',
    )
    return found ?? run<FoundRow>(searchStatement(...asked))
  }

  /** Read as a whole, because no index has them in order. */
  async function sortedByContent(request: SearchRequest, access: AccessOf): Promise<FoundRow[]> {
    const sorts = new Map(searchedTypes(request).map(({ type, sort }) => [type, sort]))
    const found = await run<FoundRow>(unorderedStatement(request, access))
    const sorted = await inContentOrder(request, ({ type }) => sorts.get(type)!, found)
    return sorted.slice(0, request.count + 1).map((row) => ({ ...row, total: found.length }))
  }

  async function count(...asked: Parameters<typeof searchStatement>): Promise<number> {
    type Row = { total: bigint | null }
    const found = await fromLittle<Row>(
      (isMuch) => narrowCount(...asked, isMuch),
      ([row]) => row!.total === null,
    )
    const [row] = found ?? (await run<Row>(countStatement(...asked)))
    return Number(row!.total)
  }

  /** What the page leads to, and what that leads to, round by round, until nothing new is found or the page is full. */
  async function withFollowed(request: SearchRequest, page: Page, access: AccessOf): Promise<Page> {
    const { follow } = request
    let included = page.included
    if (follow && page.matches.length > 0) {
      let led = [...follow(page.matches, 'matches'), ...follow(included, 'included')]
      for (let round = 0; led.length > 0 && round < mostRounds && included.length <= mostIncluded; round++) {
        const statement = followStatement(led, [...page.matches, ...included], access)
        if (!statement) return { ...page, included }
        const fresh = distinct((await run<FoundRow>(statement)).map(stored))
        included = [...included, ...fresh]
        led = follow(fresh, 'included')
      }
      if (led.length > 0 && included.length <= mostIncluded) return { ...page, included, incomplete: true }
    }
    if (included.length <= mostIncluded) return { ...page, included }
    return { ...page, included: included.slice(0, mostIncluded), incomplete: true }
  }

  return {
    async find(request, access) {
      const counted = () => count(request, access)
      if (request.count === 0) return { matches: [], included: [], next: undefined, total: await counted() }
      const rows = await (sortsByContent(request) ? sortedByContent : rowsOf)(request, access)
      const found = rows.filter(({ kind }) => kind === 'm')
      const page = await withFollowed(request, pageOf(rows, request.count), access)
      if (request.total === 'none') return page
      const known = totalOf(found, request.count, request.after === undefined)
      const wanted = request.total !== undefined
      return { ...page, total: known ?? (wanted ? await counted() : undefined) }
    },

    async several(request, access) {
      const parts = partsLeft(request)
      if (parts.length === 0) return { found: [], more: false }
      const present = new Set((await run<{ n: number }>(presentStatement(parts))).map(({ n }) => n))
      const statement = severalStatement({ ...request, parts: parts.filter((_, n) => present.has(n)) }, access)
      const found = statement ? await run<FoundRow>(statement) : []
      return { found: found.slice(0, request.count).map(stored), more: found.length > request.count }
    },

    async labels(parts) {
      const any = parts.map(({ type }) => ({ type, where: all }))
      const present = new Set((await run<{ n: number }>(presentStatement(any))).map(({ n }) => n))
      const left = parts.filter((_, n) => present.has(n))
      const rows = left.length === 0 ? [] : await run<{ kind: string; value: string }>(labelsStatement(left))
      const found: Record<string, unknown[]> = {}
      for (const { kind, value } of rows) (found[kind] ??= []).push(JSON.parse(value))
      return found
    },

    async resolve(conditions, most = 2) {
      const matches = conditions.map((): { id: string; rid: bigint; version: number }[] => [])
      for (let start = 0; start < conditions.length; start += conditionsPerStatement) {
        const statement = resolveStatement(conditions.slice(start, start + conditionsPerStatement), most)
        // A Bundle's conditions come in endless combinations, which are not worth a name.
        const sharesPlan = statement.sharesPlan && conditions.length === 1
        const rows = await run<{ n: number; id: string; rid: bigint; ver: number }>({ ...statement, sharesPlan })
        for (const { n, id, rid, ver } of rows) matches[start + n]!.push({ id, rid, version: ver })
      }
      return matches
    },
  }
}

/** The starts of searches that found much, by their names. */
function createMuch(): { has(start: string): boolean; add(start: string): void } {
  let names = new Set<string>()
  let since = Date.now()
  return {
    has: (start) => names.has(start),
    add(start) {
      if (names.size >= mostRemembered || Date.now() - since > rememberedFor) {
        names = new Set()
        since = Date.now()
      }
      names.add(start)
    },
  }
}

function pageOf(rows: readonly FoundRow[], count: number): Page {
  const found = rows.filter(({ kind }) => kind === 'm')
  const last = found.length > count ? found[count - 1] : undefined
  return {
    matches: found.slice(0, count).map(stored),
    included: rows.filter(({ kind }) => kind === 'i').map(stored),
    next: last && { values: [...(last.sort ?? [])], rid: BigInt(last.rid) },
    total: undefined,
  }
}

/** Two references may lead to one resource. */
function distinct(found: readonly StoredVersion[]): StoredVersion[] {
  return [...new Map(found.map((one) => [`${one.type}/${one.id}`, one])).values()]
}

/** A first page that holds everything needs no counting. */
function totalOf(found: readonly FoundRow[], count: number, first: boolean): number | undefined {
  if (first && found.length <= count) return found.length
  const total = found[0]?.total
  return total == null ? undefined : Number(total)
}

function stored({ type, id, rid, ver, lu, json, pat }: FoundRow): StoredVersion {
  const key = (value: string | bigint) => (typeof value === 'bigint' ? value : BigInt(value))
  return {
    type,
    id,
    rid: key(rid),
    version: ver,
    lastUpdated: Number(lu),
    deleted: false,
    json,
    pat: pat === null ? null : key(pat),
    flags: {},
  }
}

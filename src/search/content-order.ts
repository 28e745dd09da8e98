import { FhirError } from '../fhir/error.ts'
import type { Position, SearchRequest, SortKey } from './request.ts'

/** A match, with its sort values as the statement found them, or the row ('x') that says: too many. */
interface Match {
  readonly kind: string
  readonly rid: string | bigint
  readonly json: string
  readonly sort: readonly (string | null)[] | null
}

/** So many matches are read to be sorted by what only they themselves hold. */
export const mostSorted = 10_000
/** And of so many bytes. */
export const mostSortedBytes = 64 * 1024 * 1024

/** Longer values are told apart by their beginning. */
const longest = 200
const together = 500

export function sortsByContent(request: Pick<SearchRequest, 'sort'>): boolean {
  return request.sort.some(({ by }) => by === 'content')
}

/**
 * All matches in order, from the position of the page on. In slices, so that other requests have their turn in between. Throws FhirError('tooCostly')
 * when there are more matches than are sorted.
 */
export async function inContentOrder<M extends Match>(
  request: SearchRequest,
  sortOf: (match: M) => readonly SortKey[],
  matches: readonly M[],
): Promise<M[]> {
  if (matches.some(({ kind }) => kind === 'x')) {
    throw new FhirError(
      'tooCostly',
      `No index serves this order, and more than ${mostSorted} match, or large ones: narrow the search.`,
    )
  }
  const placed: { match: M; at: Position }[] = []
  for (let start = 0; start < matches.length; start += together) {
    if (start > 0) await new Promise((done) => setImmediate(done))
    for (const match of matches.slice(start, start + together)) {
      const at = { values: valuesOf(match, sortOf(match)), rid: BigInt(match.rid) }
      placed.push({ match: { ...match, sort: at.values.map((value) => (value === null ? null : String(value))) }, at })
    }
  }
  const { after } = request
  const compare = (a: Position, b: Position) => compared(a, b, request.sort)
  const left = after ? placed.filter(({ at }) => compare(at, typed(after, request.sort)) > 0) : placed
  return left.sort((a, b) => compare(a.at, b.at)).map(({ match }) => match)
}

function valuesOf({ json, sort }: Match, keys: readonly SortKey[]): Position['values'] {
  return typed(
    { values: keys.map((key, n) => (key.by === 'content' ? first(key, json) : (sort?.[n] ?? null))), rid: 0n },
    keys,
  ).values
}

/** "the item in the set of multiple parameters that comes earliest in the specified sort order" */
function first({ texts, descending }: Extract<SortKey, { by: 'content' }>, json: string): string | null {
  const values = texts(json).map((text) => text.slice(0, longest))
  if (values.length === 0) return null
  return values.reduce((a, b) => (a < b === descending ? b : a))
}

/** Times and numbers come from the database as text, and are compared as numbers. */
function typed({ values, rid }: Position, keys: readonly SortKey[]): Position {
  const isNumber = ({ by }: SortKey) => by === 'date' || by === 'period' || by === 'number' || by === 'lastUpdated'
  return { rid, values: values.map((value, n) => (value !== null && isNumber(keys[n]!) ? Number(value) : value)) }
}

/** Nulls last, whatever the direction; equal ones by rid, in the direction of the last key. */
function compared(a: Position, b: Position, keys: readonly SortKey[]): number {
  for (const [n, { descending }] of keys.entries()) {
    const [one, other] = [a.values[n] ?? null, b.values[n] ?? null]
    if (one === other) continue
    if (one === null || other === null) return one === null ? 1 : -1
    return one < other === descending ? 1 : -1
  }
  const down = keys.at(-1)?.descending ?? true
  return a.rid === b.rid ? 0 : a.rid < b.rid === down ? 1 : -1
}

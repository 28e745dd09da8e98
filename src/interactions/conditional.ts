import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Clause } from '../search/clause.ts'
import type { Search } from '../search/create-search.ts'
import { visible } from '../search/guard.ts'
import type { Rid } from '../search/keys.ts'
import type { Handle } from '../store/store.ts'
import { rowsOrNone } from './visible-rows.ts'

/** The criteria of a conditional interaction; `text` is the same for the same question, for locks and caches. */
export interface Criteria {
  type: string
  where: Clause
  text: string
}

export interface Match {
  id: string
  rid: Rid
  version: number
}

/** `identifier=http://x|1`, with or without a leading `?` or `Type?`. Criteria that select nothing in particular are refused. */
export function criteria(search: Search, type: string, query: string): Criteria {
  const parameters = new URLSearchParams(query.replace(/^([A-Za-z]+)?\?/, ''))
  const request = search.parse(type, parameters, { lenient: false, principalKey: '' })
  if (request.where.op === 'all') {
    throw new FhirError('invalidQuery', `"${query}" selects every ${type}; a condition is needed.`)
  }
  const used = [...request.used].map(([name, value]) => `${name}=${value}`).sort()
  return { type, where: request.where, text: `${type}?${used.join('&')}` }
}

/** The first two matches that the caller may see: conditional interactions match visible rows only. */
export async function matchesOf(access: Access, context: Context, handle: Handle, asked: Criteria): Promise<Match[]> {
  const [matches] = await resolveAll(access, context, handle, [asked])
  return matches!
}

/** As matchesOf for many criteria, in one statement; `most` matches of each. */
export async function resolveAll(
  access: Access,
  context: Context,
  handle: Handle,
  asked: readonly Criteria[],
  most = 2,
): Promise<Match[][]> {
  if (asked.length === 0) return []
  const allowed = (type: string) => rowsOrNone(access, context, type, 'search')
  const conditions = asked.map(({ type, where }) => ({ type, where: visible(type, where, allowed) }))
  return handle.resources.resolve(conditions, most)
}

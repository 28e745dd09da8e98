import type { Access, Action } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { type Clause, none, or } from '../search/clause.ts'
import type { Handle, StoredVersion } from '../store/store.ts'

/** The rows that a search may touch: refused for its own type, empty for types that are only joined or included. */
export function searchable(access: Access, context: Context, type: string): (joined: string) => Clause {
  const at = context.now.getTime()
  const own = access.rows(context.principal, type, 'search', at)
  return (joined) => (joined === type ? own : rowsOrNone(access, context, joined, 'search'))
}

/**
 * The rows that a search of several types may touch: types that were named are refused when the scope does not cover them,
 * as if each had been asked for alone; of all types together only those count that it covers, and one it must.
 */
export function searchableAmong(
  access: Access,
  context: Context,
  types: readonly string[],
  every: boolean,
): (type: string) => Clause {
  const rows = rowsAmong(access, context, types, 'search', every)
  return (type) => rows.get(type) ?? rowsOrNone(access, context, type, 'search')
}

/** The rows of each type on which the caller may act; types that are refused are left out where `every` type is meant. */
export function rowsAmong(
  access: Access,
  { principal, now }: Context,
  types: readonly string[],
  action: Action,
  every: boolean,
): ReadonlyMap<string, Clause> {
  const rows = new Map<string, Clause>()
  let refusal: unknown
  for (const type of types) {
    try {
      rows.set(type, access.rows(principal, type, action, now.getTime()))
    } catch (error) {
      if (!every || !(error instanceof FhirError && error.status === 403)) throw error
      refusal = error
    }
  }
  if (refusal !== undefined && [...rows.values()].every(({ op }) => op === 'none')) throw refusal
  return rows
}

/** As `access.rows`, but what scope or role never allow is no row at all. */
export function rowsOrNone(access: Access, context: Context, type: string, action: Action): Clause {
  try {
    return access.rows(context.principal, type, action, context.now.getTime())
  } catch (error) {
    if (error instanceof FhirError && error.status === 403) return none
    throw error
  }
}

export interface Target {
  type: string
  id: string
}

/**
 * The current versions of what a write is about, by `type/id`. What the caller may neither read nor write is left out;
 * what may be read but not written is refused: 403 only where the caller knows that the resource exists.
 */
export async function readTargets(
  access: Access,
  context: Context,
  handle: Handle,
  targets: readonly Target[],
  action: 'update' | 'delete',
): Promise<Map<string, StoredVersion>> {
  const found = new Map<string, StoredVersion>()
  const types = [...new Set(targets.map(({ type }) => type))]
  for (const type of types) {
    const allowed = refuseSmallScope(access, context, type, action)
    const where = or(rowsOrNone(access, context, type, 'read'), allowed)
    if (where.op === 'none') continue
    const ids = targets.filter((target) => target.type === type).map(({ id }) => id)
    for (const stored of await handle.resources.read(type, ids, { where, flags: { allowed } })) {
      if (!stored.flags['allowed']) {
        const problem = access.appendOnly(type) ? 'methodNotAllowed' : 'forbidden'
        const text = `You may read ${type}/${stored.id}, but not ${action} it.`
        throw new FhirError(problem, text, { allow: ['GET', 'HEAD'] })
      }
      found.set(`${type}/${stored.id}`, stored)
    }
  }
  return found
}

/**
 * The rows on which the caller may act. A scope that is too small is told before anything is looked up, so that it says
 * nothing about existence.
 */
export function refuseSmallScope(access: Access, { principal, now }: Context, type: string, action: Action): Clause {
  return access.rows(principal, type, action, now.getTime())
}

export function notFound(type: string, id: string): FhirError {
  return new FhirError('notFound', `${type}/${id} is not known.`)
}

/** Whose records were seen, for the audit trail. */
export function patientsOf(rows: readonly StoredVersion[]): bigint[] {
  return [...new Set(rows.flatMap(({ pat }) => (pat === null ? [] : [pat])))]
}

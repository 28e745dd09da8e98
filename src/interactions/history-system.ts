import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Handle } from '../store/store.ts'
import type { ReadHistory } from './history-page.ts'
import type { Answered, Interaction } from './interaction.ts'
import { patientsOf, rowsAmong } from './visible-rows.ts'

interface Parts {
  access: Access
  resourceTypes: readonly string[]
  historyPage: ReadHistory
}

/**
 * history of everything: of each type what its own history would show. Types that no scope covers are left out; when none
 * is left, that is refused. Who asks leaves a trace in the audit trail, so that its history would have no end: it stands in
 * that of its own type alone.
 *
 * https://hl7.org/fhir/R4/http.html#history
 */
export function createHistorySystem({ access, resourceTypes, historyPage }: Parts) {
  const types = resourceTypes.filter((type) => !access.appendOnly(type))
  return async function historySystem(
    context: Context,
    handle: Handle,
    { query }: Extract<Interaction, { kind: 'history-system' }>,
  ): Promise<Answered> {
    const rows = rowsAmong(access, context, types, 'search', true)
    const of = [...rows].map(([type, where]) => ({ type, where }))
    const { json, versions } = await historyPage(context, handle, { path: '', of, query })
    return { answer: { status: 200, json }, touched: { query: query.toString(), patients: patientsOf(versions) } }
  }
}

import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Handle } from '../store/store.ts'
import type { ReadHistory } from './history-page.ts'
import type { Answered, Interaction } from './interaction.ts'
import { patientsOf } from './visible-rows.ts'

/**
 * history of all resources of a type: the versions of what the caller may find, each judged on its own row. SMART counts it as
 * a search.
 *
 * https://hl7.org/fhir/R4/http.html#history
 */
export function createHistoryType({ access, historyPage }: { access: Access; historyPage: ReadHistory }) {
  return async function historyType(
    context: Context,
    handle: Handle,
    { type, query }: Extract<Interaction, { kind: 'history-type' }>,
  ): Promise<Answered> {
    const where = access.rows(context.principal, type, 'search', context.now.getTime())
    const { json, versions } = await historyPage(context, handle, { path: type, of: [{ type, where }], query })
    return { answer: { status: 200, json }, touched: { type, query: query.toString(), patients: patientsOf(versions) } }
  }
}

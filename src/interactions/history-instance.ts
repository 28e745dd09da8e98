import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Handle } from '../store/store.ts'
import type { ReadHistory } from './history-page.ts'
import type { Answered, Interaction } from './interaction.ts'
import { notFound, patientsOf } from './visible-rows.ts'

/**
 * history of one resource, newest first; every version is judged on its own row and on the access of today.
 *
 * https://hl7.org/fhir/R4/http.html#history
 */
export function createHistoryInstance({ access, historyPage }: { access: Access; historyPage: ReadHistory }) {
  return async function historyInstance(
    context: Context,
    handle: Handle,
    { type, id, query }: Extract<Interaction, { kind: 'history-instance' }>,
  ): Promise<Answered> {
    const where = access.rows(context.principal, type, 'read', context.now.getTime())
    const of = [{ type, where }]
    const { json, versions, total } = await historyPage(context, handle, { path: `${type}/${id}`, of, id, query })
    // "Nothing since then" is an answer; whose history may not be seen at all has none.
    if (total === 0 && (await handle.resources.history({ of, id, count: 1 })).total === 0) throw notFound(type, id)
    return { answer: { status: 200, json }, touched: { type, id, patients: patientsOf(versions) } }
  }
}

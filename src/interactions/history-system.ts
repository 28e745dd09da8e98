import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Clause } from '../search/clause.ts'
import type { Handle } from '../store/store.ts'
import type { ReadHistory } from './history-page.ts'
import type { Answered, Interaction } from './interaction.ts'
import { patientsOf } from './visible-rows.ts'

interface Parts {
  access: Access
  resourceTypes: readonly string[]
  historyPage: ReadHistory
}

/**
 * history of everything: of each type what its own history would show. Types that no scope covers are left out; when none
 * is left, that is refused.
 *
 * https://hl7.org/fhir/R4/http.html#history
 */
export function createHistorySystem({ access, resourceTypes, historyPage }: Parts) {
  return async function historySystem(
    context: Context,
    handle: Handle,
    { query }: Extract<Interaction, { kind: 'history-system' }>,
  ): Promise<Answered> {
    const { json, versions } = await historyPage(context, handle, { path: '', of: readable(context), query })
    return { answer: { status: 200, json }, touched: { query: query.toString(), patients: patientsOf(versions) } }
  }

  function readable({ principal, now }: Context): { type: string; where: Clause }[] {
    const found: { type: string; where: Clause }[] = []
    let refusal: FhirError | undefined
    for (const type of resourceTypes) {
      try {
        found.push({ type, where: access.rows(principal, type, 'read', now.getTime()) })
      } catch (error) {
        if (!(error instanceof FhirError && error.status === 403)) throw error
        refusal = error
      }
    }
    if (found.length === 0 && refusal) throw refusal
    return found
  }
}

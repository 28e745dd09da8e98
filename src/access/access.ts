import type { FoundReference } from '../definitions/definitions.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Clause } from '../search/clause.ts'
import type { Principal } from './principal.ts'

export type Action = 'create' | 'read' | 'update' | 'delete' | 'search'

/**
 * Who may do what. Pure: it reads no row. A permission over rows *is* a search clause, which the store puts into the
 * query before LIMIT; a permission over content is judged on the stored and the proposed resource.
 */
export interface Access {
  /**
   * The rows of a type on which the principal may act; none where the role never may. Throws FhirError('insufficientScope')
   * when no scope covers type and action, ('forbidden') for a create that the role never may, and ('methodNotAllowed') for
   * changes to what is only ever added to. `at`: epoch ms, for grants.
   */
  rows(principal: Principal, type: string, action: Action, at: number): Clause
  /**
   * Judges the content of a write (relation elements, authorship, subject, `active`). Throws FhirError('forbidden') or
   * ('unprocessable') with the FHIRPath of the element; answers the references that must name rows that the caller may
   * read, or else the write is refused as if they did not exist.
   */
  judge(principal: Principal, before: Resource | undefined, after: Resource): { mustSee: FoundReference[] }
  /**
   * The rows that a write of this principal may refer to: what the role may read, confined to the launch patient's
   * compartment when only `patient/` scopes are held. A missing scope for the type does not matter here, so that an app
   * that may only create DocumentReferences can name their patient. Never throws.
   */
  referable(principal: Principal, type: string, at: number): Clause
  /** Whether what is stored of this type is never changed or deleted, by anybody: the audit trail. */
  appendOnly(type: string): boolean
  /** Whether there is any role, or a backend client, that may do this to some resource of the type. */
  offered(type: string, action: Action): boolean
  /** Update-as-create: administrators, and system clients with type-wide create. */
  mayChooseId(principal: Principal, type: string): boolean
}

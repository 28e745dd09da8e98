import type { Context } from '../access/principal.ts'
import type { Handle } from '../store/store.ts'
import type { Commit } from './commit.ts'
import type { Answered, Body, Interaction } from './interaction.ts'

/** An operation, as the CapabilityStatement names it and `perform` runs it. https://hl7.org/fhir/R4/operations.html */
export interface Operation {
  readonly name: string
  readonly on: 'system' | 'type' | 'instance'
  readonly types: readonly string[]
  /** The canonical URL of its OperationDefinition. */
  readonly definition: string
  /** Then GET is refused: https://hl7.org/fhir/R4/operations.html#executing */
  readonly affectsState: boolean
  run(call: {
    context: Context
    handle: Handle
    asked: Extract<Interaction, { kind: 'operation' }>
    body: Body
    commit: Commit
  }): Promise<Answered>
}

import type { Action } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Clause } from '../search/clause.ts'
import type { Handle } from '../store/store.ts'
import type { Commit } from './commit.ts'
import type { Answered, Interaction } from './interaction.ts'
import type { AnswerTable, Given, ParameterTable } from './operation-parameters.ts'

export type Level = 'system' | 'type' | 'instance'

/**
 * A row of the table of operations. From it follow the routes and their methods, the check of the scopes, how parameters
 * are read, and what the CapabilityStatement says.
 *
 * https://hl7.org/fhir/R4/operations.html
 */
export interface Operation {
  /** Without the `$`. */
  readonly name: string
  /** The canonical URL of its OperationDefinition. */
  readonly definition: string
  readonly on: readonly Level[]
  /** On which types it may be called, for the levels below the system. */
  readonly types: readonly string[] | 'all'
  /** Then GET is refused: https://hl7.org/fhir/R4/operations.html#executing */
  readonly affectsState: boolean
  /** What the scopes and roles must allow on the type of the URL before anything else is looked at. */
  readonly needs?: Action
  readonly parameters: ParameterTable
  /** Of one that is this server's own: what its OperationDefinition says beside the row, since nobody else publishes it. */
  readonly published?: Published
  run(call: Call): Promise<Answered>
}

export interface Published {
  /** For who is to call it. */
  readonly description: string
  readonly answers: AnswerTable
}

export interface Call {
  readonly context: Context
  readonly handle: Handle
  readonly asked: Extract<Interaction, { kind: 'operation' }>
  readonly given: Given
  /** The rows of the URL's type on which the caller may do what the operation needs; none, where it names no need or no type. */
  readonly rows: Clause
  readonly commit: Commit
}

export function levelOf({ type, id }: Call['asked']): Level {
  return id !== undefined ? 'instance' : type !== undefined ? 'type' : 'system'
}

/** Whether the operation may be called there: on the system when no type is named. */
export function isOffered({ on, types }: Operation, level: Level, type?: string): boolean {
  return on.includes(level) && (type === undefined || types === 'all' || types.includes(type))
}

import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { none } from '../search/clause.ts'
import type { Handle } from '../store/store.ts'
import type { Commit } from './commit.ts'
import type { Answered, Body } from './interaction.ts'
import { type Call, isOffered, levelOf, type Operation } from './operation.ts'
import { readParameters } from './read-parameters.ts'

interface Parts {
  access: Pick<Access, 'rows'>
  definitions: Pick<Definitions, 'validate'>
  operations: readonly Operation[]
  commit: Commit
}

/**
 * operation: finds the row of the table, refuses what its row does not allow, and runs it.
 *
 * https://hl7.org/fhir/R4/operations.html#executing
 */
export function createRunOperation({ access, definitions, operations, commit }: Parts) {
  return async function operation(
    context: Context,
    handle: Handle,
    asked: Call['asked'],
    body: Body,
  ): Promise<Answered> {
    const { name, method, type, query } = asked
    const found = called(operations, asked)
    if (!found) throw new FhirError('notFound', `The operation $${name} is not known ${placeOf(asked)}.`)
    if (method === 'GET' && found.affectsState) {
      throw new FhirError('methodNotAllowed', `$${name} changes something: use POST.`, { allow: ['POST'] })
    }
    const at = context.now.getTime()
    const rows =
      found.needs === undefined || type === undefined ? none : access.rows(context.principal, type, found.needs, at)
    const given = readParameters({ definitions, parameters: found.parameters, query, body })
    return found.run({ context, handle, asked, given, rows, commit })
  }
}

function called(operations: readonly Operation[], asked: Call['asked']): Operation | undefined {
  return operations.find((one) => one.name === asked.name && isOffered(one, levelOf(asked), asked.type))
}

export function changesState(operations: readonly Operation[], asked: Call['asked']): boolean {
  return called(operations, asked)?.affectsState ?? false
}

function placeOf({ type, id }: Call['asked']): string {
  if (type === undefined) return 'for the whole system'
  return id === undefined ? `for the type ${type}` : `for one ${type}`
}

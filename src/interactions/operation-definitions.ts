import { FhirError } from '../fhir/error.ts'
import { stringifyJson } from '../fhir/json.ts'
import type { Operation } from './operation.ts'
import type { AnswerParameter, AnswerTable, ParameterTable } from './operation-parameters.ts'
import type { Rule } from './rule.ts'

/**
 * The OperationDefinitions of the server's own operations, made from the rows that run them: their canonical URLs in the
 * CapabilityStatement lead here.
 *
 * https://hl7.org/fhir/R4/operationdefinition.html
 */
export function createOperationDefinitions(operations: readonly Operation[]) {
  const texts = new Map(operations.flatMap((one) => (one.published ? [[one.name, textOf(one, one.published)]] : [])))
  return {
    textOf: (id: string) => texts.get(id),
    /** One that was stored under the same id could never be read. */
    rule: {
      type: 'OperationDefinition',
      settle: ({ kind, identity }) => refuse(kind !== 'delete' && texts.has(identity.id), identity.id),
    } satisfies Rule,
  }
}

function refuse(isTaken: boolean, id: string): undefined {
  if (!isTaken) return
  const text = `OperationDefinition/${id} is what this server publishes of its own operation $${id}: store yours under another id.`
  throw new FhirError('unprocessable', text, { expression: 'OperationDefinition.id' })
}

function textOf(operation: Operation, { description, answers }: NonNullable<Operation['published']>): string {
  const { name, definition, types, on } = operation
  return stringifyJson({
    resourceType: 'OperationDefinition',
    id: name,
    url: definition,
    name: pascalCase(name),
    status: 'active',
    kind: 'operation',
    description,
    affectsState: operation.affectsState,
    code: name,
    ...(types === 'all' ? { resource: ['Resource'] } : types.length === 0 ? {} : { resource: types }),
    system: on.includes('system'),
    type: on.includes('type'),
    instance: on.includes('instance'),
    parameter: [...taken(operation.parameters), ...answered(answers)],
  })
}

/** "Names should be usable as an identifier for the module by machine processing applications." */
function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}

function taken(table: ParameterTable) {
  return Object.entries(table).map(([name, one]) => ({
    name,
    use: 'in',
    min: one.min ?? 0,
    max: times(one.max),
    type: 'type' in one ? one.type : one.resource,
  }))
}

function answered(table: AnswerTable): object[] {
  return Object.entries(table).map(([name, one]) => ({
    name,
    use: 'out',
    min: one.min ?? 1,
    max: times(one.max),
    ...typeOrParts(one),
  }))
}

function typeOrParts(one: AnswerParameter) {
  return 'type' in one ? { type: one.type } : { part: answered(one.part) }
}

function times(max = 1): string {
  return max === Infinity ? '*' : String(max)
}

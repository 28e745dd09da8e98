import type { Access } from '../../access/access.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Answered } from '../interaction.ts'
import type { Call, Operation } from '../operation.ts'
import { parametersText } from '../parameters-text.ts'
import { notFound, rowsAmong } from '../visible-rows.ts'

interface Parts {
  definitions: Pick<Definitions, 'resourceTypes'>
  access: Access
}

/**
 * `$meta`: the profiles, tags and security labels of a resource, or those that are in use among the resources of a type or of
 * the whole system which the caller may see.
 *
 * https://hl7.org/fhir/R4/resource-operation-meta.html
 */
export function meta({ definitions, access }: Parts): Operation[] {
  const common = {
    name: 'meta',
    definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
    types: 'all',
    affectsState: false,
    parameters: {},
  } as const
  return [
    { ...common, on: ['instance'], needs: 'read', run: ofOne },
    { ...common, on: ['type'], needs: 'search', run: (call) => inUse(call, access, [call.asked.type!]) },
    { ...common, on: ['system'], run: (call) => inUse(call, access, definitions.resourceTypes) },
  ]
}

async function ofOne({ handle, asked, rows }: Call): Promise<Answered> {
  const [type, id] = [asked.type!, asked.id!]
  const [stored] = await handle.resources.read(type, [id], { where: rows })
  if (!stored) throw notFound(type, id)
  if (stored.deleted) throw new FhirError('gone', `${type}/${id} has been deleted.`)
  const { meta: found } = parseJson(stored.json) as Resource
  return {
    answer: { status: 200, json: parametersText({ name: 'return', valueMeta: found }) },
    touched: { type, id, patients: stored.pat === null ? [] : [stored.pat] },
  }
}

async function inUse({ context, handle, asked }: Call, access: Access, types: readonly string[]): Promise<Answered> {
  const rows = rowsAmong(access, context, types, 'search', asked.type === undefined)
  const visible = [...rows].flatMap(([type, where]) => (where.op === 'none' ? [] : [{ type, where }]))
  if (visible.length === 0) throw new FhirError('forbidden', 'You may not search anything here.')
  const found = await handle.resources.labels(visible)
  const json = parametersText({ name: 'return', valueMeta: found })
  return { answer: { status: 200, json }, touched: { type: asked.type } }
}

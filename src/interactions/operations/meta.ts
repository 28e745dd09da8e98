import { FhirError } from '../../fhir/error.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Operation } from '../operation.ts'
import { parametersText } from '../parameters-text.ts'
import { notFound } from '../visible-rows.ts'

/**
 * `$meta`: the profiles, tags and security labels of a resource.
 *
 * https://hl7.org/fhir/R4/resource-operation-meta.html
 */
export const meta: Operation = {
  name: 'meta',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
  on: ['instance'],
  types: 'all',
  affectsState: false,
  needs: 'read',
  parameters: {},
  async run({ handle, asked, rows }) {
    const [type, id] = [asked.type!, asked.id!]
    const [stored] = await handle.resources.read(type, [id], { where: rows })
    if (!stored) throw notFound(type, id)
    if (stored.deleted) throw new FhirError('gone', `${type}/${id} has been deleted.`)
    const { meta: found } = parseJson(stored.json) as Resource
    return {
      answer: { status: 200, json: parametersText({ name: 'return', valueMeta: found }) },
      touched: { type, id, patients: stored.pat === null ? [] : [stored.pat] },
    }
  },
}

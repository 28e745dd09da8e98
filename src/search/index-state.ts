import { createHash } from 'node:crypto'
import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import type { Field, Fields } from './field.ts'
import type { SearchTypes } from './types/table.ts'

/** The parameters that the index of one type was made with: code to what it meant then. */
export type IndexedParameters = Readonly<Record<string, string>>

/** Which parameters the index does not hold yet, because they came after what is stored. */
export interface IndexState {
  isPending(type: string, code: string): boolean
  /** Changes when the answers do. */
  revision(): number
}

export const complete: IndexState = { isPending: () => false, revision: () => 0 }

const firstTypes = new Set(['number', 'date', 'string', 'token', 'reference', 'quantity', 'uri'])
const standard = 'http://hl7.org/fhir/SearchParameter/'

/** Whether the first release had indexed a parameter; it did not note what it indexed. */
export function isFirst(definitions: Pick<Definitions, 'searchParameter'>): (type: string, code: string) => boolean {
  return (type, code) => {
    const parameter = definitions.searchParameter(type, code)
    return parameter !== undefined && firstTypes.has(parameter.type) && parameter.url.startsWith(standard)
  }
}

/** What is indexed of each type. */
export function indexedParameters(
  resourceTypes: readonly string[],
  fields: Fields,
  types: SearchTypes,
): ReadonlyMap<string, IndexedParameters> {
  const ofType = (type: string) => fields.all(type).filter(({ parameter }) => types.typeOf(parameter) !== undefined)
  return new Map(
    resourceTypes.map((type) => [
      type,
      Object.fromEntries(ofType(type).map((field) => [field.parameter.code, meaningOf(field)])),
    ]),
  )
}

/** What decides how a parameter's values are found and indexed, as a short text. */
function meaningOf({ parameter }: Field): string {
  return createHash('sha256').update(parameter.definition).digest('base64url').slice(0, 10)
}

/** Of everything that is indexed. */
export function digestOf(indexed: ReadonlyMap<string, IndexedParameters>): string {
  return createHash('sha256')
    .update(JSON.stringify([...indexed]))
    .digest('base64url')
    .slice(0, 22)
}

/**
 * The fields that a client may ask for. A search by one whose index is incomplete would silently find less than there is, so
 * it is refused, wherever the parameter stands: in a condition, a chain, `_include`, `_sort`.
 */
export function askable(fields: Fields, { isPending }: IndexState): Fields {
  return {
    component: fields.component,
    of(type, code) {
      const field = fields.of(type, code)
      if (!field || !isPending(type, code)) return field
      throw new FhirError(
        'unsupportedParameter',
        `The search parameter "${code}" of ${type} is not indexed yet for what is stored: \`npm run reindex\` does that.`,
      )
    },
    all: (type) => fields.all(type).filter(({ parameter }) => !isPending(type, parameter.code)),
  }
}

import { createHash } from 'node:crypto'
import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { type Field, type Fields, standardParameters } from './field.ts'
import type { SearchTypes } from './types/table.ts'

/**
 * The parameters that the index of one type was made with: code to what it meant then. A modifier that has keys of its own,
 * which came later than those of its parameter, stands beside it: `code:text`.
 */
export type IndexedParameters = Readonly<Record<string, string>>

/** Which parameters, or modifiers of theirs, the index does not hold yet, because they came after what is stored. */
export interface IndexState {
  isPending(type: string, code: string): boolean
  /** Changes when the answers do. */
  revision(): number
}

export const complete: IndexState = { isPending: () => false, revision: () => 0 }

const firstTypes = new Set(['number', 'date', 'string', 'token', 'reference', 'quantity', 'uri'])

export type FirstMeaning = (type: string, code: string) => string | undefined

/** What the first release had indexed a parameter as, if it had; it did not note what it indexed. */
export function firstMeaning(definitions: Pick<Definitions, 'searchParameter'>): FirstMeaning {
  return (type, code) => {
    const parameter = definitions.searchParameter(type, code)
    const isFirst = parameter && firstTypes.has(parameter.type) && parameter.url.startsWith(standardParameters)
    return isFirst ? digest(parameter.definition) : undefined
  }
}

/** No parameter, but noted as one: what is contained is indexed by what refers to it. */
const containedIndex = { '#contained': '1' }

/** Noted as well: what is indexed in the order of a date. Until it is, it is sorted. */
const orderedIndex = '#in-order'

function inOrder(fields: readonly Field[]): Record<string, string> {
  const ordered = fields.flatMap(({ parameter, inOrder }) => (inOrder ? [`${parameter.code} ${inOrder.column}`] : []))
  return ordered.length === 0 ? {} : { [orderedIndex]: digest(...ordered) }
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
      {
        ...Object.fromEntries(ofType(type).flatMap((field) => meaningsOf(field, types))),
        ...(ofType(type).some(({ parameter }) => parameter.type === 'reference') ? containedIndex : {}),
        ...inOrder(ofType(type)),
      },
    ]),
  )
}

/** What decides how a parameter's values are found and indexed, as a short text; and the modifiers that came later. */
function meaningsOf(field: Field, types: SearchTypes): [string, string][] {
  const { code, definition } = field.parameter
  const type = types.typeOf(field.parameter)
  const meaning = digest(definition, ...revisionsOf(field, types))
  const later = type?.later?.(field).filter((modifier) => type.modifiers(field).includes(modifier)) ?? []
  return [[code, meaning], ...later.map((modifier): [string, string] => [`${code}:${modifier}`, meaning])]
}

/** Those of its components too, which it indexes their way. What stands in a column of every version has none. */
function revisionsOf({ parameter }: Field, types: SearchTypes): string[] {
  if (parameter.code === '_lastUpdated') return []
  return [parameter, ...parameter.components.map((one) => ({ ...one, url: one.definition }))].flatMap((one) => {
    const revision = types.typeOf(one)?.revision ?? 1
    return revision === 1 ? [] : [`${one.type} ${revision}`]
  })
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 10)
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
 * it is refused, wherever the parameter stands: in a condition, a chain, `_include`, `_sort`, or within a composite.
 */
export function askable(fields: Fields, types: SearchTypes, { isPending }: IndexState): Fields {
  function isWaiting(field: Field): boolean {
    const leansOn = types.typeOf(field.parameter)?.leansOn?.(field) ?? []
    return [field, ...leansOn].some(({ type, parameter }) => isPending(type, parameter.code))
  }

  function inOrderWhereIndexed(field: Field): Field {
    return field.inOrder && isPending(field.type, orderedIndex) ? { ...field, inOrder: undefined } : field
  }

  return {
    component: fields.component,
    contained: fields.contained,
    of(type, code, modifier) {
      const field = fields.of(type, code)
      const name = modifier === undefined ? code : `${code}:${modifier}`
      if (!field || !(isWaiting(field) || isPending(type, name))) return field && inOrderWhereIndexed(field)
      throw new FhirError(
        'unsupportedParameter',
        `The search parameter "${name}" of ${type} is not indexed yet for what is stored: \`npm run reindex\` does that.`,
      )
    },
    all: (type) => fields.all(type).filter((field) => !isWaiting(field)),
  }
}

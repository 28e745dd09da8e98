/**
 * Values of several parameters in one element: `[value]$[value]`, e.g. `code-value-quantity=8480-6$gt140`.
 *
 * https://hl7.org/fhir/R4/search.html#composite
 */
import type { SearchComponent, SearchParameter } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { and, type Clause, not, or } from '../clause.ts'
import type { Field, Fields } from '../field.ts'
import type { Key, Keys } from '../keys.ts'
import { split } from './escapes.ts'
import { holding, type SearchType } from './search-type.ts'

interface Parts {
  keys: Keys
  fields: Fields
  typeOf: (parameter: Pick<SearchParameter, 'type' | 'expression' | 'url'>) => SearchType | undefined
}

/** A component as it is read from one kind of element. */
interface Component {
  readonly definition: SearchComponent
  readonly field: Field
  readonly type: SearchType
}

/** What a composite looks at: elements of the resource, or the resource itself, where each component is a parameter of its own. */
interface Place {
  readonly elementType: string
  readonly kind: Key
  readonly isResource: boolean
  readonly components: readonly Component[]
}

/** Types of values that are listed in expressions and that no search type reads. */
const unread = /:SampledData$/

export function createComposite({ keys, fields, typeOf }: Parts): SearchType {
  const cache = new Map<Field, readonly Place[]>()

  function placesOf(field: Field): readonly Place[] {
    const known = cache.get(field)
    if (known) return known
    const places = field.parameter.elements.map((elementType) => placeOf(field, elementType))
    cache.set(field, places)
    return places
  }

  function placeOf(field: Field, elementType: string): Place {
    const { type, parameter } = field
    const own = elementType === type ? parameter.components.map((one) => equalParameter(type, elementType, one)) : []
    const isResource = own.length > 0 && !own.includes(undefined)
    const components = parameter.components.map((definition, n): Component => {
      const of = isResource ? own[n]! : fields.component(type, elementType, definition)
      return { definition, field: of, type: typeOf(of.parameter)! }
    })
    return { elementType, kind: keys.key('element', type, elementType), isResource, components }
  }

  /** A resource is one element, so what two parameters with the same values find together, their composite finds. */
  function equalParameter(type: string, elementType: string, component: SearchComponent): Field | undefined {
    const wanted = component.pathsIn(elementType)
    if (!wanted) return undefined
    const equal = fields.all(type).filter(({ parameter }) => {
      const paths =
        parameter.type === component.type ? parameter.paths?.filter((path) => !unread.test(path)) : undefined
      return paths?.length === wanted.length && paths.every((path) => wanted.includes(path))
    })
    // Another one on the same path may have come later, and not be indexed yet.
    return equal.find(({ parameter }) => parameter.url === component.definition) ?? equal[0]
  }

  function tokenOf({ type }: Field, { type: kind, definition }: SearchComponent): Field | undefined {
    if (kind !== 'token') return undefined
    return fields.all(type).find(({ parameter }) => parameter.url === definition && parameter.type === 'token')
  }

  /** What the row must hold for any of its elements to match: an index starts from there. */
  function ofResource(field: Field, { definition }: Component, value: string): Clause[] {
    const token = tokenOf(field, definition)
    return token ? [typeOf(token.parameter)!.match(token, value, undefined)] : []
  }

  function absenceOf({ field, type }: Component): Clause {
    return type.absence?.(field) ?? not(holding(field, [field.keys.present], { filter: true }))
  }

  return {
    modifiers: () => [],

    leansOn: (field) =>
      placesOf(field).flatMap(({ isResource, components }) =>
        components.flatMap((one) => (isResource ? one.field : (tokenOf(field, one.definition) ?? []))),
      ),

    extract(field, values, index, resource) {
      for (const place of placesOf(field)) {
        if (place.isResource) continue
        for (const value of values.filter(({ type }) => type === place.elementType)) {
          const found = place.components.map(({ definition }) => definition.values(value, resource))
          if (found.some((of) => of.length === 0)) continue
          const element = index.element(place.kind, value.value as object)
          place.components.forEach((component, n) => {
            element.present(component.field)
            component.type.extract(component.field, found[n]!, element, resource)
          })
        }
      }
    },

    match(field, value) {
      const parts = split(value, '$')
      const { code, components } = field.parameter
      if (parts.length !== components.length || parts.some((part) => part === '')) {
        const form = components.map(({ type }) => `[${type}]`).join('$')
        throw new FhirError('invalidQuery', `"${value}" is no value for ${code}: ${form}`)
      }
      const places = placesOf(field).map((place) => {
        const met = place.components.map((one, n) => one.type.match(one.field, parts[n]!, undefined))
        if (place.isResource) return and(...met)
        const elsewhere = place.components.flatMap((one, n) => ofResource(field, one, parts[n]!))
        return and(...elsewhere, { op: 'element', key: place.kind, where: and(...met) })
      })
      return or(...places)
    },

    absence(field) {
      const present = placesOf(field).map((place): Clause => {
        const all = place.components.map((component) =>
          place.isResource ? not(absenceOf(component)) : holding(component.field, [component.field.keys.present]),
        )
        return place.isResource ? and(...all) : { op: 'element', key: place.kind, where: and(...all) }
      })
      return not(or(...present))
    },
  }
}

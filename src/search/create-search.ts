import type { CompartmentCode, Definitions, SearchParameter } from '../definitions/definitions.ts'
import type { Resource } from '../fhir/resource.ts'
import { type Clause, none, or } from './clause.ts'
import { createCursors, type Cursored } from './cursor.ts'
import { createExtract } from './extract/extract.ts'
import { createFields, type Field } from './field.ts'
import { createFollow } from './follow.ts'
import { askable, complete, type IndexedParameters, indexedParameters, type IndexState } from './index-state.ts'
import type { Ordered } from './in-order.ts'
import type { IndexValues } from './index-values.ts'
import type { Key, Keys, Rid } from './keys.ts'
import { createLinks } from './links.ts'
import { anyOf } from './parse/any-of.ts'
import { spent } from './parse/budget.ts'
import { chained, createCriterion } from './parse/chain.ts'
import { createCondition, isSearchable, modifiersOf } from './parse/condition.ts'
import { createFilter, createFilterCondition, filterDocumentation } from './parse/filter.ts'
import { createIncludes } from './parse/includes.ts'
import { createList } from './parse/list.ts'
import { createParse, type ParseOptions } from './parse/parse.ts'
import { type Form, formOf } from './parse/result-parameters.ts'
import { createSort } from './parse/sort.ts'
import type { SpecialParameter } from './parse/special.ts'
import type { Compartment, Position, SearchRequest } from './request.ts'
import { subjectType } from './subject.ts'
import { createSearchTypes } from './types/table.ts'

export interface Search {
  /** Throws FhirError('unsupportedParameter') for what it does not know and ('invalidQuery') for what it cannot read. */
  parse(type: string, query: URLSearchParams, options: ParseOptions): SearchRequest
  /** A search of all types, or of those that `_type` names; of the whole system or of a compartment. */
  parseSystem(query: URLSearchParams, options: ParseOptions): SearchRequest
  /** What `_summary` and `_elements` leave of each resource, where no search is; other parameters are not looked at. */
  form(query: URLSearchParams): Form
  /**
   * What the index will hold of this resource under this id. `isNew`: it is to be accepted now, so FhirError('tooLarge') is
   * thrown for one that would hold up everybody else; what is stored was accepted once.
   */
  extract(resource: Resource, id: string, options?: { readonly isNew?: boolean }): IndexValues
  /** The value of `_cursor` for the page behind this position. */
  nextCursor(asked: Cursored, position: Position, principalKey: string): string
  /** Throws FhirError('invalidQuery') for a cursor of something else, or of somebody else. */
  readCursor(asked: Cursored, cursor: string, principalKey: string): Position
  /** `name=value` as in a query, modifiers and chains included; for conditions alone, not `_sort` and its like. */
  parameter(type: string, name: string, value: string): Clause
  /** The row refers to the target by this reference parameter. */
  refersTo(type: string, parameter: string, target: { type: string; rid: Rid }): Clause
  /** The row refers, by this reference parameter, to a row of `target` that meets `where`. */
  follows(type: string, parameter: string, target: string, where: Clause): Clause
  /** The row is in the compartment of this resource: of a patient, unless another compartment is named. */
  compartment(type: string, rid: Rid, compartment?: CompartmentCode): Clause
  /** What rows hold, beside the rid, when they refer by one of these parameters to a resource of one of these types. */
  salts(type: string, parameters: readonly string[], targets: readonly string[]): readonly Key[]
  /** The key that a row holds when it refers to the target by this parameter, unless its `pat` says so already. */
  refKey(type: string, parameter: string, targetType: string, targetId: string): Key
  /** The key that a row holds, in `keys` or `fkeys`, when a token parameter has this code, in whatever system. */
  codeKey(type: string, parameter: string, code: string): Key
  /** What a client may ask of a type: for the CapabilityStatement. */
  supported(type: string): Supported
  /** Changes when what is supported does. */
  revision(): number
  /** What `extract` indexes of each type today, to compare with what its index was made with. */
  indexed(): ReadonlyMap<string, IndexedParameters>
  /** What a client may ask of all types together. */
  supportedBySystem(): readonly SupportedParameter[]
}

export type SupportedParameter = Pick<SearchParameter, 'code' | 'type'> &
  Partial<Pick<SearchParameter, 'url' | 'declaredType'>> & { readonly documentation?: string }

export interface Supported {
  readonly parameters: readonly SearchParameter[]
  /** What may stand behind the colon of one of them. */
  modifiers(code: string): readonly string[]
  /** Parameters that every type has. */
  readonly special: readonly SupportedParameter[]
  /** Values of `_include` and `_revinclude`. */
  readonly includes: readonly string[]
  readonly revIncludes: readonly string[]
}

interface Parts {
  definitions: Definitions
  keys: Keys
  /** The FHIR base URL, without a trailing slash: absolute references below it are local. */
  base: string
  cursorSecret: Buffer
  /** The mask of a resource's security labels (access/labels.ts). */
  labels: (resource: Resource) => number
  /** What is often asked for newest first, however much of it there is. */
  inOrder?: Ordered
  /** What of the definitions the stored rows are not indexed for yet. */
  index?: IndexState
  /** Epoch ms; for approximate dates. */
  now?: () => number
}

function specialParameters(list: readonly SpecialParameter[]): ReadonlyMap<string, SpecialParameter> {
  return new Map(list.map((one) => [one.code, one]))
}

/** From query strings to plans, and from resources to index values. Runs nothing; sql.ts turns the plans into SQL. */
export function createSearch({
  definitions,
  keys,
  base,
  cursorSecret,
  labels,
  inOrder,
  index = complete,
  now = Date.now,
}: Parts): Search {
  const fields = createFields(definitions, keys, inOrder)
  const types = createSearchTypes({ definitions, keys, fields, base, now })
  const linksTo = createLinks({ keys, fields })
  const asked = askable(fields, types, index)
  const parts = { definitions, keys, fields: asked, types, linksTo }
  const condition = createCondition(parts)
  const list = createList({ keys, fields: asked, linksTo })
  const compared = createFilterCondition(condition, parts)
  const special = specialParameters([
    { code: '_list', type: 'special', clause: (type, value, { budget }) => spent(list(type, value), budget) },
    {
      code: '_filter',
      type: 'special',
      documentation: filterDocumentation,
      clause: createFilter(createCriterion({ ...parts, special: new Map(), condition: compared })),
    },
  ])
  const criterion = createCriterion({ ...parts, special, condition })
  const cursors = createCursors(cursorSecret)
  const includes = createIncludes({ definitions, fields: asked })
  const follow = createFollow({ keys, fields, linksTo, base })
  const parse = createParse({
    ...{ resourceTypes: definitions.resourceTypes, criterion, inCompartment, includes, follow, cursors },
    sort: createSort({ fields: asked, types }),
  })

  /** Of a reference parameter that the server itself names; a wrong name is a mistake of ours. */
  function reference(type: string, code: string): Field {
    const field = fields.of(type, code)
    if (field?.parameter.type !== 'reference') throw new Error(`${type} has no reference parameter "${code}"`)
    return field
  }

  /** "Compartment membership = CompartmentDefinition parameters only": a type outside gives nothing, not everything. */
  function compartment(type: string, rid: Rid, code: CompartmentCode = subjectType): Clause {
    const itself: Clause =
      type !== code ? none : code === subjectType ? { op: 'patient', any: [rid] } : { op: 'rid', any: [rid] }
    const parameters = definitions.compartmentParameters(code, type).flatMap((name) => fields.of(type, name) ?? [])
    return anyOf([itself, ...parameters.map((field) => types.reference.refersTo(field, code, rid))])
  }

  function inCompartment(type: string, { type: code, id }: Compartment): Clause | undefined {
    const clause = compartment(type, keys.ridOf(code, id), code)
    return clause.op === 'none' ? undefined : clause
  }

  function supported(type: string): Supported {
    const parameters = asked.all(type).filter((field) => isSearchable(field, types))
    const references = parameters.filter(({ parameter }) => parameter.type === 'reference')
    const referring = definitions.resourceTypes.flatMap((source) =>
      asked
        .all(source)
        .filter(({ parameter, targets }) => parameter.type === 'reference' && targets.includes(type))
        .map(({ parameter }) => `${source}:${parameter.code}`),
    )
    return {
      parameters: parameters.map(({ parameter }) => parameter),
      modifiers: (code) =>
        modifiersOf(fields.of(type, code)!, types).filter((one) => !index.isPending(type, `${code}:${one}`)),
      special: [...special.values()],
      includes: ['*', ...references.map(({ parameter }) => `${type}:${parameter.code}`)],
      revIncludes: ['*', ...referring],
    }
  }

  /** What the definitions say of `Resource` itself stands at every type. */
  function supportedBySystem(): SupportedParameter[] {
    const [first = '', ...others] = definitions.resourceTypes
    const common = supported(first).parameters.filter(({ url }) =>
      others.every((type) => definitions.searchParameters(type).some((parameter) => parameter.url === url)),
    )
    return [...common, { code: '_type', type: 'special' }, ...special.values()]
  }

  return {
    parse,
    parseSystem: (query, options) => parse(undefined, query, options),
    form: (query) => formOf(query, definitions.resourceTypes),
    extract: createExtract({ keys, fields, types, base, labels }),
    nextCursor: (asked, position, principalKey) => cursors.write(asked, position, principalKey),
    readCursor: (asked, cursor, principalKey) => cursors.read(asked, cursor, principalKey),
    parameter: criterion,
    refersTo: (type, code, target) => types.reference.refersTo(reference(type, code), target.type, target.rid),
    follows(type, code, target, where) {
      const field = reference(type, code)
      return or(...linksTo(field, target).map((link) => chained(field, target, where, link)))
    },
    compartment,
    salts: (type, codes, targets) =>
      codes.flatMap((code) => targets.map((target) => types.reference.keyTo(reference(type, code), target, 0n))),
    refKey: (type, code, targetType, id) =>
      types.reference.keyTo(reference(type, code), targetType, keys.ridOf(targetType, id)),
    codeKey(type, code, value) {
      const clause = criterion(type, code, value)
      if (clause.op !== 'keys' || clause.any.length !== 1) throw new Error(`${type}.${code} is no token of one code`)
      return clause.any[0]!
    },
    supported,
    revision: index.revision,
    indexed: () => indexedParameters(definitions.resourceTypes, fields, types),
    supportedBySystem,
  }
}

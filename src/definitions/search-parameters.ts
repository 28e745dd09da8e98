import type { SearchParameter as Definition } from 'fhir/r4.js'
import { createHash } from 'node:crypto'
import type { SearchComponent, SearchParameter, SearchParameterType } from './definitions.ts'
import { NotPlain } from './path-syntax.ts'
import type { Registry, Source } from './registry.ts'
import type { ExpressionCompiler, SearchExpression } from './search-expression.ts'
import type { Structures } from './structure.ts'

interface Parts {
  registry: Registry
  structures: Structures
  compiler: ExpressionCompiler
}

/** One definition for one of its base types. */
interface ForBase extends Source<Needed> {
  readonly base: string
}

/** What stays in memory of a definition. */
type Needed = ReturnType<typeof needed>

function needed({ url, code, base, type, expression, target, component, derivedFrom }: Definition) {
  return { url, code, base, type, expression, target, component, derivedFrom }
}

/**
 * The search parameters of each type, those of Resource and DomainResource included, sorted by code.
 *
 * R4's are compiled when first used; those of other packages at once, so that boot tells what is wrong with them. Throws
 * NotPlain when the compiler lacks FHIRPath for one of them.
 */
export function createSearchParameters({ registry, structures, compiler }: Parts) {
  const sources = registry.searchParameters().map((source) => ({ ...source, definition: needed(source.definition) }))
  const typeOf = new Map(sources.map(({ definition }) => [definition.url, definition.type]))
  const own = new Map<string, Map<string, SearchParameter>>()
  const sorted = new Map<string, readonly SearchParameter[]>()
  for (const source of sources) {
    if (!source.isChecked) refuseUnusable(source)
    for (const base of source.definition.base) add({ ...source, base })
  }

  function add(source: ForBase): void {
    const { definition, base, file, isChecked } = source
    if (!structures.hasType(base)) throw new Error(`${file}: ${definition.url}: the base "${base}" is no known type`)
    const known = find(base, definition.code) ?? below(base, definition.code)
    if (known) return refuseOtherMeaning(known, source)
    if (!isChecked && definition.code.startsWith('_')) {
      throw new Error(`${file}: ${definition.url}: names such as "${definition.code}", with _ first, are FHIR's own`)
    }
    const parameter = parameterOf(source)
    own.set(base, (own.get(base) ?? new Map<string, SearchParameter>()).set(definition.code, parameter))
    if (!isChecked) void [parameter.repeats, parameter.components]
  }

  function find(type: string, code: string): SearchParameter | undefined {
    const parent = registry.parentOf(type)
    return own.get(type)?.get(code) ?? (parent === undefined ? undefined : find(parent, code))
  }

  /** A type may have what is new to a type that it derives from. */
  function below(base: string, code: string): SearchParameter | undefined {
    const derives = (type: string | undefined): boolean =>
      type !== undefined && (type === base || derives(registry.parentOf(type)))
    return [...own].find(([type, parameters]) => parameters.has(code) && derives(type))?.[1].get(code)
  }

  function inherited(type: string): SearchParameter[] {
    const parent = registry.parentOf(type)
    return [...(parent === undefined ? [] : inherited(parent)), ...(own.get(type)?.values() ?? [])]
  }

  function of(type: string): readonly SearchParameter[] {
    const known = sorted.get(type)
    if (known) return known
    const parameters = inherited(type).sort((a, b) => (a.code < b.code ? -1 : 1))
    sorted.set(type, parameters)
    return parameters
  }

  function parameterOf(source: ForBase): SearchParameter {
    const { definition, base } = source
    const expression = definition.expression ?? ''
    const compiled = once(() =>
      expression === '' ? nothing : compile(source, () => compiler.compile(base, expression)),
    )
    const components = once(() =>
      (definition.component ?? []).map((component) => componentOf(source, component, compiled())),
    )
    return {
      code: definition.code,
      url: definition.url,
      // What has no expression cannot be found by its values, whatever its type says.
      type: expression === '' ? 'special' : (definition.type as SearchParameterType),
      declaredType: definition.type as SearchParameterType,
      expression,
      definition: lineOf(definition),
      get targets() {
        return definition.type === 'reference' ? narrowed(definition.target ?? [], compiled().targets) : []
      },
      get repeats() {
        return compiled().repeats
      },
      get valueTypes() {
        return compiled().types
      },
      get paths() {
        return compiled().paths
      },
      get components() {
        return components()
      },
      get elements() {
        return definition.type === 'composite' ? [...new Set(compiled().ends.map(({ type }) => type))] : []
      },
      values: (resource) => compiled().values(resource),
    }
  }

  function componentOf(
    source: ForBase,
    { definition, expression }: { definition: string; expression: string },
    composite: SearchExpression,
  ): SearchComponent {
    const type = typeOf.get(definition)
    if (type === undefined)
      throw new Error(`${source.file}: ${source.definition.url}: no search parameter ${definition}`)
    const kept = { definition, expression, type: type as SearchParameterType }
    const ofResource = /^%resource\.(.*)$/.exec(expression)?.[1]
    if (ofResource !== undefined) {
      const compiled = compile(source, () => compiler.compile(source.base, ofResource))
      return { ...kept, pathsIn: () => undefined, values: (_, resource) => compiled.values(resource) }
    }
    const byContext = new Map(
      composite.ends.map((end) => [end.type, compile(source, () => compiler.compileIn([end], expression))] as const),
    )
    const types = [...byContext.values()].flatMap((compiled) => compiled.types ?? [])
    return {
      ...kept,
      type: readable(kept.type, types),
      pathsIn: (elementType) => byContext.get(elementType)?.paths,
      values: (context) => byContext.get(context.type)?.values(context.value) ?? [],
    }
  }

  return { of, find, digest: digestOf(sources.map(({ definition }) => definition)) }
}

/** R4 mixes up the two parameters of DocumentReference.relationship, so what is found there has the last word. */
function readable(declared: SearchParameterType, types: readonly string[]): SearchParameterType {
  const isReference = types.length > 0 && types.every((type) => type === 'Reference')
  if (declared === 'token' && isReference) return 'reference'
  return declared === 'reference' && types.every((type) => type === 'code') ? 'token' : declared
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

const nothing: SearchExpression = { values: () => [], repeats: false, types: [], targets: [], paths: [], ends: [] }

function compile({ definition, base, file }: ForBase, compiled: () => SearchExpression): SearchExpression {
  try {
    return compiled()
  } catch (cause) {
    if (cause instanceof NotPlain) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${file}: ${definition.url}: the expression does not compile for ${base}: ${reason}`, { cause })
  }
}

/** The declared targets are those of all base types together; the element of this one may allow fewer. */
function narrowed(declared: readonly string[], possible: readonly string[]): readonly string[] {
  if (declared.length === 0 || possible.length === 0) return declared.length === 0 ? possible : declared
  const both = declared.filter((type) => possible.includes(type))
  return both.length === 0 ? declared : both
}

/**
 * Guides publish parameters of the standard again "to document server and client expectations"; the standard's stays. One
 * that gives a known code another meaning would change what clients find, so it is an error.
 */
function refuseOtherMeaning(known: SearchParameter, { definition, base, file }: ForBase): void {
  const partsOf = (expression: string) => expression.split('|').map((part) => part.trim())
  const isSame = partsOf(definition.expression ?? '').every((part) => partsOf(known.expression).includes(part))
  if (definition.derivedFrom === known.url || isSame) return
  throw new Error(`${file}: ${definition.url} gives "${definition.code}" of ${base} another meaning than ${known.url}`)
}

const knownTypes = new Set([
  'number',
  'date',
  'string',
  'token',
  'reference',
  'composite',
  'quantity',
  'uri',
  'special',
])

/** What the elements of a SearchParameter must say before it can be one. https://hl7.org/fhir/R4/searchparameter.html */
function refuseUnusable({ definition, file }: Source<Needed>): void {
  const { url, code, base, type } = definition as Partial<Needed>
  const fault =
    typeof code !== 'string' || !/^[A-Za-z_][A-Za-z0-9_-]*$/.test(code)
      ? `SearchParameter.code "${code}" is no name that a query could use: letters, digits, - and _`
      : !Array.isArray(base) || base.length === 0
        ? 'SearchParameter.base names no type'
        : !knownTypes.has(String(type))
          ? `SearchParameter.type "${type}" is none of ${[...knownTypes].join(', ')}`
          : undefined
  if (fault !== undefined) throw new Error(`${file}: ${url}: ${fault}`)
}

/** Of everything that decides which values a resource is found by. */
function digestOf(definitions: readonly Needed[]): string {
  const lines = definitions.map(lineOf)
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 16)
}

function lineOf({ url, code, base, type, expression, target, component }: Needed): string {
  return JSON.stringify([url, code, base, type, expression, target, component])
}

import type { Definitions, SearchComponent, SearchParameter } from '../definitions/definitions.ts'
import { createJudged } from './akeys.ts'
import { type InOrder, inOrderOf, type Ordered } from './in-order.ts'
import type { Key, Keys } from './keys.ts'
import { createSubjects, type Subject } from './subject.ts'

/** A search parameter on one resource type, with what its values need to be indexed and matched. */
export interface Field {
  readonly type: string
  readonly parameter: SearchParameter
  /** The types that a reference may name: all, where the definition names none. */
  readonly targets: readonly string[]
  /** The patient of the rows of this type, when its references are among those of this parameter. */
  readonly subject: Subject | undefined
  /** Whether the keys of this parameter stand in `akeys` as well. */
  readonly judged: boolean
  /** The code under which its values are indexed: another one for a parameter that says the same, such as `phonetic` for `name`. */
  readonly indexedAs: string
  readonly keys: FieldKeys
  readonly inOrder?: InOrder | undefined
}

/** The keys of one parameter. Those of the shared side tables belong to one resource type. */
export interface FieldKeys {
  /** Has any value: for `:missing`. */
  readonly present: Key
  /** Of the parameter's rows in `str`, `num` and `dat`. */
  readonly side: Key
  /** For a part of the values alone, such as a unit. */
  sideOf(...parts: string[]): Key
  value(...parts: string[]): Key
  /** Of a URL or URN, whether the parameter is a uri or a reference: of the same form everywhere, so that chains can follow it. */
  url(url: string): Key
  /** The entry of the lexicon for a URL. */
  urlEntry(url: string): Key
  /** What the row holds for a text, and the salt that leads from there to the entry of the lexicon. */
  text(text: string): { readonly held: Key; readonly entry: Key }
  readonly textSalt: Key
  readonly urlSalt: Key
}

/** Where HL7's own parameters are defined. */
export const standardParameters = 'http://hl7.org/fhir/SearchParameter/'

/** In place of the target type, in the salts of URLs. */
export const urlSalt = 'uri'
const textSalt = 'text'

export type Fields = ReturnType<typeof createFields>

export function createFields(definitions: Definitions, keys: Keys, ordered: Ordered = {}) {
  const subjectOf = createSubjects(definitions)
  const isJudged = createJudged(definitions)
  const cache = new Map<string, Field>()

  function made(type: string, parameter: SearchParameter): Field {
    const subject = subjectOf(type)
    const { code, targets } = parameter
    const indexedAs = sameAs(type, parameter)
    return {
      type,
      parameter,
      targets: parameter.type === 'reference' && targets.length === 0 ? definitions.resourceTypes : targets,
      subject: subject?.carries(parameter) ? subject : undefined,
      judged: isJudged(type, code),
      indexedAs,
      keys: keysOf(type, indexedAs),
      inOrder: inOrderOf(ordered, keys, type, code),
    }
  }

  /** Of the texts that are read from the same elements those of one parameter are indexed; HL7's own before others'. */
  function sameAs(type: string, { code, type: kind, paths }: SearchParameter): string {
    if (kind !== 'string' || !paths) return code
    const same = definitions
      .searchParameters(type)
      .filter((other) => other.type === kind && other.paths?.join() === paths.join())
    const first = same.filter(({ url }) => url.startsWith(standardParameters))
    return (first.length > 0 ? first : same).map((other) => other.code).sort()[0]!
  }

  function keysOf(type: string, code: string): FieldKeys {
    return {
      present: keys.key('present', code),
      side: keys.key('side', type, code),
      sideOf: (...parts) => keys.key('side', type, code, ...parts),
      value: (...parts) => keys.key('value', code, ...parts),
      url: (url) => keys.reference(code, urlSalt, keys.key('url', url)),
      urlEntry: (url) => keys.key('url', url),
      text(text) {
        const entry = keys.key('text', text)
        return { entry, held: keys.reference(code, textSalt, entry) }
      },
      textSalt: keys.salt(code, textSalt),
      urlSalt: keys.salt(code, urlSalt),
    }
  }

  /**
   * A component of a composite, read from elements of one type. Composites that read the same from the same elements share its
   * keys, and so the rows of the index.
   */
  function component(
    type: string,
    elementType: string,
    { definition, expression, type: kind }: SearchComponent,
  ): Field {
    const of = definitions.searchParameters(type).find(({ url }) => url === definition)
    const code = `${elementType}:${kind}:${expression}`
    const parameter: SearchParameter = {
      ...{
        code,
        url: `${definition}#${code}`,
        type: kind,
        declaredType: kind,
        expression,
        repeats: true,
        definition: `${definition} ${expression}`,
        components: [],
        elements: [],
      },
      ...{ targets: of?.targets ?? [], valueTypes: of?.valueTypes, paths: undefined, values: () => [] },
    }
    const targets =
      kind === 'reference' && parameter.targets.length === 0 ? definitions.resourceTypes : parameter.targets
    return { type, parameter, targets, subject: undefined, judged: false, indexedAs: code, keys: keysOf(type, code) }
  }

  /** What a resource is found by that stands inside of another, which refers to it by this parameter. */
  function contained({ type, parameter: { code } }: Field, inner: Field): Field {
    const name = `${code}#${inner.type}.${inner.parameter.code}`
    const known = cache.get(`${type}.${name}`)
    if (known) return known
    const parameter = { ...inner.parameter, code: name, url: `${inner.parameter.url}#${type}.${name}`, repeats: true }
    const fresh = {
      ...inner,
      type,
      parameter,
      subject: undefined,
      judged: false,
      inOrder: undefined,
      indexedAs: name,
      keys: keysOf(type, name),
    }
    cache.set(`${type}.${name}`, fresh)
    return fresh
  }

  /** `modifier`: the one that it is asked with, for those who tell what is indexed (index-state.ts). */
  function field(type: string, code: string, _modifier?: string): Field | undefined {
    const name = `${type}.${code}`
    const known = cache.get(name)
    if (known) return known
    const parameter = definitions.searchParameter(type, code)
    if (!parameter) return undefined
    const fresh = made(type, parameter)
    cache.set(name, fresh)
    return fresh
  }

  return {
    of: field,
    component,
    contained,
    all: (type: string): Field[] => definitions.searchParameters(type).map(({ code }) => field(type, code)!),
  }
}

/** A reference: `[id]`, `[type]/[id]` or `[url]`, also by canonical URL. https://hl7.org/fhir/R4/search.html#reference */
import type { Definitions, TypedValue } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { type LocalReference, localReference } from '../../fhir/reference.ts'
import { isId, type Reference, type Resource } from '../../fhir/resource.ts'
import { type Clause, or } from '../clause.ts'
import type { Field } from '../field.ts'
import type { Key, Keys, Rid } from '../keys.ts'
import { subjectType } from '../subject.ts'
import { cut } from '../text.ts'
import { indexText, textClause } from './display.ts'
import { unescape } from './escapes.ts'
import { hasAny, holding, type IndexBuilder, type SearchType } from './search-type.ts'
import { parsedToken } from './token.ts'
import { aboveUrl, belowUrl, isUrl } from './url.ts'

interface Parts {
  definitions: Definitions
  keys: Keys
  base: string
}

export type ReferenceType = SearchType & {
  /** The row refers to this resource. */
  refersTo(field: Field, type: string, rid: Rid): Clause
  keyTo(field: Field, type: string, rid: Rid): Key
}

export function createReference({ definitions, keys, base }: Parts): ReferenceType {
  function indexLocal(field: Field, type: string, id: string, index: IndexBuilder): void {
    const rid = keys.ridOf(type, id)
    const carried = field.subject !== undefined && type === subjectType
    if (!carried || index.pat === null) index.key(field, keyTo(field, type, rid))
  }

  /** One with a version refers to the resource all the same, and is found by either. */
  function indexTarget(field: Field, text: string, index: IndexBuilder): void {
    if (text.startsWith('#') || text === '') return
    const local: LocalReference | undefined = localReference(text, base) ?? onlyTarget(field, text)
    if (local) indexLocal(field, local.type, local.id, index)
    else for (const url of new Set([text, text.split(/[|#]/, 1)[0]!])) index.key(field, field.keys.url(url))
    if (local?.version !== undefined) index.key(field, field.keys.url(versioned(local)))
    if (!local && isUrl(text) && hasAny(field, canonicals)) index.string(field.keys.side, cut(text))
  }

  function indexIdentifier(field: Field, { identifier }: Reference, index: IndexBuilder): void {
    if (identifier?.system !== undefined) index.key(field, field.keys.value('identifier|', identifier.system), true)
    if (identifier?.value === undefined) return
    index.key(field, field.keys.value('identifier', identifier.value))
    index.key(field, field.keys.value('system|identifier', identifier.system ?? '', identifier.value))
  }

  function keyTo({ parameter, subject }: Field, type: string, rid: Rid): Key {
    return keys.reference(subject && type === subjectType ? subject.code : parameter.code, type, rid)
  }

  function refersTo(field: Field, type: string, rid: Rid): Clause {
    const keyed = holding(field, [keyTo(field, type, rid)], { selective: true, inOrder: field.inOrder })
    if (!field.subject || type !== subjectType) return keyed
    const carried: Clause = { op: 'patient', any: [rid] }
    return field.subject.several ? or(carried, keyed) : carried
  }

  /** Nothing but an id can mean any of the target types. */
  function matchId(field: Field, id: string, types: readonly string[]): Clause {
    return or(...types.map((type) => refersTo(field, type, keys.ridOf(type, id))))
  }

  function refuse(field: Field, value: string): never {
    const { parameter, targets } = field
    throw new FhirError(
      'invalidQuery',
      `"${value}" is no reference for ${parameter.code}: an id, ${targets[0]}/id or a URL`,
    )
  }

  return {
    modifiers: (field) => [
      'identifier',
      ...(hasAny(field, ['Reference']) ? ['text'] : []),
      ...(hasAny(field, canonicals) ? ['above', 'below'] : []),
      ...field.targets,
    ],

    later: () => ['text', 'below', 'above'],

    extract(field, values, index) {
      for (const value of values) {
        const { text, reference, resource } = read(value)
        if (resource?.id !== undefined) indexLocal(field, resource.resourceType, resource.id, index)
        if (text !== undefined) indexTarget(field, text, index)
        if (reference) indexIdentifier(field, reference, index)
        if (reference) indexText(field, reference.display, index)
      }
    },

    match(field, value, modifier) {
      if (modifier === 'identifier') return identified(field, value)
      if (modifier === 'text') return textClause(field, value)
      const text = unescape(value)
      if (modifier === 'below') return belowUrl(field, text)
      if (modifier === 'above') return aboveUrl(field, text)
      const types = modifier === undefined ? field.targets : [modifier]
      const local = localReference(text, base)
      if (local) {
        if (!definitions.isResourceType(local.type) || !(modifier === undefined || modifier === local.type))
          refuse(field, value)
        if (local.version !== undefined) return holding(field, [field.keys.url(versioned(local))], { selective: true })
        return refersTo(field, local.type, keys.ridOf(local.type, local.id))
      }
      if (isId(text)) return matchId(field, text, types)
      if (modifier !== undefined || !/^[a-z][a-z0-9+.-]*:\S+$/i.test(text)) refuse(field, value)
      return holding(field, [field.keys.url(text)], { selective: true })
    },

    refersTo,
    keyTo,
  }
}

const canonicals = ['canonical', 'uri']

function versioned({ type, id, version }: LocalReference): string {
  return `${type}/${id}/_history/${version}`
}

/** "When the :identifier modifier is used, the search value works as a token search." */
function identified(field: Field, value: string): Clause {
  const { system, code } = parsedToken(field, value)
  if (code === undefined) return holding(field, [field.keys.value('identifier|', system!)], { filter: true })
  const key =
    system === undefined ? field.keys.value('identifier', code) : field.keys.value('system|identifier', system, code)
  return holding(field, [key], { selective: true })
}

/** A bare id where only one type can be meant: not valid, but found in the wild. */
function onlyTarget({ targets }: Field, text: string): { type: string; id: string } | undefined {
  const [type, ...others] = targets
  return type !== undefined && others.length === 0 && isId(text) ? { type, id: text } : undefined
}

function read({ type, value }: TypedValue): { text?: string; reference?: Reference; resource?: Resource } {
  if (typeof value === 'string') return { text: value }
  if (typeof value !== 'object' || value === null) return {}
  if (type !== 'Reference' && 'resourceType' in value) return { resource: value as Resource }
  const reference = value as Reference
  return reference.reference === undefined ? { reference } : { text: reference.reference, reference }
}

import type { Access } from '../../../access/access.ts'
import type { Definitions } from '../../../definitions/definitions.ts'
import type { CodeSystem, Terminology, ValueSet } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import { parseJson } from '../../../fhir/json.ts'
import type { LocalReference } from '../../../fhir/reference.ts'
import { and, type Clause } from '../../../search/clause.ts'
import type { Search } from '../../../search/create-search.ts'
import type { StoredVersion } from '../../../store/store.ts'
import type { Call } from '../../operation.ts'
import { notFound, rowsOrNone } from '../../visible-rows.ts'

export interface TerminologyParts {
  definitions: Pick<Definitions, 'terminology' | 'validate'>
  access: Access
  search: Search
}

type Caller = Pick<Call, 'context' | 'handle'>

export type Kind = 'ValueSet' | 'CodeSystem'

type Definition<K extends Kind> = K extends 'ValueSet' ? ValueSet : CodeSystem

export type StoredTerminology = ReturnType<typeof createStoredTerminology>

/**
 * Value sets and code systems: those on board, and those that were stored here and that the caller may see.
 *
 * Access is part of the query, so one that may not be seen is as unknown as one that is not there.
 *
 * https://hl7.org/fhir/R4/terminology-service.html
 */
export function createStoredTerminology({ definitions: { terminology, validate }, access, search }: TerminologyParts) {
  /** What the caller may both read and search. */
  function visible({ context }: Caller, kind: Kind): Clause {
    return and(rowsOrNone(access, context, kind, 'read'), rowsOrNone(access, context, kind, 'search'))
  }

  /** The newest of this canonical URL, active ones first. */
  async function stored<K extends Kind>(call: Caller, kind: K, canonical: string): Promise<Found<K> | undefined> {
    const [url, version] = parts(canonical)
    const conditions = { url, ...(version === undefined ? {} : { version }) }
    return (await newest(call, kind, { ...conditions, status: 'active' })) ?? newest(call, kind, conditions)
  }

  async function newest<K extends Kind>(
    call: Caller,
    kind: K,
    conditions: Readonly<Record<string, string>>,
  ): Promise<Found<K> | undefined> {
    const query = new URLSearchParams({ _count: '1' })
    for (const [name, value] of Object.entries(conditions)) query.append(name, escape(value))
    const request = search.parse(kind, query, { lenient: false, principalKey: '' })
    const { matches } = await call.handle.resources.find(request, () => visible(call, kind))
    const found = matches.map((match) => parsed<K>(match))
    return found.find(({ definition }) => definition.url === conditions['url'])
  }

  /** Everything that the value set takes, directly or through others, as far as it is to be had. */
  async function around(call: Caller, root: ValueSet | CodeSystem | undefined): Promise<Terminology> {
    const found: (ValueSet | CodeSystem)[] = root?.url === undefined ? [] : [root]
    const asked = new Set<string>(found.flatMap(({ url }) => url ?? []))
    const open = root?.resourceType === 'ValueSet' ? [root] : []
    let characters = 0
    for (let next = open.pop(); next; next = open.pop()) {
      for (const { kind, canonical } of terminology.missing(next)) {
        if (asked.has(canonical)) continue
        asked.add(canonical)
        const one = asked.size > most.definitions ? refuseMore() : await stored(call, kind, canonical)
        if (!one) continue
        characters += one.characters
        if (characters > most.characters) refuseMore()
        found.push(one.definition)
        if (one.definition.resourceType === 'ValueSet') open.push(one.definition)
      }
    }
    return terminology.with(found)
  }

  return {
    onBoard: terminology,
    around,
    /** The resource of the URL of an operation on an instance. */
    async instance<K extends Kind>({ handle, asked, rows }: Call, kind: K): Promise<Definition<K>> {
      const [match] = await handle.resources.read(kind, [asked.id!], { where: rows })
      if (!match) throw notFound(kind, asked.id!)
      if (match.deleted) throw new FhirError('gone', `${kind}/${asked.id} has been deleted.`)
      return parsed<K>(match).definition
    },
    /** One that is stored here, or that version of it. */
    async byId<K extends Kind>(
      caller: Caller,
      kind: K,
      { type, id, version }: LocalReference,
    ): Promise<Definition<K> | undefined> {
      if (type !== kind || (version !== undefined && !/^[1-9][0-9]{0,8}$/.test(version))) return undefined
      const { resources } = caller.handle
      const where = visible(caller, kind)
      const found =
        version === undefined
          ? (await resources.read(kind, [id], { where }))[0]
          : await resources.vread(kind, id, Number(version), { where })
      return found && !found.deleted ? parsed<K>(found).definition : undefined
    },
    /** By canonical URL: what is on board goes first. */
    async named<K extends Kind>(call: Caller, kind: K, canonical: string): Promise<Definition<K> | undefined> {
      const known = kind === 'ValueSet' ? terminology.valueSet(canonical) : terminology.codeSystem(canonical)
      return (known as Definition<K> | undefined) ?? (await stored(call, kind, canonical))?.definition
    },
    /** The resource that came as a parameter, judged as one that is stored would be. */
    given<K extends Kind>({ given }: Call, kind: K, name: string): Definition<K> | undefined {
      const resource = given.resource(name)
      if (!resource) return undefined
      const errors = validate(resource).filter(({ severity }) => severity === 'error' || severity === 'fatal')
      if (errors.length > 0) throw new FhirError('invalid', `The ${kind} is not valid.`, { issues: errors })
      return resource as unknown as Definition<K>
    },
  }
}

/** What one answer may read of what was stored: definitions, and characters of their JSON. */
const most = { definitions: 50, characters: 40_000_000 }

interface Found<K extends Kind> {
  readonly definition: Definition<K>
  readonly characters: number
}

function parsed<K extends Kind>({ json }: StoredVersion): Found<K> {
  return { definition: parseJson(json) as Definition<K>, characters: json.length }
}

/** https://hl7.org/fhir/R4/search.html#escaping */
function escape(value: string): string {
  return value.replace(/[\\,|$]/g, '\\$&')
}

function parts(canonical: string): [url: string, version: string | undefined] {
  const at = canonical.lastIndexOf('|')
  return at === -1 ? [canonical, undefined] : [canonical.slice(0, at), canonical.slice(at + 1)]
}

function refuseMore(): never {
  throw new FhirError('tooCostly', 'This value set draws on more than can be read for one answer.')
}

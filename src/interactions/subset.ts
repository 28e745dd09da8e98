import type { Definitions } from '../definitions/definitions.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import type { Coding, Resource } from '../fhir/resource.ts'
import type { SearchRequest } from '../search/request.ts'

/** `mode`: how the resource came into a Bundle. */
export type Subset = (json: string, type: string, form: Form, mode?: 'match' | 'include') => string

type Form = Pick<SearchRequest, 'summary' | 'elements'>

const subsetted: Coding = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/**
 * What `_summary` and `_elements` leave of a resource, marked as SUBSETTED. Without them the text is served as stored.
 *
 * https://hl7.org/fhir/R4/search.html#summary
 * https://hl7.org/fhir/R4/search.html#elements
 */
export function createSubset(definitions: Pick<Definitions, 'summary' | 'mandatoryElements'>): Subset {
  return function subset(json, type, { summary, elements }, mode = 'match') {
    const wanted = elements && namedFor(type, elements, mode)
    const left = json === '' ? undefined : leftBy(type, summary, wanted)
    if (!left) return json
    const resource = parseJson(json) as Resource
    const meta = { ...resource.meta, tag: [...(resource.meta?.tag ?? []), subsetted] }
    const { resourceType, id, ...others } = left(resource)
    return stringifyJson({ resourceType, ...(id === undefined ? {} : { id }), ...others, meta })
  }

  /** What is done to a resource; undefined when all of it is wanted. */
  function leftBy(
    type: string,
    summary: SearchRequest['summary'],
    wanted: ReadonlySet<string> | undefined,
  ): ((resource: Resource) => Resource) | undefined {
    const base = new Set([...always, ...definitions.mandatoryElements(type)])
    if (wanted) return picked((name) => among(base, name) || among(wanted, name))
    if (summary === 'true') return definitions.summary
    if (summary === 'text') return picked((name) => among(base, name) || name === 'text')
    return summary === 'data' ? picked((name) => name !== 'text') : undefined
  }
}

/** "Servers SHOULD always return mandatory elements"; what modifies the meaning of the others is as needed. */
const always = ['resourceType', 'id', 'meta', 'implicitRules', 'modifierExtension']

/** "The list of elements does not apply to included resources", unless it names their type. */
function namedFor(type: string, elements: readonly string[], mode: 'match' | 'include'): Set<string> | undefined {
  const names = elements.flatMap((element) => {
    const [first = '', second] = element.split('.')
    if (second === undefined) return mode === 'match' ? [first] : []
    return first === type ? [second] : []
  })
  return names.length === 0 ? undefined : new Set(names)
}

function picked(keep: (name: string) => boolean) {
  return (resource: Resource): Resource =>
    Object.fromEntries(Object.entries(resource).filter(([name]) => keep(name.replace(/^_/, '')))) as Resource
}

/** A choice element is defined as `value[x]`, asked for as `value`, and written as `valueQuantity`. */
function among(names: ReadonlySet<string>, name: string): boolean {
  if (names.has(name)) return true
  for (let end = 1; end < name.length; end++) {
    if (!/[A-Z]/.test(name[end]!)) continue
    const stem = name.slice(0, end)
    if (names.has(stem) || names.has(`${stem}[x]`)) return true
  }
  return false
}

import type { Definitions } from '../definitions/definitions.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import type { Coding, Resource } from '../fhir/resource.ts'
import type { SearchRequest } from '../search/request.ts'

export type Subset = (json: string, type: string, request: Pick<SearchRequest, 'summary' | 'elements'>) => string

const subsetted: Coding = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/**
 * What `_summary` and `_elements` leave of a resource, marked as SUBSETTED. Without them the text is served as stored.
 *
 * https://hl7.org/fhir/R4/search.html#summary
 * https://hl7.org/fhir/R4/search.html#elements
 */
export function createSubset(definitions: Definitions): Subset {
  return function subset(json, type, { summary, elements }) {
    const keep = kept(type, summary, elements)
    if (!keep || json === '') return json
    const resource = parseJson(json) as Resource
    const left: Resource = { resourceType: resource.resourceType }
    for (const [name, value] of Object.entries(resource)) {
      if (keep(name.replace(/^_/, ''))) left[name] = value
    }
    left.meta = { ...resource.meta, tag: [...(resource.meta?.tag ?? []), subsetted] }
    return stringifyJson(left)
  }

  function kept(
    type: string,
    summary: SearchRequest['summary'],
    elements: readonly string[] | undefined,
  ): ((name: string) => boolean) | undefined {
    const always = new Set(['resourceType', 'id', 'meta'])
    const mandatory = new Set(definitions.mandatoryElements(type))
    if (elements) {
      const wanted = new Set(elements)
      return (name) => always.has(name) || mandatory.has(name) || among(wanted, name)
    }
    if (summary === 'true') {
      const marked = new Set(definitions.summaryElements(type))
      return (name) => always.has(name) || mandatory.has(name) || among(marked, name)
    }
    if (summary === 'text') return (name) => always.has(name) || mandatory.has(name) || name === 'text'
    if (summary === 'data') return (name) => name !== 'text'
    return undefined
  }
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

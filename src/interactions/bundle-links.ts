import type { Resource } from '../fhir/resource.ts'

/** A string in a resource that may point at something else in the Bundle, and how to replace it. */
export interface LinkText {
  readonly text: string
  /** `Patient.generalPractitioner[0].reference` */
  readonly path: string
  readonly isReference: boolean
  replace(text: string): void
}

/** The elements that R4 says to rewrite: references, and values of the types uri, url, oid and uuid. */
const linking = /^(?:reference|url|uri|(?:value|[a-z]\w*)(?:Uri|Url|Uuid|Oid|Canonical))$/

/**
 * Every string of a resource that could be a link: `Reference.reference`, attachment URLs, uri-like values.
 *
 * https://hl7.org/fhir/R4/http.html#trules
 */
export function linksIn(resource: Resource): LinkText[] {
  const found: LinkText[] = []
  walk(resource, resource.resourceType, found)
  return found
}

function walk(value: unknown, path: string, found: LinkText[]): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [n, item] of value.entries()) walk(item, `${path}[${n}]`, found)
    return
  }
  const element = value as Record<string, unknown>
  for (const [name, inner] of Object.entries(element)) {
    if (typeof inner === 'string') {
      if (!linking.test(name)) continue
      const replace = (text: string) => {
        element[name] = text
      }
      found.push({ text: inner, path: `${path}.${name}`, isReference: name === 'reference', replace })
    } else walk(inner, `${path}.${name}`, found)
  }
}

/** `Practitioner?identifier=http://x|1`: https://hl7.org/fhir/R4/http.html#trules */
export function conditionalReference(text: string): { type: string; query: string } | undefined {
  const match = /^([A-Z][A-Za-z]+)\?(.+)$/.exec(text)
  return match ? { type: match[1]!, query: match[2]! } : undefined
}

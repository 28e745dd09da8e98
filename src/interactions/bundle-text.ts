/**
 * Bundles of stored resources, put together as text: what the store holds is served without being parsed.
 *
 * https://hl7.org/fhir/R4/bundle.html
 */
export interface Link {
  relation: 'self' | 'next'
  url: string
}

interface Parts {
  type: 'searchset' | 'history' | 'batch-response' | 'transaction-response'
  total?: number | undefined
  links?: readonly Link[]
  /** JSON texts of entries, made by `entryText`. */
  entries: readonly string[]
}

export function bundleText({ type, total, links = [], entries }: Parts): string {
  const head = [`"resourceType":"Bundle","type":"${type}"`]
  if (total !== undefined) head.push(`"total":${total}`)
  if (links.length > 0) head.push(`"link":${JSON.stringify(links)}`)
  if (entries.length > 0) head.push(`"entry":[${entries.join(',')}]`)
  return `{${head.join(',')}}`
}

/** `resource` is JSON text and may be absent; the other elements are plain values. */
export function entryText(elements: Record<string, unknown>, resource?: string): string {
  const { fullUrl, ...rest } = elements
  const parts = fullUrl === undefined ? [] : [`"fullUrl":${JSON.stringify(fullUrl)}`]
  if (resource !== undefined && resource !== '') parts.push(`"resource":${resource}`)
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined) parts.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
  }
  return `{${parts.join(',')}}`
}

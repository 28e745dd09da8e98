/**
 * Literal references. https://hl7.org/fhir/R4/references.html#literal
 */
export interface LocalReference {
  type: string
  id: string
  version?: string
}

const local = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/

/** RFC 3986: what has a scheme is absolute. */
export function isAbsolute(uri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(uri)
}

/** `Patient/1`, `Patient/1/_history/2`, or the same below `base` (absolute, without a trailing slash); else undefined. */
export function localReference(text: string, base?: string): LocalReference | undefined {
  const relative = base && text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text
  const match = local.exec(relative)
  if (!match) return undefined
  const [, type, id, version] = match
  return version === undefined ? { type: type!, id: id! } : { type: type!, id: id!, version }
}

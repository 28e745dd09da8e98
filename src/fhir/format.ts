/**
 * The formats that resources are written in, and the media types that ask for each of them; the first one is FHIR's own.
 *
 * https://hl7.org/fhir/R4/http.html#mime-type
 */
export const formats = {
  json: ['application/fhir+json', 'application/json', 'text/json'],
  xml: ['application/fhir+xml', 'application/xml', 'text/xml'],
} as const

export type Format = keyof typeof formats

/** The format of a media type (without parameters, in lower case); undefined for others. */
export function formatOfType(type: string): Format | undefined {
  return byType.get(type)
}

/** As `_format` names it: by a media type, or as `json` and `xml`. */
export function formatOfName(name: string): Format | undefined {
  return name === 'json' || name === 'xml' ? name : byType.get(name)
}

const byType = new Map<string, Format>([
  ...formats.json.map((type) => [type, 'json'] as const),
  ...formats.xml.map((type) => [type, 'xml'] as const),
])

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

/** The format of a media type without parameters, or of `json` and `xml`; undefined for others. */
export function formatOf(name: string): Format | undefined {
  return byName.get(name)
}

const byName = new Map<string, Format>(
  Object.entries(formats).flatMap(([format, types]) => [format, ...types].map((name) => [name, format as Format])),
)

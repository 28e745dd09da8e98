import type { Context } from 'koa'
import { FhirError } from '../fhir/error.ts'
import { type Format, formatOfName, formatOfType, formats } from '../fhir/format.ts'

/** What the parameters of media types may say; others say nothing here. */
const parameters = new Map([
  ['charset', ['utf-8', 'utf8', 'us-ascii']],
  ['fhirversion', ['4.0', '4.0.1']],
])

const jsonFirst = [...formats.json, ...formats.xml]
const xmlFirst = [...formats.xml, ...formats.json]
const offered = [formats.json[0], formats.xml[0]].join(' and ')

/**
 * The format that the caller wants: `_format` goes before `Accept`. Who takes anything gets the format that was sent.
 *
 * https://hl7.org/fhir/R4/http.html#mime-type
 */
export function demandFormat(ctx: Context): Format {
  const format = wantedFormat(ctx)
  if (format) return format
  const asked = formatParameter(ctx)
  if (asked === undefined) {
    throw new FhirError('notAcceptable', `"${ctx.get('accept')}" cannot be met; ${offered} are offered.`)
  }
  throw new FhirError('notAcceptable', `The format "${asked}" is not offered; ${offered} are.`)
}

/** As `demandFormat`; undefined when the caller wants what there is not. */
export function wantedFormat(ctx: Context): Format | undefined {
  const asked = formatParameter(ctx)
  if (asked !== undefined) return formatOfName(asked)
  const sendsXml = mediaType(ctx.get('content-type')) === formats.xml[0]
  const accept = ctx.get('accept')
  if (accept === '' || accept === '*/*') return sendsXml ? 'xml' : 'json'
  return formatOfType(accept) ?? formatOfType(negotiated(ctx, sendsXml ? xmlFirst : jsonFirst) ?? '')
}

/** The format in which a Binary is wanted as a resource; undefined for its bytes: the resource has to be named outright. */
export function wantedResource(ctx: Context, contentType: string): Format | undefined {
  const asked = formatParameter(ctx)
  if (asked !== undefined) return formatOfName(asked)
  const best = negotiated(ctx, [...jsonFirst, contentType])
  if (best === undefined || best === contentType) return undefined
  return accepted(ctx).some((type) => type === best) ? formatOfType(best) : undefined
}

export function acceptsType(ctx: Context, contentType: string): boolean {
  return negotiated(ctx, [contentType]) !== undefined
}

/** The media type of a Content-Type, without its parameters. */
export function mediaType(header: string): string {
  return header.split(';', 1)[0]!.trim().toLowerCase()
}

/** What parameters ask for that there is not: another version of FHIR, another encoding. */
export function unmetParameter(header: string): string | undefined {
  for (const parameter of header.split(';').slice(1)) {
    const [name, value = ''] = parameter.split('=', 2).map((part) => part.trim().toLowerCase())
    const known = parameters.get(name!)
    if (known && !known.includes(value.replaceAll('"', ''))) return parameter.trim().slice(0, 80)
  }
  return undefined
}

function negotiated(ctx: Context, types: readonly string[]): string | undefined {
  plain(ctx)
  return ctx.accepts([...types]) || undefined
}

function accepted(ctx: Context): string[] {
  plain(ctx)
  return ctx.accepts() as string[]
}

/**
 * Takes the parameters out of Accept: the negotiation would want each of them to be offered as well. What asks for another
 * version of FHIR is accepted no more.
 */
function plain({ req }: Context): void {
  if (!req.headers.accept?.includes(';')) return
  const ranges = req.headers.accept.split(',').map((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    if (unmetParameter(range) !== undefined) return `${type};q=0`
    const quality = parameters.find((parameter) => /^q=/i.test(parameter))
    return quality === undefined ? type : `${type};${quality}`
  })
  req.headers.accept = ranges.join(', ')
}

function formatParameter(ctx: Context): string | undefined {
  const value = ctx.state['formFormat'] ?? queryParameter(ctx, '_format')
  const format = Array.isArray(value) ? value.at(-1) : value
  // A literal "+" in a query is a space to URL parsers; clients often forget to escape it.
  return format?.split(';')[0]!.trim().replace(' ', '+').toLowerCase()
}

/** The query is parsed only where it may hold the name, as it is or with its `_` escaped: few hold what concerns HTTP. */
export function queryParameter(ctx: Context, name: string): string | string[] | undefined {
  return ctx.querystring.includes(name) || /%5f/i.test(ctx.querystring) ? ctx.query[name] : undefined
}

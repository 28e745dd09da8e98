import type { Context } from 'koa'
import { FhirError } from '../fhir/error.ts'

export const fhirJson = 'application/fhir+json; charset=utf-8'

const formats = new Map([
  ['json', 'json'],
  ['application/json', 'json'],
  ['application/fhir+json', 'json'],
  ['text/json', 'json'],
])

/**
 * Whether FHIR JSON can answer this request; `_format` goes before `Accept`.
 *
 * https://hl7.org/fhir/R4/http.html#mime-type
 */
export function refuseOtherFormats(ctx: Context): void {
  const asked = formatParameter(ctx)
  if (asked !== undefined) {
    if (formats.has(asked)) return
    throw new FhirError('notAcceptable', `The format "${asked}" is not offered; application/fhir+json is.`)
  }
  if (!acceptsFhirJson(ctx)) {
    throw new FhirError('notAcceptable', `"${ctx.get('accept')}" cannot be met; application/fhir+json is offered.`)
  }
}

export function acceptsFhirJson(ctx: Context): boolean {
  return ctx.accepts('application/fhir+json', 'application/json', 'text/json') !== false
}

/** Whether a Binary is wanted as a resource rather than as its bytes: only when FHIR JSON is named outright. */
export function wantsResource(ctx: Context, contentType: string): boolean {
  const asked = formatParameter(ctx)
  if (asked !== undefined) return formats.has(asked)
  const [best] = ctx.accepts() as string[]
  if (best === undefined || best === '*/*') return false
  const named = /application\/(fhir\+json|json)|text\/json/.test(ctx.get('accept'))
  return named && ctx.accepts('application/fhir+json', 'application/json', contentType) !== contentType
}

function formatParameter(ctx: Context): string | undefined {
  const value = ctx.query['_format']
  const format = Array.isArray(value) ? value.at(-1) : value
  // A literal "+" in a query is a space to URL parsers; clients often forget to escape it.
  return format?.split(';')[0]!.trim().replace(' ', '+').toLowerCase()
}

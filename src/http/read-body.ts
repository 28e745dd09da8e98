import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { FhirError } from '../fhir/error.ts'
import { formatOfType, formats } from '../fhir/format.ts'
import { parseJson } from '../fhir/json.ts'
import type { Body, Interaction } from '../interactions/interaction.ts'
import { patchFormats } from '../interactions/patch-body.ts'
import { mediaType, unmetParameter } from './negotiate.ts'

const [jsonPatch] = patchFormats

/**
 * The body of a request as its interaction takes it: what JSON or XML says, or for a Binary the stream of bytes, never
 * buffered.
 *
 * https://hl7.org/fhir/R4/http.html#general
 */
export async function readBody(
  ctx: Context,
  interaction: Interaction,
  limit: number,
  readXml: (text: string) => unknown,
): Promise<Body> {
  if (!takesBody(interaction)) return { kind: 'none' }
  const contentType = mediaType(ctx.get('content-type'))
  refuseEncoding(ctx)
  if (
    (interaction.kind === 'create' || interaction.kind === 'update') &&
    interaction.type === 'Binary' &&
    !isFhir(contentType)
  ) {
    if (contentType === '') throw new FhirError('unsupportedMediaType', 'The bytes of a Binary need a Content-Type.')
    const securityContext = ctx.get('x-security-context')
    const whole = ctx.get('content-type')
    return { kind: 'bytes', stream: ctx.req, contentType: whole, ...(securityContext ? { securityContext } : {}) }
  }
  if (interaction.kind === 'operation' && ctx.method === 'GET') return { kind: 'none' }
  const text = await readText(ctx.req, limit, ctx.request.length)
  if (text === '' && interaction.kind === 'operation') return { kind: 'none' }
  const format = formatOfType(contentType)
  const expected = format !== undefined || (isPatch(interaction) && contentType === jsonPatch)
  if (!expected) {
    const wanted = isPatch(interaction) ? patchFormats : [formats.json[0], formats.xml[0]]
    const refusal = `The content type "${contentType}" is not known here; use ${wanted.join(' or ')}.`
    throw new FhirError('unsupportedMediaType', refusal)
  }
  refuseParameters(ctx)
  if (text === '') throw new FhirError('malformed', 'The request has no body.')
  // From here on a resource is what it says, however it was written.
  if (format === 'xml') return { kind: 'json', value: readXml(text), contentType: formats.json[0] }
  return { kind: 'json', value: parseJson(text), contentType }
}

/** The parameters of a `_search` by POST. https://hl7.org/fhir/R4/http.html#search */
export async function readForm(ctx: Context, limit: number): Promise<string> {
  if (mediaType(ctx.get('content-type')) !== 'application/x-www-form-urlencoded') {
    throw new FhirError('unsupportedMediaType', 'A search by POST is sent as application/x-www-form-urlencoded.')
  }
  return readText(ctx.req, limit, ctx.request.length)
}

const writing = ['create', 'update', 'conditional-update', 'patch', 'conditional-patch']

function isPatch({ kind }: Interaction): boolean {
  return kind === 'patch' || kind === 'conditional-patch'
}

function takesBody({ kind }: Interaction): boolean {
  return [...writing, 'batch', 'operation'].includes(kind)
}

/** A Binary sent in a format of FHIR is a resource with `data`; plain application/json is just bytes, like any other type. */
function isFhir(contentType: string): boolean {
  return contentType === formats.json[0] || contentType === formats.xml[0]
}

function refuseParameters(ctx: Context): void {
  const unmet = unmetParameter(ctx.get('content-type'))
  if (unmet !== undefined) throw new FhirError('unsupportedMediaType', `A body with "${unmet}" is not understood here.`)
}

function refuseEncoding(ctx: Context): void {
  const encoding = ctx.get('content-encoding')
  if (encoding !== '' && encoding !== 'identity') {
    throw new FhirError('unsupportedMediaType', `Send the body without Content-Encoding "${encoding}".`)
  }
}

/** Refuses at the limit without reading on; a body that ends early is an error, never a shorter body. */
async function readText(request: IncomingMessage, limit: number, declared: number | undefined): Promise<string> {
  if (declared !== undefined && declared > limit) throw tooLarge(limit)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  if (!request.complete) throw new FhirError('malformed', 'The body ended before it was complete.')
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd') && !bytes.includes('\ufffd')) throw new FhirError('malformed', 'The body is not UTF-8.')
  return text
}

function tooLarge(limit: number): FhirError {
  return new FhirError('tooLarge', `The body is larger than ${limit} bytes. Send large content as a Binary.`)
}

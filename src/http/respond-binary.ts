import type { Context } from 'koa'
import { FhirError } from '../fhir/error.ts'
import type { Format } from '../fhir/format.ts'
import type { Answer } from '../interactions/interaction.ts'
import type { Attachments } from '../store/store.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { acceptsType, mediaType, wantedResource } from './negotiate.ts'
import type { Send } from './send.ts'

/** Above this a Binary is only served raw: base64 in a resource has to be held in memory. */
const resourceLimit = 16 * 1024 * 1024

/** Up to this the bytes are read whole: most documents are smaller, and a stream would hold as much of them at a time. */
const atOnce = 256 * 1024

/** So much memory is kept for next answers. As garbage, it had the collector walk the whole heap every few hundred of them. */
const mostFree = 64

/**
 * A Binary: its bytes, streamed, with Range; or the resource with base64 data when one of FHIR's formats is asked for.
 *
 * https://hl7.org/fhir/R4/binary.html#rest
 * https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function createRespondBinary(attachments: Pick<Attachments, 'read' | 'open'>, send: Send) {
  const free: Buffer[] = []

  return async function respondBinary(ctx: Context, answer: Answer): Promise<void> {
    const { object } = answer.binary!
    if (!object) throw new FhirError('gone', 'The bytes of this Binary are no longer there.')
    ctx.set('ETag', `W/"${answer.version}"`)
    ctx.set('Last-Modified', new Date(answer.lastUpdated!).toUTCString())
    ctx.set('Cache-Control', 'private, no-store')
    const contentType = mediaType(object.contentType)
    const format = wantedResource(ctx, contentType)
    if (format) return respondResource(ctx, answer, object, format)
    if (!acceptsType(ctx, contentType)) {
      throw new FhirError(
        'notAcceptable',
        `This Binary is ${object.contentType}; "${ctx.get('accept')}" cannot be met.`,
      )
    }
    // Often compressed already, and its length is told.
    ctx['compress'] = false
    // What was uploaded is somebody else's content: never run or guessed at by a browser.
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Content-Security-Policy', "sandbox; default-src 'none'")
    ctx.set('Accept-Ranges', 'bytes')
    ctx.set('Content-Type', object.contentType)
    const range = ctx.method === 'GET' ? rangeOf(ctx.get('range'), object.size) : undefined
    if (range === 'unsatisfiable') {
      ctx.set('Content-Range', `bytes */${object.size}`)
      throw new FhirError('rangeNotSatisfiable', `The range is outside of the ${object.size} bytes.`)
    }
    ctx.status = range ? 206 : 200
    if (range) ctx.set('Content-Range', `bytes ${range.from}-${range.to}/${object.size}`)
    const length = range ? range.to - range.from + 1 : object.size
    if (ctx.method === 'HEAD') ctx.body = ''
    else if (length > atOnce) ctx.body = await attachments.open(object, range)
    else ctx.body = await lent(ctx, (into) => attachments.read(object, range, into))
    // After the body: Koa forgets the length of what it was before, and guesses a type of its own.
    ctx.length = length
    ctx.set('Content-Type', object.contentType)
  }

  /** Memory for an answer, to be used again when all of it has been handed to the system; of what breaks off it is garbage. */
  async function lent(ctx: Context, read: (into: Buffer) => Promise<Buffer>): Promise<Buffer> {
    const memory = free.pop() ?? Buffer.allocUnsafeSlow(atOnce)
    const bytes = await read(memory)
    ctx.res.once('finish', () => {
      if (free.length < mostFree) free.push(memory)
    })
    return bytes
  }

  async function respondResource(ctx: Context, answer: Answer, object: StoredObject, format: Format): Promise<void> {
    if (object.size > resourceLimit) {
      const text = `The Binary has ${object.size} bytes; above ${resourceLimit} it is only served raw: ask with Accept: ${object.contentType}.`
      throw new FhirError('tooLarge', text)
    }
    const data = (await attachments.read(object)).toString('base64')
    send(ctx, `${answer.json!.slice(0, -1)}${data === '' ? '' : `,"data":"${data}"`}}`, format)
  }
}

/** One range of `bytes=`; several, or another unit, are ignored as RFC 9110 allows. Inclusive. */
export function rangeOf(header: string, size: number): { from: number; to: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/.exec(header.trim())
  if (!match) return undefined
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    if (Number(suffix) === 0 || size === 0) return 'unsatisfiable'
    return { from: Math.max(0, size - Number(suffix)), to: size - 1 }
  }
  const from = Number(first)
  const to = last ? Math.min(Number(last), size - 1) : size - 1
  if (last && Number(last) < from) return undefined
  return from >= size ? 'unsatisfiable' : { from, to }
}

import type { Context } from 'koa'
import type { Format } from '../fhir/format.ts'
import type { Answer, Interaction } from '../interactions/interaction.ts'
import { writtenOutcome } from '../interactions/written-outcome.ts'
import { demandFormat } from './negotiate.ts'
import { preferredReturn } from './prefer.ts'
import type { Send } from './send.ts'

interface How {
  base: string
  /** As it was negotiated; undefined where bytes might have been answered instead. */
  format: Format | undefined
  send: Send
}

/**
 * An answer as HTTP: status, ETag, Last-Modified, Location, and the text as it was stored.
 *
 * Attachment URLs are stored relative (`Binary/1`) and answered absolute. Inside JSON a quote can only open the name
 * `"url"` here, because quotes within strings are escaped, so the replacement touches nothing but such elements.
 */
export function respond(ctx: Context, { base, format, send }: How, interaction: Interaction, answer: Answer): void {
  ctx.status = answer.status
  if (answer.version !== undefined) ctx.set('ETag', `W/"${answer.version}"`)
  if (answer.lastUpdated !== undefined) ctx.set('Last-Modified', new Date(answer.lastUpdated).toUTCString())
  if (answer.location !== undefined && isWrite(interaction)) ctx.set('Location', `${base}/${answer.location}`)
  ctx.set('Cache-Control', 'private, no-store')
  const wanted = isWrite(interaction) ? preferredReturn(ctx) : undefined
  if (wanted === 'OperationOutcome' && answer.status !== 304) {
    if (answer.status === 204) ctx.status = 200
    return send(ctx, JSON.stringify(writtenOutcome(answer)), format ?? demandFormat(ctx))
  }
  if (answer.json === undefined || answer.status === 204 || answer.status === 304 || wanted === 'minimal') {
    ctx.body = null
    ctx.status = answer.status
    return
  }
  send(ctx, answer.json.replaceAll('"url":"Binary/', `"url":"${base}/Binary/`), format ?? demandFormat(ctx))
}

function isWrite({ kind }: Interaction): boolean {
  return /^(?:conditional-)?(?:create|update|patch|delete)$/.test(kind)
}

import type { Context } from 'koa'
import type { Answer, Interaction } from '../interactions/interaction.ts'
import { demandFormat } from './negotiate.ts'
import type { Send } from './send.ts'

/**
 * An answer as HTTP: status, ETag, Last-Modified, Location, and the text as it was stored.
 *
 * Attachment URLs are stored relative (`Binary/1`) and answered absolute. Inside JSON a quote can only open the name
 * `"url"` here, because quotes within strings are escaped, so the replacement touches nothing but such elements.
 */
export function respond(ctx: Context, base: string, interaction: Interaction, answer: Answer, send: Send): void {
  ctx.status = answer.status
  if (answer.version !== undefined) ctx.set('ETag', `W/"${answer.version}"`)
  if (answer.lastUpdated !== undefined) ctx.set('Last-Modified', new Date(answer.lastUpdated).toUTCString())
  if (answer.location !== undefined && isWrite(interaction)) ctx.set('Location', `${base}/${answer.location}`)
  ctx.set('Cache-Control', 'private, no-store')
  if (answer.json === undefined || answer.status === 204 || answer.status === 304 || returnMinimal(ctx, interaction)) {
    ctx.body = null
    ctx.status = answer.status
    return
  }
  send(ctx, answer.json.replaceAll('"url":"Binary/', `"url":"${base}/Binary/`), demandFormat(ctx))
}

function isWrite({ kind }: Interaction): boolean {
  return ['create', 'update', 'patch', 'conditional-update', 'conditional-patch'].includes(kind)
}

/** https://hl7.org/fhir/R4/http.html#ops */
function returnMinimal(ctx: Context, interaction: Interaction): boolean {
  return isWrite(interaction) && /(?:^|[,;\s])return=minimal\b/.test(ctx.get('prefer'))
}

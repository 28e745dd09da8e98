import type { Context } from 'koa'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import type { Answer, Interaction } from '../interactions/interaction.ts'
import { fhirJson } from './negotiate.ts'

/**
 * An answer as HTTP: status, ETag, Last-Modified, Location, and the text as it was stored.
 *
 * Attachment URLs are stored relative (`Binary/1`) and answered absolute. Inside JSON a quote can only open the name
 * `"url"` here, because quotes within strings are escaped, so the replacement touches nothing but such elements.
 */
export function respond(ctx: Context, base: string, interaction: Interaction, answer: Answer): void {
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
  const text = answer.json.replaceAll('"url":"Binary/', `"url":"${base}/Binary/`)
  ctx.type = fhirJson
  ctx.body = pretty(ctx) ? stringifyJson(parseJson(text), 2) : text
}

function isWrite({ kind }: Interaction): boolean {
  return ['create', 'update', 'patch', 'conditional-update', 'conditional-patch'].includes(kind)
}

/** https://hl7.org/fhir/R4/http.html#ops */
function returnMinimal(ctx: Context, interaction: Interaction): boolean {
  return isWrite(interaction) && /(?:^|[,;\s])return=minimal\b/.test(ctx.get('prefer'))
}

function pretty(ctx: Context): boolean {
  return ctx.query['_pretty'] === 'true'
}

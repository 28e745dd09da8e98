/**
 * A form that another site posts comes without our SameSite cookies; the same request as a GET comes with them.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.4.4 (303 See Other)
 */
import type { Context } from 'koa'
import { BodyError, readText } from '../read-body.ts'

/** As an address it has to fit into the headers of the next request, cookies beside it. */
const longestQuery = 12_000

export async function postAsGet(ctx: Context, address: string): Promise<void> {
  const query = new URLSearchParams(await readText(ctx.req)).toString()
  if (query.length > longestQuery) throw new BodyError(413, `The request is longer than ${longestQuery} characters.`)
  ctx.redirect(`${address}?${query}`)
  ctx.status = 303
}

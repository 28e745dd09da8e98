import type { Context, Middleware } from 'koa'
import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { createInteractionOf } from '../interactions/interaction-of.ts'
import type { Interaction } from '../interactions/interaction.ts'
import type { Perform } from '../interactions/perform.ts'
import type { Attachments } from '../store/store.ts'
import { demandFormat } from './negotiate.ts'
import { preferredReturn, prefersLenient } from './prefer.ts'
import { readBody, readForm } from './read-body.ts'
import type { RequestState } from './request-state.ts'
import { respond } from './respond.ts'
import { createRespondBinary } from './respond-binary.ts'
import type { Send } from './send.ts'

interface Parts {
  definitions: Definitions
  attachments: Pick<Attachments, 'read' | 'open'>
  perform: Perform
  base: string
  limits: { json: number }
  send: Send
}

const formLimit = 1024 * 1024

/** The one route of FHIR: bytes to an interaction, perform, answer. */
export function createFhir({ definitions, attachments, perform, base, limits, send }: Parts): Middleware<RequestState> {
  const interactionOf = createInteractionOf((name) => definitions.isResourceType(name))
  const respondBinary = createRespondBinary(attachments, send)

  return async function fhir(ctx) {
    const interaction = await asked(ctx)
    const format = mayBeBinary(interaction) ? undefined : demandFormat(ctx)
    const body = await readBody(ctx, interaction, limits.json, definitions.readXml)
    const answer = await perform(ctx.state.caller!, interaction, body)
    if (answer.binary) return respondBinary(ctx, answer)
    respond(ctx, { base, format, send }, interaction, answer)
  }

  async function asked(ctx: Context): Promise<Interaction> {
    if (ctx.querystring.includes('%00')) throw holdsNul()
    const path = decodedPath(ctx.path.replace(/^\/fhir\/?/, ''))
    const query = new URLSearchParams(ctx.querystring)
    let sent = `${ctx.method} ${ctx.originalUrl}`
    if (ctx.method === 'POST' && /(?:^|\/)_search\/*$/.test(path)) {
      const posted = await readForm(ctx, formLimit)
      sent += `\n\n${posted}`
      const form = new URLSearchParams(posted)
      if ([...form.values()].some((value) => value.includes('\u0000'))) throw holdsNul()
      for (const [name, value] of form) query.append(name, value)
      ctx.state['formFormat'] = form.get('_format') ?? undefined
    }
    return interactionOf({
      method: ctx.method === 'HEAD' ? 'GET' : ctx.method,
      path,
      query,
      sent,
      ifMatch: ctx.get('if-match') || undefined,
      ifNoneMatch: ctx.get('if-none-match') || undefined,
      ifModifiedSince: modifiedSince(ctx.get('if-modified-since')),
      ifNoneExist: ctx.get('if-none-exist') || undefined,
      lenient: prefersLenient(ctx),
      prefer: preferredReturn(ctx),
    })
  }
}

/** The end of the second that the header names; a date that cannot be read is ignored, as RFC 9110 §13.1.3 says. */
function modifiedSince(header: string): number | undefined {
  const time = Date.parse(header)
  return Number.isNaN(time) ? undefined : time + 999
}

function holdsNul(): FhirError {
  return new FhirError('malformed', 'No value holds the character NUL.')
}

function mayBeBinary(interaction: Interaction): boolean {
  return (interaction.kind === 'read' || interaction.kind === 'vread') && interaction.type === 'Binary'
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (error) {
    throw new FhirError('malformed', 'The path is not well encoded.', { cause: error })
  }
}

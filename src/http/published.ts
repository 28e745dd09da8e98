import type { Middleware } from 'koa'
import type { Definitions } from '../definitions/definitions.ts'
import { demandFormat } from './negotiate.ts'
import type { RequestState } from './request-state.ts'
import { createSendOnceMade, type Send } from './send.ts'

interface Parts {
  definitions: Pick<Definitions, 'writeXml'>
  send: Send
  /** The text of the CapabilityStatement. */
  capabilities: (query: URLSearchParams) => Promise<string>
  /** The text of the OperationDefinition of an operation of the server's own. */
  operationDefinition: (id: string) => string | undefined
}

/** What everybody may read without a token: what the server does, and what its own operations take and answer. */
export function createPublished(parts: Parts): Middleware<RequestState> {
  const sendStatement = createSendOnceMade(parts.definitions)
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next()
    if (ctx.path === '/fhir/metadata') {
      const format = demandFormat(ctx)
      return sendStatement(ctx, await parts.capabilities(new URLSearchParams(ctx.querystring)), format)
    }
    const [, id] = /^\/fhir\/OperationDefinition\/([^/]+)$/.exec(ctx.path) ?? []
    const definition = id === undefined ? undefined : parts.operationDefinition(id)
    if (definition === undefined) return next()
    parts.send(ctx, definition, demandFormat(ctx))
  }
}

/**
 * How slowly a body may come in. Each minute in which the server waits for more has to bring the end or 240 KiB, which is what a
 * line of 32 kbit/s brings. So a form ends within a minute, other bodies in proportion to their limits, and whoever trickles holds
 * nothing for long; the upload of a large attachment takes as long as its line needs, and as long as our store needs.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { operationOutcome } from '../fhir/error.ts'

/** How often `check` is to be called. */
export const checkMilliseconds = 10_000
const checksToBringIt = 6
const leastBytes = 4096 * 60

interface Open {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  bytes: number
  waits: number
}

export type BodyPace = ReturnType<typeof createBodyPace>

export function createBodyPace() {
  const open = new Set<Open>()

  function judge(one: Open): void {
    const { request, response } = one
    // Full: it is our side that does not take more.
    if (request.complete || request.readableLength >= request.readableHighWaterMark) return
    const { bytesRead } = request.socket
    one.waits += 1
    if (bytesRead - one.bytes >= leastBytes) Object.assign(one, { bytes: bytesRead, waits: 0 })
    if (one.waits >= checksToBringIt) refuse(request, response)
  }

  return {
    watch(handler: RequestListener): RequestListener {
      return function paced(request, response) {
        if (hasBody(request)) {
          const one: Open = { request, response, bytes: request.socket.bytesRead, waits: 0 }
          open.add(one)
          request.once('close', () => open.delete(one))
        }
        handler(request, response)
      }
    },
    check(): void {
      for (const one of open) judge(one)
    },
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** The connection ends with the answer, and with it whatever reads from it. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) return void request.destroy()
  const diagnostics = 'The body came too slowly. Send it again over a faster line.'
  const body = request.url?.startsWith('/fhir')
    ? { type: 'application/fhir+json', text: JSON.stringify(operationOutcome([timeout(diagnostics)])) }
    : { type: 'text/plain', text: diagnostics }
  response.writeHead(408, { connection: 'close', 'content-type': `${body.type}; charset=utf-8` }).end(body.text)
}

function timeout(diagnostics: string) {
  return { severity: 'error', code: 'timeout', diagnostics } as const
}

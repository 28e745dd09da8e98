import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { checkMilliseconds, createBodyPace } from './body-pace.ts'

/** Files with the certificate and its chain, and with its private key, both as PEM. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

/** Request line and headers together; beyond it 431, before anything of ours sees the request. */
export const headerLimit = 16 * 1024

const limits: ServerOptions = {
  maxHeaderSize: headerLimit,
  headersTimeout: 20_000,
  // A slow upload of a large Binary may take longer than any time for a whole request: body-pace.ts bounds it.
  requestTimeout: 0,
  keepAliveTimeout: 65_000,
}

/** A connection on which nothing moves in either direction, such as an answer that nobody reads. No request computes so long. */
const silenceMilliseconds = 600_000

/**
 * What listens: HTTP, or HTTPS with TLS 1.2 at least. A certificate that was renewed is taken up by a restart.
 *
 * https://www.rfc-editor.org/rfc/rfc9325#section-3.1.1
 */
export function createListener(handler: RequestListener, tls?: Tls, checkEvery = checkMilliseconds): Server {
  const pace = createBodyPace()
  const paced = pace.watch(handler)
  const server = tls ? secureServer(paced, tls) : createServer(limits, paced)
  const timer = setInterval(pace.check, checkEvery).unref()
  server.once('close', () => clearInterval(timer))
  server.timeout = silenceMilliseconds
  // A number would leave further headers out in silence, as may be the one that says who asks; their size is what bounds them.
  server.maxHeadersCount = 0
  return server
}

function secureServer(handler: RequestListener, { cert, key }: Tls): Server {
  try {
    const pem = { cert: readFileSync(cert), key: readFileSync(key) }
    return createTlsServer({ ...limits, ...pem, minVersion: 'TLSv1.2' }, handler)
  } catch (cause) {
    const reason = (cause as Error).message
    throw new Error(`TLS_CERT and TLS_KEY must name a certificate and its key, both as PEM: ${reason}`, { cause })
  }
}

import type { Middleware } from 'koa'
import { FhirError } from '../fhir/error.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/**
 * A request for another host is refused, and no URL is ever made from the Host header: whoever passes is known under the
 * one public name from here on. A server that is public on loopback answers to each of loopback's names.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20
 */
export function createHost(publicUrl: string): Middleware {
  const { host, hostname, port } = new URL(publicUrl)
  const names = new Set([host])
  if (loopback.includes(hostname)) for (const name of loopback) names.add(port ? `${name}:${port}` : name)
  return function pinned(ctx, next) {
    // "GET http://elsewhere/fhir": the request line names a host as well, and it goes before the header.
    if (!ctx.req.url?.startsWith('/') && ctx.req.url !== '*') {
      throw new FhirError('misdirected', `This server is ${publicUrl}; name the path alone.`)
    }
    if (!names.has(ctx.host.toLowerCase())) {
      throw new FhirError('misdirected', `This server is ${publicUrl}; it does not answer for "${ctx.host}".`)
    }
    ctx.req.headers.host = host
    return next()
  }
}

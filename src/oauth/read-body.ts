/**
 * Reads the bodies that the authorization server takes: small forms and small JSON.
 *
 * https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
import type { IncomingMessage } from 'node:http'

export const formLimit = 56 * 1024

/** What is wrong with a request before anything is judged: its form, not its content. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: 400 | 413 | 415

  constructor(status: 400 | 413 | 415, text: string, options?: { cause?: unknown }) {
    super(text, options)
    this.status = status
  }
}

export async function readBytes(request: IncomingMessage, limit = formLimit): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // The connection has to stay open for the answer when the rest is not read.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new BodyError(413, `The body is larger than ${limit} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** UTF-8 without NUL, raw or escaped: the database could not keep it. */
export async function readText(request: IncomingMessage, limit = formLimit): Promise<string> {
  const text = decode(await readBytes(request, limit))
  if (holdsNul(text)) throw new BodyError(400, 'The body contains a NUL character.')
  return text
}

export function holdsNul(text: string): boolean {
  return text.includes('\0') || /%00|\\u0000/.test(text)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new BodyError(400, 'The body is not UTF-8.', { cause })
  }
}

/** A JSON object, and nothing else. */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new BodyError(400, 'The body is not JSON.', { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BodyError(400, 'The body is not a JSON object.')
  }
  return value as Record<string, unknown>
}

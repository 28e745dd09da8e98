import http from 'node:http'
import https from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, S3Error } from 'minio'

export interface S3Settings {
  /** Scheme, host and port: `https://s3.example.org`. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
}

/** How long the server may take to begin its answer, in milliseconds; completing a large upload takes it longest. */
const patience = 120_000
/** Pauses before each further attempt, in milliseconds. */
const pauses = [100, 500, 2000]

export function createS3Client({ endpoint, region, accessKey, secretKey }: S3Settings): Client {
  const { protocol, hostname, port } = new URL(endpoint)
  const useSSL = protocol === 'https:'
  return new Client({
    endPoint: hostname.replace(/^\[|\]$/g, ''),
    ...(port === '' ? {} : { port: Number(port) }),
    useSSL,
    region,
    accessKey,
    secretKey,
    pathStyle: true,
    transport: impatient(useSSL ? https : http),
    // Its own way prints to the console and gives up on a lost connection; see `persistent`.
    retryOptions: { disableRetry: true },
  })
}

/** The client waits for an answer for ever; a server that is gone without a word must not hold requests. */
function impatient(transport: Pick<typeof http, 'request'>): Pick<typeof http, 'request'> {
  const request = (...args: Parameters<typeof http.request>) => {
    const sent = transport.request(...args)
    sent.setTimeout(patience, () => sent.destroy(new Error(`no answer from the S3 server for ${patience} ms`)))
    // From here on the reader sets the pace, and he may take his time.
    sent.once('response', () => sent.setTimeout(0))
    return sent
  }
  return { request: request as typeof http.request }
}

/**
 * Asks again after a lost connection or an answer that says "not now". For requests that may be sent twice: all of ours, as
 * every body is a buffer and every key is used once.
 */
export async function persistent<T>(ask: () => Promise<T>): Promise<T> {
  for (const time of pauses) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error)) throw error
      await pause(time)
    }
  }
  return ask()
}

function isPassing(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof S3Error) return ['SlowDown', 'InternalError', 'ServiceUnavailable'].includes(code ?? '')
  return code === 'ECONNRESET' || code === 'EPIPE' || message.includes('Retryable HTTP status')
}

export function isNoSuchKey(error: unknown): boolean {
  return error instanceof S3Error && (error as { code?: string }).code === 'NoSuchKey'
}

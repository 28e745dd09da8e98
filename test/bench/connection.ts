import { Pool } from 'undici'

/** Keep-alive connections to one origin, one request at a time on each. */
export interface Connection {
  /** Reads the answer to its end and answers its length. Any status but the 200s throws. */
  send(method: 'GET' | 'POST' | 'PUT', path: string, body?: string | Buffer, contentType?: string): Promise<number>
  /** The same, with the answer parsed and its `Location`. */
  ask<T>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: string | Buffer,
    contentType?: string,
  ): Promise<{ body: T; location: string }>
  close(): Promise<void>
}

export function openConnection(origin: string, connections: number, token?: string): Connection {
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 })

  async function request(method: string, path: string, body?: string | Buffer, contentType = 'application/fhir+json') {
    const answer = await pool.request({
      method: method as 'GET',
      path,
      body,
      headers: {
        // A Binary comes as its own bytes unless FHIR's JSON is asked for.
        accept: path.includes('/Binary/') ? '*/*' : 'application/fhir+json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
    })
    if (answer.statusCode < 300) return answer
    throw new Error(`${method} ${path.slice(0, 120)}: ${answer.statusCode} ${(await answer.body.text()).slice(0, 300)}`)
  }

  return {
    async send(method, path, body, contentType) {
      const answer = await request(method, path, body, contentType)
      let length = 0
      for await (const chunk of answer.body as AsyncIterable<Buffer>) length += chunk.length
      return length
    },
    async ask<T>(method: string, path: string, body?: string | Buffer, contentType?: string) {
      const answer = await request(method, path, body, contentType)
      const text = await answer.body.text()
      const parsed = (text.startsWith('{') ? JSON.parse(text) : undefined) as T
      return { body: parsed, location: String(answer.headers.location ?? '') }
    },
    close: () => pool.destroy(),
  }
}

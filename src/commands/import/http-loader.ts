import { setTimeout as sleep } from 'node:timers/promises'
import { loadedOf } from './loader.ts'
import type { Loader } from './loader.ts'

const attempts = 6

/**
 * Loads through the public API of a server. Answers that say "not now" are waited for. `token` is asked before each
 * request, so that it may be renewed on a long import.
 */
export function createHttpLoader(base: string, token: () => Promise<string>): Loader {
  async function request(method: string, path: string, body?: string): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(path ? `${base}/${path}` : base, {
        method,
        body,
        headers: {
          authorization: `Bearer ${await token()}`,
          accept: 'application/fhir+json',
          ...(body === undefined ? {} : { 'content-type': 'application/fhir+json', prefer: 'return=minimal' }),
        },
      }).catch((error: unknown) => {
        throw new Error(`${base} does not answer any more; run the same command again to go on`, { cause: error })
      })
      if (response.status === 401) throw new Error(`${base} does not accept the token: it is wrong or has expired`)
      if (![429, 503].includes(response.status) || attempt === attempts) return response
      await response.body?.cancel()
      await sleep(1000 * Math.min(60, Number(response.headers.get('retry-after')) || 2 ** attempt))
    }
  }

  return {
    target: base,
    async send({ method, path, body }) {
      const response = await request(method, path, body)
      return loadedOf(response.status, await response.text(), response.headers.get('location') ?? undefined)
    },
    async exists(reference) {
      const response = await request('GET', `${reference}?_summary=true`)
      await response.body?.cancel()
      return response.status === 200
    },
    async close() {},
  }
}

import type { SignedIn } from '../sign-in.ts'

/** The FHIR API as one person sees it. What is refused throws, in the server's words. */
export interface FhirClient {
  /** Answers the parsed body. */
  get<T>(path: string): Promise<T>
  post<T>(path: string, resource: object): Promise<T>
  patch(path: string, operations: readonly object[]): Promise<void>
  /** Answers the Binary's id. */
  upload(bytes: Buffer, contentType: string): Promise<string>
}

export function createFhirClient(publicUrl: string, person: SignedIn): FhirClient {
  async function send(method: string, path: string, body?: string | Buffer, contentType?: string): Promise<Response> {
    const response = await fetch(`${publicUrl}/fhir${path ? `/${path}` : ''}`, {
      method,
      body: typeof body === 'string' || body === undefined ? body : new Uint8Array(body),
      headers: {
        authorization: `Bearer ${await person.token()}`,
        accept: 'application/fhir+json',
        prefer: 'return=representation',
        ...(contentType ? { 'content-type': contentType } : {}),
      },
    })
    if (response.ok) return response
    throw new Error(
      `${method} ${path || 'Bundle'} was refused with ${response.status}: ${reason(await response.text())}`,
    )
  }
  const fhirJson = 'application/fhir+json'
  return {
    get: async <T>(path: string) => (await (await send('GET', path)).json()) as T,
    post: async <T>(path: string, resource: object) =>
      (await (await send('POST', path, JSON.stringify(resource), fhirJson)).json()) as T,
    async patch(path, operations) {
      await send('PATCH', path, JSON.stringify(operations), 'application/json-patch+json')
    },
    async upload(bytes, contentType) {
      const response = await send('POST', 'Binary', bytes, contentType)
      return /Binary\/([^/]+)/.exec(response.headers.get('location') ?? '')![1]!
    },
  }
}

function reason(text: string): string {
  try {
    const { issue } = JSON.parse(text) as { issue: { diagnostics?: string; expression?: string[] }[] }
    return issue
      .map(({ diagnostics, expression }) => [expression?.join(), diagnostics].filter(Boolean).join(': '))
      .join('; ')
  } catch {
    return text.slice(0, 300)
  }
}

import { createHash, randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type Browser, createBrowser, type Page } from '../support/browser.ts'
import { type OAuthServer, password } from './oauth-server.ts'

/** What an app knows of a server. */
export type Reached = Pick<OAuthServer, 'url' | 'fhir'>

export const callback = 'https://app.example/callback'

export interface Request {
  readonly verifier: string
  readonly parameters: Record<string, string>
}

/** The authorization request of an app; `undefined` leaves a parameter out. */
export function authorizationRequest(server: Reached, given: Record<string, string | undefined> = {}): Request {
  const verifier = randomBytes(32).toString('base64url')
  const parameters = {
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid fhirUser user/*.rs',
    state: 'a state',
    aud: server.fhir,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...given,
  }
  const kept = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { verifier, parameters: Object.fromEntries(kept) }
}

export function authorizationUrl(server: Reached, { parameters }: Request): string {
  return `${server.url}/auth/auth?${new URLSearchParams(parameters).toString()}`
}

export interface Person {
  email: string
  password?: string
  patient?: string
  /** Scopes to keep; all by default. */
  keep?: readonly string[]
  button?: 'allow' | 'deny'
}

/** What a person does between the app's request and its redirect URI: sign in where asked, and decide. */
export async function decide(page: Page, person: Person): Promise<Page> {
  let current = page
  for (let steps = 0; steps < 4 && !current.left; steps++) {
    const { pathname } = current.url
    if (pathname === '/login') {
      const before = current
      current = await current.submit({ email: person.email, password: person.password ?? password })
      if (current.url.pathname === '/login' && before.url.pathname === '/login') return current
    } else if (pathname === '/consent') {
      const values = {
        ...(person.patient === undefined ? {} : { patient: person.patient }),
        ...(person.keep === undefined ? {} : { scope: person.keep }),
      }
      current = await current.submit(values, person.button ?? 'allow')
      if (current.url.pathname === '/consent') return current
    } else return current
  }
  return current
}

/** From the request to the redirect with code or error. */
export async function authorize(
  server: Reached,
  request: Request,
  person: Person,
  browser: Browser = createBrowser(server.url),
) {
  return decide(await browser.open(authorizationUrl(server, request)), person)
}

export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, string | number | boolean | undefined> & {
    access_token: string
    refresh_token: string
    scope: string
  }
}

export async function post(
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as TokenAnswer['body'] }
}

export function token(
  server: Reached,
  form: Record<string, string>,
  headers?: Record<string, string>,
): Promise<TokenAnswer> {
  return post(`${server.url}/auth/token`, form, headers)
}

export function redeem(
  server: Reached,
  request: Request,
  page: Page,
  headers?: Record<string, string>,
): Promise<TokenAnswer> {
  const { client_id, redirect_uri } = request.parameters
  const code = page.url.searchParams.get('code')
  if (code === null) throw new Error(`no code in ${page.url.href}: ${page.status} ${page.html}`)
  return token(
    server,
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirect_uri!,
      client_id: client_id!,
      code_verifier: request.verifier,
    },
    headers,
  )
}

/** The whole launch of a public app. */
export async function launch(
  server: Reached,
  person: Person,
  given: Record<string, string> = {},
  browser?: Browser,
): Promise<TokenAnswer> {
  const request = authorizationRequest(server, {
    client_id: 'chartshare-web',
    redirect_uri: `${server.url}/app`,
    ...given,
  })
  const page = await authorizeHere(server, request, person, browser)
  return redeem(server, request, page)
}

/** Our own app's redirect URI is on this site, so that the browser does not leave it: the code stands in the last address. */
export async function authorizeHere(
  server: Reached,
  request: Request,
  person: Person,
  browser?: Browser,
): Promise<Page> {
  return authorize(server, request, person, browser)
}

export async function fhir(server: Reached, accessToken: string): Promise<number> {
  const response = await fetch(`${server.fhir}/anything`, { headers: { authorization: `Bearer ${accessToken}` } })
  await response.arrayBuffer()
  return response.status
}

/** Registers an app as an administrator would; answers the metadata with `client_id` and perhaps `client_secret`. */
export async function register(server: Reached, metadata: Record<string, unknown>, accessToken?: string) {
  const response = await fetch(`${server.url}/auth/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}) },
    body: JSON.stringify(metadata),
  })
  return {
    status: response.status,
    body: (await response.json()) as Record<string, string> & { client_id: string; client_secret: string },
  }
}

/** An administrator looks at an app and decides about what he saw. */
export async function decideClient(
  { url }: Pick<Reached, 'url'>,
  accessToken: string,
  clientId: string,
  change: Readonly<Record<string, unknown>>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${accessToken}` }
  const path = `${url}/auth/clients/${clientId}`
  const { version } = (await (await fetch(path, { headers })).json()) as { version: string }
  const response = await fetch(path, { method: 'PATCH', headers, body: JSON.stringify({ version, ...change }) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

export async function administratorToken(server: OAuthServer, email = 'chief@example.org'): Promise<string> {
  await server.addAccount({ email, roles: ['admin', 'practitioner'] })
  const { body } = await launch(server, { email }, { scope: 'openid fhirUser user/*.cruds' })
  return body.access_token
}

export interface ClientKey {
  readonly publicJwk: JWK
  assertion(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<Record<string, string>>
}

/** A key pair of a client, and assertions made with it. */
export async function clientKey(
  server: Reached,
  clientId: () => string,
  alg: 'RS384' | 'ES384' = 'ES384',
  kid = `key-${alg}`,
): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  return {
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    async assertion(claims = {}, header = {}) {
      const all = {
        ...{ iss: clientId(), sub: clientId(), aud: `${server.url}/auth/token`, jti: randomBytes(12).toString('hex') },
        exp: Math.floor(Date.now() / 1000) + 240,
        ...claims,
      }
      const jwt = await new SignJWT(all).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(privateKey)
      return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: jwt }
    },
  }
}

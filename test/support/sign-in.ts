import { createRequire } from 'node:module'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as openid from 'openid-client'
import { type Browser, createBrowser, type Page } from './browser.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
}

const clientId = 'chartshare-web'

/** Through login and consent as a person would; the page where the browser ends. */
export async function decided(page: Page, { email, password }: Credentials, patient?: string): Promise<Page> {
  const afterLogin = page.url.pathname === '/login' ? await page.submit({ email, password }) : page
  if (afterLogin.url.pathname !== '/consent') return afterLogin
  return afterLogin.submit(patient === undefined ? {} : { patient }, 'allow')
}

/** A standalone launch with PKCE by `openid-client`; the page when it ended without a code. */
export async function signIn(
  url: string,
  credentials: Credentials,
  scope = 'openid fhirUser user/*.cruds',
  browser: Browser = createBrowser(url),
): Promise<{ token: string; refreshToken?: string; fhirUser?: unknown } | { page: Page }> {
  const insecure = { execute: [openid.allowInsecureRequests] }
  const config = await openid.discovery(new URL(`${url}/auth`), clientId, undefined, openid.None(), insecure)
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const expectedState = openid.randomState()
  const target = openid.buildAuthorizationUrl(config, {
    redirect_uri: `${url}/app`,
    scope,
    aud: `${url}/fhir`,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const page = await decided(await browser.open(target), credentials)
  if (!page.url.searchParams.has('code')) return { page }
  const tokens = await openid.authorizationCodeGrant(config, page.url, { pkceCodeVerifier, expectedState })
  const { access_token: token, refresh_token: refreshToken } = tokens
  return { token, fhirUser: tokens.claims()?.['fhirUser'], ...(refreshToken === undefined ? {} : { refreshToken }) }
}

/** What the token endpoint answers to a refresh token of `signIn`. */
export async function refresh(
  url: string,
  refreshToken: string,
): Promise<{ status: number; body: { access_token?: string; refresh_token?: string; error?: string } }> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
  const response = await fetch(`${url}/auth/token`, { method: 'POST', body: new URLSearchParams(form) })
  return { status: response.status, body: (await response.json()) as object }
}

/** The SMART JavaScript client, in its form for servers. */
export interface FhirClient {
  readonly patient: { readonly id: string | null; read(): Promise<{ resourceType: string; id: string }> }
  readonly encounter: { readonly id: string | null }
  readonly state: { readonly tokenResponse?: Readonly<Record<string, unknown>> & { readonly access_token?: string } }
  request<T>(path: string): Promise<T>
  refresh(): Promise<unknown>
}

/** How an app of `fhirclient` is registered, and in which context it is started. */
export interface App {
  readonly clientId: string
  readonly redirectUri: string
  readonly clientSecret?: string
  readonly clientPrivateJwk?: object
  /** The handle of an EHR launch. */
  readonly launch?: string
  /** Whom a member of staff chooses. */
  readonly patient?: string
}

type Smart = (
  request: IncomingMessage,
  response: ServerResponse,
  storage: object,
) => {
  authorize(options: object): Promise<unknown>
  ready(): Promise<FhirClient>
}

/** A launch by `fhirclient`: standalone, or by the handle of an EHR. */
export async function launchFhirClient(
  url: string,
  credentials: Credentials,
  scope: string,
  app: App = { clientId, redirectUri: `${url}/app` },
): Promise<FhirClient> {
  const { launch, patient, ...registered } = app
  const smart = createRequire(import.meta.url)('fhirclient') as Smart
  const kept = new Map<string, unknown>()
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => {
      kept.set(key, value)
      return value
    },
    unset: async (key: string) => kept.delete(key),
  }
  const redirects: string[] = []
  const at = (path: string) => ({ url: path, headers: { host: new URL(url).host }, socket: {} }) as IncomingMessage
  const response = {
    setHeader: () => undefined,
    writeHead: (_status: number, headers: { location: string }) => redirects.push(headers.location),
    redirect: (target: string) => redirects.push(target),
    end: () => undefined,
  } as unknown as ServerResponse
  const iss = `${url}/fhir`
  const started = launch === undefined ? '/launch' : `/launch?${new URLSearchParams({ iss, launch }).toString()}`
  await smart(at(started), response, storage).authorize({ iss, ...registered, scope, pkceMode: 'required' })
  const page = await decided(await createBrowser(url).open(redirects[0]!), credentials, patient)
  return smart(at(page.url.pathname + page.url.search), response, storage).ready()
}

import { createHash, randomBytes } from 'node:crypto'
import { type Form, formsOf, textOf } from './html-forms.ts'
import { createPlainBrowser } from './plain-browser.ts'
import type { Page, PlainBrowser } from './plain-browser.ts'
import type { SecondStep } from './second-step.ts'

/** Somebody who is signed in through the public pages, as the web app would be. */
export interface SignedIn {
  /** An access token that is good for the next minute. */
  token(): Promise<string>
  /** `Practitioner/1` */
  readonly fhirUser: string
}

export interface Credentials {
  readonly email: string
  readonly password: string
  readonly secondStep?: SecondStep
}

interface Endpoints {
  authorization_endpoint: string
  token_endpoint: string
}

interface TokenAnswer {
  access_token?: string
  expires_in?: number
  id_token?: string
  error_description?: string
}

const clientId = 'chartshare-web'
const scope = 'openid fhirUser user/*.cruds'

/**
 * Signs in with the forms of the server at `publicUrl`: authorization code with PKCE.
 * https://hl7.org/fhir/smart-app-launch/app-launch.html
 */
export async function signIn(publicUrl: string, credentials: Credentials): Promise<SignedIn> {
  const browser = createPlainBrowser()
  const response = await fetch(`${publicUrl}/fhir/.well-known/smart-configuration`)
  if (!response.ok) throw new Error(`${publicUrl} is no Chartshare server: its discovery answers ${response.status}`)
  const endpoints = (await response.json()) as Endpoints
  let answer = await authorize(browser, publicUrl, endpoints, credentials)
  let until = expiry(answer)
  const claims = JSON.parse(Buffer.from(answer.id_token?.split('.')[1] ?? 'e30', 'base64url').toString()) as {
    fhirUser?: string
  }
  return {
    fhirUser: claims.fhirUser?.split('/').slice(-2).join('/') ?? '',
    async token() {
      if (Date.now() > until) {
        answer = await authorize(browser, publicUrl, endpoints, credentials)
        until = expiry(answer)
      }
      return answer.access_token!
    },
  }
}

function expiry({ expires_in: seconds = 300 }: TokenAnswer): number {
  return Date.now() + (seconds - 60) * 1000
}

async function authorize(
  browser: PlainBrowser,
  publicUrl: string,
  endpoints: Endpoints,
  credentials: Credentials,
): Promise<TokenAnswer> {
  const redirect = `${publicUrl}/`
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirect,
    scope,
    state,
    aud: `${publicUrl}/fhir`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const page = await browser.open(`${endpoints.authorization_endpoint}?${query}`, redirect)
  const { searchParams } = new URL(await throughForms(browser, page, redirect, credentials))
  const code = searchParams.get('code')
  if (!code || searchParams.get('state') !== state) {
    throw new Error(
      `Signing in as ${credentials.email} was refused: ${searchParams.get('error_description') ?? 'no code'}`,
    )
  }
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirect,
    client_id: clientId,
    code_verifier: verifier,
  })
  const response = await fetch(endpoints.token_endpoint, { method: 'POST', body })
  const answer = (await response.json()) as TokenAnswer
  if (!answer.access_token) throw new Error(`No token for ${credentials.email}: ${answer.error_description}`)
  return answer
}

/** Answers the URL at which the server sends the browser back to the app. */
async function throughForms(
  browser: PlainBrowser,
  page: Page,
  redirect: string,
  { email, password, secondStep }: Credentials,
): Promise<string> {
  let asked = false
  let codes = 0
  for (let step = 0; page.html !== '' && step < 10; step++) {
    const forms = formsOf(page.html)
    const factor = formTo(forms, '/login/factor')
    const enrol = formTo(forms, '/login/enrol')
    const onwards = formTo(forms, '/login/continue')
    const login = forms.find(({ inputs }) => inputs.some(({ type }) => type === 'password'))
    const consent = forms.find(({ buttons }) => buttons.some(isAllow))
    if (login && !asked) {
      asked = true
      page = await browser.submit(page, login, { email, password }, redirect)
    } else if (factor) {
      const code = hasCode(factor) ? await secondStep?.code(codes++) : undefined
      if (code === undefined) throw new Error(codes > 1 ? refusalOf(email, page) : stepMissing(email))
      page = await browser.submit(page, factor, { code }, redirect)
    } else if (enrol && secondStep?.enrol) {
      secondStep.enrol(keyOn(page))
      page = await browser.submit(page, enrol, { code: (await secondStep.code(0))! }, redirect)
    } else if (enrol) {
      throw new Error(`${email} has to add a second step first: sign in once with a browser at ${page.url}`)
    } else if (onwards) {
      page = await browser.submit(page, onwards, {}, redirect)
    } else if (consent) {
      const { name, value } = consent.buttons.find(isAllow)!
      page = await browser.submit(page, consent, { [name]: value }, redirect)
    } else {
      throw new Error(refusalOf(email, page))
    }
  }
  return page.url
}

/** The one with a field for a code goes first: there may be others, for passkeys and recovery codes. */
function formTo(forms: readonly Form[], path: string): Form | undefined {
  const there = forms.filter(({ action }) => action.endsWith(path))
  return there.find(hasCode) ?? there[0]
}

function hasCode({ inputs }: Form): boolean {
  return inputs.some(({ name }) => name === 'code')
}

function stepMissing(email: string): string {
  return `${email} signs in with a second step: give the key of the authenticator app with --totp-key, run this on a terminal, which asks for the code, or give an access token. A passkey works in a browser alone.`
}

/** The key that the page shows for typing. */
function keyOn({ html, url }: Page): string {
  const key = /<code class="key">([^<]+)<\/code>/.exec(html)?.[1]
  if (key === undefined) throw new Error(`${new URL(url).pathname} shows no key for an authenticator app`)
  return key
}

function refusalOf(email: string, { html }: Page): string {
  return `Signing in as ${email} did not work: ${complaintOf(html)}`
}

function isAllow({ name, value }: { name: string; value: string }): boolean {
  return name === 'allow' || value === 'allow'
}

/** What the page announces, or else all that it says. */
function complaintOf(html: string): string {
  const [, , alert] = /<(\w+)[^>]*role="?alert"?[^>]*>([\s\S]*?)<\/\1>/.exec(html) ?? []
  return textOf(alert ?? html).slice(0, 300)
}

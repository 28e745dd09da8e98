/**
 * Signing in: a SMART app like any other.
 *
 * https://hl7.org/fhir/smart-app-launch/app-launch.html
 */

/** From `/` and from `/app` alike. */
export const fhirBase = new URL('fhir', document.baseURI).href
const redirectUri = new URL('.', document.baseURI).href

const clientId = 'chartshare-web'
/** What this page does, and nothing more. */
const scope = [
  'openid',
  'fhirUser',
  'user/Patient.rs',
  'user/Practitioner.rs',
  'user/RelatedPerson.rs',
  'user/DocumentReference.crs',
  'user/Binary.cr',
].join(' ')

/** Session storage: gone with the tab, never sent anywhere by the browser itself. */
const sessionKey = 'chartshare-session'
const pendingKey = 'chartshare-sign-in'

export function session() {
  const stored = JSON.parse(sessionStorage.getItem(sessionKey) ?? 'null')
  return stored && stored.until > Date.now() ? stored : undefined
}

export function forgetSession() {
  sessionStorage.removeItem(sessionKey)
}

/**
 * The one address that the server is known under. A server on loopback answers to each of loopback's names, but signs
 * people in under one: a page under another name moves there, and answers true.
 */
export async function movesHome() {
  const home = new URL((await discover()).issuer).origin
  if (home === location.origin) return false
  location.replace(`${home}${location.pathname}${location.hash}`)
  return true
}

/** Leaves the page for the server's log-in. */
export async function signIn() {
  if (!globalThis.crypto?.subtle) {
    throw new Error(
      'Your browser allows signing in only over https. Open this page with an address that starts with https.',
    )
  }
  const { authorization_endpoint: endpoint } = await discover()
  const pending = { state: random(), nonce: random(), verifier: random(), view: location.hash }
  sessionStorage.setItem(pendingKey, JSON.stringify(pending))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier))
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    aud: fhirBase,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  })
  location.assign(`${endpoint}?${query}`)
}

/** Finishes a sign-in when the server has just sent the browser back. */
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('code') && !answer.has('error')) return
  const pending = JSON.parse(sessionStorage.getItem(pendingKey) ?? 'null')
  sessionStorage.removeItem(pendingKey)
  // The code must not stay in the address bar or in the history.
  history.replaceState(null, '', `${location.pathname}${pending?.view ?? ''}`)
  if (answer.get('error') === 'access_denied') return
  if (answer.has('error'))
    throw new Error(`Signing in did not work: ${answer.get('error_description') ?? answer.get('error')}`)
  if (!pending || answer.get('state') !== pending.state) {
    throw new Error('This sign-in was not started here. Please sign in again.')
  }
  const discovery = await discover()
  if (answer.has('iss') && discovery.issuer && answer.get('iss') !== discovery.issuer) {
    throw new Error('The answer came from another server. Please sign in again.')
  }
  await exchange(discovery, answer.get('code'), pending)
}

async function exchange(discovery, code, pending) {
  const response = await fetch(discovery.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_id: clientId,
      code_verifier: pending.verifier,
    }),
  })
  const token = await response.json()
  if (!response.ok)
    throw new Error(`Signing in did not work: ${token.error_description ?? token.error}. Please try again.`)
  const claims = claimsOf(token.id_token)
  const isForThisApp = claims.iss === discovery.issuer && [claims.aud].flat().includes(clientId)
  if (!isForThisApp || claims.nonce !== pending.nonce) {
    throw new Error('This sign-in was not started here. Please sign in again.')
  }
  sessionStorage.setItem(
    sessionKey,
    JSON.stringify({
      accessToken: token.access_token,
      until: Date.now() + (token.expires_in ?? 300) * 1000,
      // `Patient/1`, whatever the base it is written with.
      fhirUser: claims.fhirUser?.split('/').slice(-2).join('/'),
    }),
  )
}

/** Ends the token, this tab's memory and the server's own session. */
export async function signOut() {
  const ended = session()
  forgetSession()
  const discovery = await discover()
  if (ended && discovery.revocation_endpoint) {
    const body = new URLSearchParams({ token: ended.accessToken, token_type_hint: 'access_token', client_id: clientId })
    await fetch(discovery.revocation_endpoint, { method: 'POST', body }).catch(() => undefined)
  }
  const { end_session_endpoint: endpoint } = await getJson(`${discovery.issuer}/.well-known/openid-configuration`)
  if (!endpoint) return location.assign(redirectUri)
  location.assign(`${endpoint}?${new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: redirectUri })}`)
}

function discover() {
  return getJson(`${fhirBase}/.well-known/smart-configuration`)
}

async function getJson(url) {
  const response = await fetch(url, { headers: { accept: 'application/json' } }).catch(() => undefined)
  if (!response?.ok) throw new Error('The server cannot be reached. Check the connection and try again.')
  return response.json()
}

function claimsOf(idToken) {
  const payload = atob((idToken ?? '.e30.').split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (character) => character.charCodeAt(0))))
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

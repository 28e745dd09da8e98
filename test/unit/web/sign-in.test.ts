import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { projectRoot } from '../../../src/project-root.ts'

/** The page's own sign-in, in a browser of few words: what the page kept, what came back, what the server answers. */
interface Came {
  /** In the address bar. */
  readonly answer?: Record<string, string>
  /** In the ID token. */
  readonly claims?: Record<string, unknown>
  /** What the tab kept when it left; null: it never left. */
  readonly kept?: object | null
}

const origin = 'https://chart.example'
const issuer = `${origin}/auth`
const kept = { state: 'the state', nonce: 'the nonce', verifier: 'the verifier', view: '#documents' }
const good = { iss: issuer, aud: 'chartshare-web', nonce: kept.nonce, fhirUser: `${origin}/fhir/Patient/anna` }

const file = pathToFileURL(path.join(projectRoot, 'src', 'web', 'static', 'smart.js')).href
let visits = 0

async function comeBack({ answer = {}, claims = {}, kept: before = kept }: Came) {
  const storage = new Map<string, string>()
  if (before) storage.set('chartshare-sign-in', JSON.stringify(before))
  const asked: string[] = []
  const payload = Buffer.from(JSON.stringify({ ...good, ...claims })).toString('base64url')
  const globals = {
    document: { baseURI: `${origin}/app` },
    location: {
      search: `?${new URLSearchParams({ code: 'the code', state: kept.state, iss: issuer, ...answer })}`,
      pathname: '/app',
    },
    history: { replaceState: () => undefined },
    sessionStorage: {
      getItem: (name: string) => storage.get(name) ?? null,
      setItem: (name: string, value: string) => void storage.set(name, value),
      removeItem: (name: string) => void storage.delete(name),
    },
    async fetch(url: string) {
      asked.push(url)
      return Response.json(
        url.endsWith('/token')
          ? { access_token: 'a token', id_token: `e30.${payload}.x`, expires_in: 300 }
          : { issuer, token_endpoint: `${issuer}/token` },
      )
    },
  }
  const own = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  }
  try {
    const page = (await import(`${file}?visit=${(visits += 1)}`)) as {
      finishSignIn(): Promise<void>
      session(): { accessToken: string; fhirUser: string } | undefined
    }
    const failure = await page.finishSignIn().then(
      () => undefined,
      ({ message }: Error) => message,
    )
    return { failure, session: page.session(), exchanged: asked.some((url) => url.endsWith('/token')) }
  } finally {
    for (const [name, descriptor] of own) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
}

test('the page takes the answer to the sign-in that its tab began', async () => {
  const { failure, session } = await comeBack({})
  assert.equal(failure, undefined)
  assert.equal(session?.accessToken, 'a token')
  assert.equal(session?.fhirUser, 'Patient/anna')
})

for (const [what, came] of [
  ['another state', { answer: { state: 'another' } }],
  ['a sign-in that its tab never began', { kept: null }],
  ['an answer of another server', { answer: { iss: 'https://elsewhere.example/auth' } }],
] as const) {
  test(`the page refuses ${what}, and gives the code to nobody`, async () => {
    const { failure, session, exchanged } = await comeBack(came)
    assert.match(failure ?? '', /Please sign in again/)
    assert.deepEqual([session, exchanged], [undefined, false])
  })
}

for (const [what, claims] of [
  ['another nonce', { nonce: 'another' }],
  ['no nonce', { nonce: undefined }],
  ['another app', { aud: 'another-app' }],
  ['another issuer', { iss: 'https://elsewhere.example/auth' }],
] as const) {
  test(`the page refuses an ID token for ${what}, and keeps no token`, async () => {
    const { failure, session } = await comeBack({ claims })
    assert.match(failure ?? '', /Please sign in again/)
    assert.equal(session, undefined)
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { createAuthenticator } from '../support/authenticator.ts'
import { type Browser, createBrowser, type Page } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, fhir, launch, redeem } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'
import { codeAt, passkeyOptionsOn, recoveryCodesOn, secretOn, signInHere, submitWith } from './second-step.ts'

let server: OAuthServer
let clock = Date.now()

before(async () => {
  server = await startOAuth({ secondFactorOf: 'staff', now: () => clock })
})

after(() => server.close())

const later = (seconds = 30) => (clock += seconds * 1000)
const house = (more: Record<string, string> = {}) =>
  authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, ...more })

/** Enrols an authenticator app at the first sign-in. */
async function enrolled(email: string, browser: Browser = createBrowser(server.url)) {
  const account = await server.addAccount({ email })
  const page = await signInHere(server, email, browser)
  const secret = secretOn(page)
  const codes = await submitWith(page, 'code', { code: codeAt(secret, clock) })
  const done = await codes.submit()
  later()
  return { account, secret, recovery: recoveryCodesOn(codes), done, browser }
}

const subjects = (email: string) => server.mails.filter(({ to }) => to === email).map(({ subject }) => subject)

describe('a doctor of whom a second factor is demanded', () => {
  test('adds an authenticator app at the first sign-in, keeps recovery codes, and reaches the app that asked', async () => {
    const email = 'first@example.org'
    await server.addAccount({ email })
    const browser = createBrowser(server.url)
    const request = house()
    const login = await browser.open(authorizationUrl(server, request))
    const page = await login.submit({ email, password })
    assert.equal(page.url.pathname, '/login/enrol')
    assert.match(page.html, /<svg /)
    const secret = secretOn(page)
    const wrong = await submitWith(page, 'code', { code: codeAt(secret, clock + 3_600_000) })
    assert.equal(wrong.status, 422)
    assert.equal(secretOn(wrong), secret, 'the app has scanned this picture already')
    const codes = await submitWith(wrong, 'code', { code: codeAt(secret, clock) })
    assert.equal(recoveryCodesOn(codes).length, 10)
    const consent = await codes.submit()
    assert.equal(consent.url.pathname, '/consent')
    const { body } = await redeem(server, request, await consent.submit({}, 'allow'))
    assert.equal(await fhir(server, body.access_token), 200)
    assert.deepEqual(decodeJwt(String(body.id_token))['amr'], ['pwd', 'otp', 'mfa'])
    assert.deepEqual(subjects(email), ['A second step for signing in was added'])
  })

  test('gets neither a session nor a code by the password alone', async () => {
    const { account } = await enrolled('alone@example.org')
    const browser = createBrowser(server.url)
    const page = await signInHere(server, 'alone@example.org', browser)
    assert.equal(page.url.pathname, '/login/factor')
    assert.equal((await browser.open(authorizationUrl(server, house()))).url.pathname, '/login')
    assert.equal((await browser.open('/account')).url.pathname, '/login')
    const [{ count } = { count: '' }] = await server.database.query<{ count: string }>(
      `select count(*)::text as count from oidc_payload where account_id = $1 and model = 'Session'`,
      [account.accountId],
    )
    assert.equal(count, '1', 'the session of the enrolment, and no other')
  })

  test('is not asked when he is a patient, unless he has a second factor of his own will', async () => {
    await server.addAccount({ email: 'patient@example.org', type: 'Patient' })
    const browser = createBrowser(server.url)
    assert.equal((await signInHere(server, 'patient@example.org', browser)).url.pathname, '/')
    const add = await browser.open('/account/factor')
    const codes = await submitWith(add, 'code', { code: codeAt(secretOn(add), clock), name: 'My phone' })
    assert.equal(recoveryCodesOn(codes).length, 10)
    assert.match((await browser.open('/account')).html, /My phone/)
    assert.equal((await signInHere(server, 'patient@example.org')).url.pathname, '/login/factor')
  })

  test('who knows the password and kept an old page cannot add a factor beside the first one', async () => {
    const email = 'race@example.org'
    await server.addAccount({ email })
    const thief = await signInHere(server, email)
    const owner = await signInHere(server, email)
    await submitWith(owner, 'code', { code: codeAt(secretOn(owner), clock) })
    const late = await submitWith(thief, 'code', { code: codeAt(secretOn(thief), clock) })
    assert.equal(late.status, 400)
    const rows = await server.database.query(
      `select from oauth_factor f join oauth_account a on a.id = f.account_id where a.email = $1`,
      [email],
    )
    assert.equal(rows.length, 1)
  })
})

describe('a code', () => {
  test('of the app lets in once: not again in the same thirty seconds, and not an earlier one afterwards', async () => {
    const { secret } = await enrolled('once@example.org')
    const code = codeAt(secret, clock)
    const first = await signInHere(server, 'once@example.org')
    const second = await signInHere(server, 'once@example.org')
    assert.equal((await submitWith(first, 'code', { code })).url.pathname, '/')
    assert.equal((await submitWith(second, 'code', { code })).status, 401)
    assert.equal((await submitWith(second, 'code', { code: codeAt(secret, clock - 30_000) })).status, 401)
    assert.equal((await submitWith(second, 'code', { code: codeAt(secret, clock + 30_000) })).url.pathname, '/')
    later(60)
  })

  test('sent by twenty at the same time lets one in', async () => {
    const { secret } = await enrolled('twenty@example.org')
    const pages = await Promise.all(Array.from({ length: 20 }, () => signInHere(server, 'twenty@example.org')))
    const code = codeAt(secret, clock)
    const answers = await Promise.all(pages.map((page) => submitWith(page, 'code', { code })))
    assert.equal(answers.filter(({ url }) => url.pathname === '/').length, 1)
    assert.equal(answers.filter(({ status }) => status === 401).length, 19)
  })

  test('of another person, of the wrong length or of letters is refused alike', async () => {
    const other = await enrolled('other@example.org')
    await enrolled('mine@example.org')
    const page = await signInHere(server, 'mine@example.org')
    for (const code of [codeAt(other.secret, clock), '', '12345', '1234567', 'abcdef', '١٢٣٤٥٦']) {
      const answer = await submitWith(page, 'code', { code })
      assert.equal(answer.status, 401, code)
      assert.match(answer.html, /This code is not right, or it was used before/)
    }
  })

  test('for recovery lets in once, typed as people type, and says by mail how many are left', async () => {
    const { recovery } = await enrolled('paper@example.org')
    const typed = ` ${recovery[3]!.toLowerCase().replaceAll('-', ' ')} `
    const first = await signInHere(server, 'paper@example.org')
    assert.equal((await submitWith(first, 'recovery', { recovery: typed })).url.pathname, '/')
    const again = await signInHere(server, 'paper@example.org')
    assert.equal((await submitWith(again, 'recovery', { recovery: recovery[3]! })).status, 401)
    const mail = server.mails.findLast(({ to }) => to === 'paper@example.org')
    assert.match(mail!.text, /9 of them are left/)
    const stranger = await enrolled('stranger@example.org')
    assert.equal((await submitWith(again, 'recovery', { recovery: stranger.recovery[0]! })).status, 401)
  })

  test('and the secret behind it stand in no table and no audit row', async () => {
    const { secret, recovery } = await enrolled('hidden@example.org')
    for (const table of ['oauth_factor', 'oauth_recovery_code', 'oauth_sign_in', 'audit']) {
      const rows = await server.database.query<{ line: string }>(`select t::text as line from ${table} t`)
      assert.ok(rows.length > 0 || table === 'oauth_sign_in')
      const hex = Buffer.from(secret).toString('hex')
      for (const hidden of [secret, hex, ...recovery]) {
        assert.ok(!rows.some(({ line }) => line.includes(hidden)), table)
      }
    }
  })
})

describe('a passkey', () => {
  async function withPasskey(email: string) {
    const account = await server.addAccount({ email })
    const key = createAuthenticator(server.url)
    const page = await signInHere(server, email)
    const codes = await submitWith(page, 'passkey', { passkey: key.create(passkeyOptionsOn(page)) })
    return { account, key, codes, done: await codes.submit() }
  }
  const answer = (page: Page, passkey: string) => submitWith(page, 'passkey', { passkey })

  test('is added at the first sign-in and lets in at the next', async () => {
    const { key, codes, done } = await withPasskey('key@example.org')
    assert.equal(recoveryCodesOn(codes).length, 10)
    assert.equal(done.url.pathname, '/')
    const browser = createBrowser(server.url)
    const request = house()
    const login = await browser.open(authorizationUrl(server, request))
    const page = await login.submit({ email: 'key@example.org', password })
    const consent = await answer(page, key.get(passkeyOptionsOn(page)))
    const { body } = await redeem(server, request, await consent.submit({}, 'allow'))
    assert.deepEqual(decodeJwt(String(body.id_token))['amr'], ['pwd', 'pop', 'mfa'])
  })

  test('answers one challenge once, and only the one that this page asked', async () => {
    const { key } = await withPasskey('challenge@example.org')
    const page = await signInHere(server, 'challenge@example.org')
    const other = await signInHere(server, 'challenge@example.org')
    const proof = key.get(passkeyOptionsOn(page))
    assert.equal((await answer(other, proof)).status, 401)
    assert.equal((await answer(page, proof)).url.pathname, '/')
    const third = await signInHere(server, 'challenge@example.org')
    assert.equal((await answer(third, proof)).status, 401)
  })

  test('that is a copy, another person’s, made for another site, or no JSON at all is refused', async () => {
    const { key } = await withPasskey('copy@example.org')
    const other = await withPasskey('else@example.org')
    const first = await signInHere(server, 'copy@example.org')
    await answer(first, key.get(passkeyOptionsOn(first)))
    let page = await signInHere(server, 'copy@example.org')
    const refused = [
      (asked: { challenge: string }) => key.get(asked, { counts: false }),
      (asked: { challenge: string }) => other.key.get(asked),
      (asked: { challenge: string }) => createAuthenticator('https://evil.example').get(asked),
      (asked: { challenge: string }) => key.get(asked).replace(/"signature":"..../, '"signature":"AAAA'),
      () => '{"id":',
      () => '[]',
      () => 'null',
      () => '{"id":{},"response":7}',
    ]
    for (const attempt of refused) {
      page = await answer(page, attempt(passkeyOptionsOn(page)))
      assert.equal(page.status, 401)
    }
    assert.equal((await answer(page, key.get(passkeyOptionsOn(page)))).url.pathname, '/')
  })

  test('that belongs to somebody already is not taken for a second person', async () => {
    const { key } = await withPasskey('owner@example.org')
    await server.addAccount({ email: 'second@example.org' })
    const page = await signInHere(server, 'second@example.org')
    const refused = await submitWith(page, 'passkey', { passkey: key.create(passkeyOptionsOn(page)) })
    assert.equal(refused.status, 422)
  })

  test('is served by a script of our own: none stands in a page', async () => {
    await withPasskey('policy@example.org')
    const page = await signInHere(server, 'policy@example.org')
    assert.match(
      page.headers.get('content-security-policy')!,
      /default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    assert.deepEqual(
      [...page.html.matchAll(/<script[^>]*>[^<]*/g)].map(([tag]) => tag),
      ['<script src="/auth/passkey.js" defer>'],
    )
    const script = await fetch(`${server.url}/auth/passkey.js`)
    assert.match(script.headers.get('content-type')!, /^text\/javascript/)
    assert.equal(script.headers.get('x-content-type-options'), 'nosniff')
  })
})

describe('the account page', () => {
  test('lists second factors, adds another, names it, and removes it, each told by mail', async () => {
    const email = 'care@example.org'
    const { browser } = await enrolled(email)
    const key = createAuthenticator(server.url)
    const add = await browser.open('/account/factor')
    const back = await submitWith(add, 'passkey', { passkey: key.create(passkeyOptionsOn(add)), name: 'Ring <1>' })
    assert.equal(back.url.pathname, '/account')
    assert.match(back.html, /Ring &lt;1&gt;/)
    assert.match(back.html, /10 are left/)
    const rename = back.forms.findLastIndex(({ action }) => action.endsWith('/account/factor/rename'))
    const renamed = await back.submit({ name: 'Blue key' }, undefined, rename)
    assert.match(renamed.html, /Blue key/)
    const remove = renamed.forms.findLastIndex(({ action }) => action.endsWith('/account/factor/remove'))
    const removed = await renamed.submit({}, undefined, remove)
    assert.doesNotMatch(removed.html, /Blue key/)
    const last = await removed.submit(
      {},
      undefined,
      removed.forms.findIndex(({ action }) => action.endsWith('/remove')),
    )
    assert.equal(last.status, 422)
    assert.match(last.html, /Add another first/)
    assert.deepEqual(subjects(email), [
      'A second step for signing in was added',
      'A second step for signing in was added',
      'A second step for signing in was removed',
    ])
  })

  test('makes new recovery codes, and the old ones are dead', async () => {
    const { browser, recovery } = await enrolled('renew@example.org')
    const page = await browser.open('/account')
    const index = page.forms.findIndex(({ action }) => action.endsWith('/account/recovery-codes'))
    const fresh = recoveryCodesOn(await page.submit({}, undefined, index))
    assert.equal(fresh.length, 10)
    const next = await signInHere(server, 'renew@example.org')
    assert.equal((await submitWith(next, 'recovery', { recovery: recovery[0]! })).status, 401)
    assert.equal((await submitWith(next, 'recovery', { recovery: fresh[0]! })).url.pathname, '/')
  })

  test('shows nobody else’s factors, and changes none of them', async () => {
    const victim = await enrolled('victim@example.org')
    const { browser } = await enrolled('mallory@example.org')
    const [row] = await server.database.query<{ id: string }>(`select id from oauth_factor where account_id = $1`, [
      victim.account.accountId,
    ])
    for (const path of ['rename', 'remove']) {
      const page = await browser.open('/account')
      const index = page.forms.findIndex(({ action }) => action.endsWith(path))
      const answer = await page.submit({ id: row!.id, name: 'Stolen' }, undefined, index)
      assert.equal(answer.status, 404)
    }
    const left = await server.database.query(`select from oauth_factor where id = $1 and name <> 'Stolen'`, [row!.id])
    assert.equal(left.length, 1)
  })

  test('changes nothing for a sign-in that is older than a quarter of an hour', async () => {
    const { browser, account } = await enrolled('old@example.org')
    await server.database.query(
      `update oidc_payload set payload = jsonb_set(payload, '{loginTs}', to_jsonb((payload ->> 'loginTs')::int - 901))
       where model = 'Session' and account_id = $1`,
      [account.accountId],
    )
    assert.equal((await browser.open('/account')).url.pathname, '/account')
    assert.equal((await browser.open('/account/factor')).url.pathname, '/login')
    const page = await browser.open('/account')
    const index = page.forms.findIndex(({ action }) => action.endsWith('/remove'))
    const asked = await page.submit({}, undefined, index)
    assert.equal(asked.url.href, `${server.url}/login?to=account`)
    assert.match(asked.html, /please sign in once more/)
  })

  test('takes no form from another site', async () => {
    const { browser } = await enrolled('csrf@example.org')
    const answer = await browser.request(new URL('/account/recovery-codes', server.url), {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    })
    assert.equal(answer.status, 403)
  })
})

describe('what was lost', () => {
  test('is reset by an administrator: sessions, tokens, factors and recovery codes are gone, and a mail says so', async () => {
    const email = 'lost@example.org'
    const { account, secret, browser } = await enrolled(email)
    const { body } = await launch(server, { email }, {}, browser)
    const waiting = await signInHere(server, email)
    const removed = await server.store.transaction((tx) => server.oauth.resetSecondFactor(tx, account))
    assert.equal(removed, 1)
    assert.equal(await fhir(server, body.access_token), 401)
    assert.equal((await browser.open('/account')).url.pathname, '/login')
    assert.equal((await submitWith(waiting, 'code', { code: codeAt(secret, clock) })).status, 400)
    assert.equal((await signInHere(server, email)).url.pathname, '/login/enrol')
    assert.match(subjects(email).at(-1)!, /was reset/)
  })
})

test('a session from before a second factor was demanded leads to no code and no page of the account', async () => {
  const { account, browser } = await enrolled('before@example.org')
  await server.database.query(
    `update oidc_payload set payload = jsonb_set(payload, '{amr}', '["pwd"]') where model = 'Session' and account_id = $1`,
    [account.accountId],
  )
  assert.equal((await browser.open(authorizationUrl(server, house()))).url.pathname, '/login')
  assert.equal((await browser.open('/account')).url.pathname, '/login')
  const silent = await browser.open(authorizationUrl(server, house({ prompt: 'none' })))
  assert.equal(silent.url.searchParams.get('error'), 'login_required')
})

test('every step leaves its row in the audit trail', async () => {
  const { account } = await enrolled('audit@example.org')
  const page = await signInHere(server, 'audit@example.org')
  await submitWith(page, 'code', { code: '000000' })
  const rows = await server.database.query<{ line: string }>(
    `select interaction || ' ' || outcome as line from audit where account_id = $1 order by n`,
    [account.accountId],
  )
  assert.deepEqual(
    rows.map(({ line }) => line),
    ['login-begin success', 'factor-add success', 'login success', 'login-begin success', 'login refused'],
  )
})

test('guessing codes is slowed down for the account, whatever the browser, and never for good', async () => {
  const slow = await startOAuth({ secondFactorOf: 'staff', now: () => clock, rateScale: 1 })
  try {
    await slow.addAccount({ email: 'guess@example.org' })
    const enrol = await signInHere(slow, 'guess@example.org')
    const secret = secretOn(enrol)
    await (await submitWith(enrol, 'code', { code: codeAt(secret, clock) })).submit()
    later()
    const pages = await Promise.all(Array.from({ length: 3 }, () => signInHere(slow, 'guess@example.org')))
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) {
      const { status } = await submitWith(pages[n % 3]!, 'code', { code: String(100_000 + n) })
      statuses.push(status)
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
    await slow.database.query('update oauth_throttle set blocked_until = now()')
    assert.equal((await submitWith(pages[0]!, 'code', { code: codeAt(secret, clock) })).url.pathname, '/')
  } finally {
    await slow.close()
  }
})

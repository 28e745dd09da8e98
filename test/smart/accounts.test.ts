import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser, type Page } from '../support/browser.ts'
import { authorizationRequest, authorize, fhir, launch, token } from './app.ts'
import { type Message, type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

const doctor = (email: string) => ({ given: 'Dora', family: 'Berg', licence: 'L-4711', email, password })
const post = (path: string, body: unknown) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

function mailTo(address: string): Message {
  const message = server.mails.findLast(({ to }) => to === address)
  assert.ok(message, `a mail to ${address}`)
  return message
}

function linkIn({ text }: Message): URL {
  const link = /^https?:\/\/\S+\?code=\S+$/m.exec(text)?.[0]
  assert.ok(link, text)
  assert.ok(link.startsWith(`${server.url}/`))
  return new URL(link)
}

async function house(email: string, given = password): Promise<Page> {
  const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
  return authorize(server, request, { email, password: given })
}

async function personOf(email: string) {
  const [row] = await server.database.query<{ person_id: string; person_rid: bigint }>(
    'select person_id, person_rid from oauth_account where email = $1',
    [email],
  )
  return { type: 'Practitioner' as const, id: row!.person_id, rid: row!.person_rid }
}

describe('a doctor', () => {
  test('registers with forms alone, confirms the address, waits for approval, and is let in within a request', async () => {
    const email = 'dora@example.org'
    const form = await createBrowser(server.url).open('/register')
    assert.equal(form.status, 200)
    const done = await form.submit(doctor(email))
    assert.equal(done.status, 202)
    const unverified = await house(email)
    assert.equal(unverified.status, 403)
    assert.match(unverified.html, /confirm your address/i)

    const confirm = await createBrowser(server.url).open(linkIn(mailTo(email)))
    assert.equal(confirm.status, 200)
    const confirmed = await confirm.submit()
    assert.match(confirmed.html, /awaiting approval/)
    const pending = await house(email)
    assert.equal(pending.status, 403)
    assert.match(pending.html, /awaiting approval/i)
    assert.equal(pending.left, false)

    await server.setActive(await personOf(email), true)
    const { body } = await launch(server, { email })
    assert.equal(await fhir(server, body.access_token), 200)
    const principal = await server.oauth.principalOf(body.access_token)
    assert.deepEqual(principal?.roles, ['practitioner'])
  })

  test('confirms only once, and only with a link that was sent', async () => {
    await post('/register', doctor('once@example.org'))
    const code = linkIn(mailTo('once@example.org')).searchParams.get('code')
    assert.equal((await post('/verify', { code })).status, 200)
    assert.equal((await post('/verify', { code })).status, 410)
    assert.equal((await post('/verify', { code: 'made-up' })).status, 422)
  })

  test('leaves no health record before the address is confirmed', async () => {
    const count = async () => (await server.database.query('select from practitioner_v')).length
    const before = await count()
    await post('/register', doctor('quiet@example.org'))
    assert.equal(await count(), before)
    await post('/verify', { code: linkIn(mailTo('quiet@example.org')).searchParams.get('code') })
    assert.equal(await count(), before + 1)
  })

  test('who registers again before confirming begins anew: the first link is dead', async () => {
    const email = 'again@example.org'
    await post('/register', doctor(email))
    const first = linkIn(mailTo(email)).searchParams.get('code')
    await post('/register', { ...doctor(email), password: 'another lantern entirely' })
    assert.equal((await post('/verify', { code: first })).status, 422)
    assert.equal((await post('/verify', { code: linkIn(mailTo(email)).searchParams.get('code') })).status, 200)
    await server.setActive(await personOf(email), true)
    assert.equal((await house(email)).status, 401)
    assert.ok((await house(email, 'another lantern entirely')).url.searchParams.get('code'))
  })
})

describe('a registration', () => {
  test('answers alike for a known and an unknown address, with the same work', async () => {
    await server.addAccount({ email: 'known@example.org' })
    const answers = []
    for (const email of ['known@example.org', 'unknown@example.org', 'KNOWN@example.org']) {
      const [trips, mails] = [server.database.roundTrips(), server.mails.length]
      const response = await post('/register', doctor(email))
      const { date: _date, ...headers } = Object.fromEntries(response.headers)
      answers.push({
        status: response.status,
        headers,
        text: await response.text(),
        trips: server.database.roundTrips() - trips,
        mails: server.mails.length - mails,
      })
    }
    assert.equal(answers[0]!.status, 202)
    assert.equal(answers[0]!.mails, 1)
    assert.deepEqual(answers[1], answers[0])
    assert.deepEqual(answers[2], answers[0])
    assert.match(mailTo('KNOWN@example.org').subject, /already have an account/)
    assert.doesNotMatch(mailTo('KNOWN@example.org').text, /code=/)
  })

  test('changes nothing for the account that has the address', async () => {
    await server.addAccount({ email: 'safe@example.org' })
    await post('/register', { ...doctor('safe@example.org'), password: 'an intruder with a lantern' })
    assert.equal((await house('safe@example.org', 'an intruder with a lantern')).status, 401)
    assert.ok((await house('safe@example.org')).url.searchParams.get('code'))
  })

  test('with a broken body answers 400, with another type 415, with a bad field 422 and leaves nothing', async () => {
    assert.equal((await post('/register', '{"given":')).status, 400)
    assert.equal((await post('/register', '[]')).status, 400)
    const text = await fetch(`${server.url}/register`, {
      method: 'POST',
      body: 'given=x',
      headers: { 'content-type': 'text/plain' },
    })
    assert.equal(text.status, 415)
    const good = doctor('fields@example.org')
    for (const wrong of [
      { email: 'no-address' },
      { email: '' },
      { given: '' },
      { family: 7 },
      { licence: '' },
      { role: 'admin' },
      { password: 'too short' },
      { password: 'password1234' },
      { password: 'aaaaaaaaaaaaaaaa' },
      { password: 'fields@example.org' },
    ]) {
      const response = await post('/register', { ...good, ...wrong })
      assert.equal(response.status, 422, JSON.stringify(wrong))
      const { fields } = (await response.json()) as { fields: Record<string, string> }
      assert.deepEqual(Object.keys(fields), Object.keys(wrong))
    }
    assert.equal(
      (await server.database.query(`select from oauth_account where email = 'fields@example.org'`)).length,
      0,
    )
  })

  test('by form shows what is wrong beside the field, keeps the rest, and never shows the password again', async () => {
    const form = await createBrowser(server.url).open('/register')
    const again = await form.submit({ ...doctor('x'), given: '<b>Dora</b>', password: 'short' })
    assert.equal(again.status, 422)
    assert.match(again.html, /id="email-problem"/)
    assert.match(again.html, /value="&lt;b&gt;Dora&lt;\/b&gt;"/)
    assert.doesNotMatch(again.html, /value="short"/)
  })

  test('of more than 56 KiB is refused', async () => {
    assert.equal((await post('/register', { ...doctor('big@example.org'), given: 'x'.repeat(60_000) })).status, 413)
  })
})

describe('pages', () => {
  test('may not be framed, cached, or load and send anything elsewhere, and need no script', async () => {
    for (const path of ['/register', '/login', '/forgot', '/activate', '/status', '/verify?code=x']) {
      const response = await fetch(`${server.url}${path}`, { headers: { accept: 'text/html' } })
      assert.equal(response.status, 200, path)
      const policy = response.headers.get('content-security-policy')!
      for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
        assert.ok(policy.includes(part), `${path}: ${policy}`)
      }
      assert.equal(response.headers.get('cache-control'), 'no-store')
      const html = await response.text()
      assert.doesNotMatch(html, /<script/)
      assert.match(html, /<html lang="en">/)
    }
  })
})

describe('signing in', () => {
  test('tells a wrong password and an unknown address alike, with the same work', async () => {
    await server.addAccount({ email: 'login@example.org' })
    const answers = []
    for (const email of ['login@example.org', 'nobody@example.org']) {
      const form = await createBrowser(server.url).open('/login')
      const trips = server.database.roundTrips()
      const page = await form.submit({ email, password: 'a wrong guess altogether' })
      answers.push({
        status: page.status,
        html: page.html.replaceAll(email, ''),
        trips: server.database.roundTrips() - trips,
      })
    }
    assert.equal(answers[0]!.status, 401)
    assert.deepEqual(answers[1], answers[0])
  })

  test('without an app leads to the start page, signed in', async () => {
    await server.addAccount({ email: 'start@example.org' })
    const browser = createBrowser(server.url)
    const page = await (await browser.open('/login')).submit({ email: 'start@example.org', password })
    assert.equal(page.url.href, `${server.url}/`)
    const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
    const consent = await browser.open(`/auth/auth?${new URLSearchParams(request.parameters).toString()}`)
    assert.equal(consent.url.pathname, '/consent')
  })

  test('leaves a row in the audit trail, when it fails too', async () => {
    await server.addAccount({ email: 'trail@example.org' })
    await house('trail@example.org', 'a wrong guess altogether')
    await house('trail@example.org')
    const rows = await server.database.query<{ outcome: string }>(
      `select outcome from audit where interaction = 'login' order by n desc limit 2`,
    )
    assert.deepEqual(
      rows.map(({ outcome }) => outcome),
      ['success', 'refused'],
    )
  })

  test('in two tabs works in both', async () => {
    await server.addAccount({ email: 'tabs@example.org' })
    const browser = createBrowser(server.url)
    const url = () => {
      const { parameters } = authorizationRequest(server, {
        client_id: 'chartshare-web',
        redirect_uri: `${server.url}/app`,
      })
      return `/auth/auth?${new URLSearchParams(parameters).toString()}`
    }
    const one = await browser.open(url())
    const two = await browser.open(url())
    for (const tab of [one, two]) {
      const consent = await tab.submit({ email: 'tabs@example.org', password })
      assert.equal(consent.url.pathname, '/consent', consent.html)
      const done = await consent.submit({}, 'allow')
      assert.ok(done.url.searchParams.get('code'), done.html)
    }
  })

  test('with max_age, a hint or prompt asks for the password again', async () => {
    await server.addAccount({ email: 'prompt@example.org' })
    const browser = createBrowser(server.url)
    await launch(server, { email: 'prompt@example.org' }, {}, browser)
    const { body } = await launch(server, { email: 'prompt@example.org' }, { prompt: 'login' }, browser)
    assert.ok(body.access_token)
    const request = authorizationRequest(server, {
      client_id: 'chartshare-web',
      redirect_uri: `${server.url}/app`,
      prompt: 'none',
    })
    const silent = await authorize(server, request, { email: 'prompt@example.org' }, createBrowser(server.url))
    assert.equal(silent.url.searchParams.get('error'), 'login_required')
  })
})

describe('a forgotten password', () => {
  test('is replaced through a link that works once, and everything that was signed in is signed out', async () => {
    const email = 'forgot@example.org'
    await server.addAccount({ email })
    const browser = createBrowser(server.url)
    const { body } = await launch(server, { email }, { scope: 'openid offline_access user/*.rs' }, browser)
    const asked = await (await createBrowser(server.url).open('/forgot')).submit({ email })
    assert.equal(asked.status, 202)
    const mail = mailTo(email)
    assert.doesNotMatch(mail.text, /lantern/)
    const form = await createBrowser(server.url).open(linkIn(mail))
    assert.equal(form.forms[0]!.controls.filter(({ type }) => type === 'password').length, 2)
    const differ = await form.submit({ password: 'a brand new lantern', password2: 'a brand old lantern' })
    assert.equal(differ.status, 422)
    const done = await form.submit({ password: 'a brand new lantern', password2: 'a brand new lantern' })
    assert.equal(done.status, 200)
    assert.match(mailTo(email).subject, /was changed/)

    assert.equal(await fhir(server, body.access_token), 401)
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'chartshare-web' }
    assert.equal((await token(server, refresh)).status, 400)
    const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
    assert.equal(
      (await browser.open(`/auth/auth?${new URLSearchParams(request.parameters).toString()}`)).url.pathname,
      '/login',
    )
    assert.equal((await house(email)).status, 401)
    assert.ok((await house(email, 'a brand new lantern')).url.searchParams.get('code'))
    assert.equal((await createBrowser(server.url).open(linkIn(mail))).status, 410)
  })

  test('answers alike for every address, with the same statements and in the same time', async () => {
    await server.addAccount({ email: 'there@example.org' })
    const answers = []
    for (const email of ['there@example.org', 'not-there@example.org']) {
      const [trips, started] = [server.database.roundTrips(), Date.now()]
      const response = await post('/forgot', { email })
      answers.push({
        status: response.status,
        text: await response.text(),
        trips: server.database.roundTrips() - trips,
      })
      assert.ok(Date.now() - started >= 290)
    }
    assert.equal(answers[0]!.status, 202)
    assert.deepEqual(answers[1], answers[0])
    assert.equal(
      server.mails.some(({ to }) => to === 'not-there@example.org'),
      false,
    )
  })

  test('sends the confirmation again to who never confirmed the address', async () => {
    await post('/register', doctor('late@example.org'))
    await post('/forgot', { email: 'late@example.org' })
    assert.equal(linkIn(mailTo('late@example.org')).pathname, '/verify')
  })

  test('links stay on the public host, whatever the Host header says', async () => {
    await server.addAccount({ email: 'host@example.org' })
    await fetch(`${server.url}/forgot`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-host': 'evil.example' },
      body: JSON.stringify({ email: 'host@example.org' }),
    })
    assert.equal(linkIn(mailTo('host@example.org')).origin, server.url)
  })
})

test('a pending doctor sees his state after signing in there, and sends what proves his identity', async () => {
  await server.addAccount({ email: 'status@example.org', active: false })
  const browser = createBrowser(server.url)
  const state = await (await browser.open('/status')).submit({ email: 'status@example.org', password })
  assert.match(state.html, /awaiting approval/)
  const form = new FormData()
  form.set('note', 'My licence is attached.')
  form.set('file', new File(['%PDF-1.7'], 'licence.pdf', { type: 'application/pdf' }))
  const sent = await browser.request(new URL('/status/evidence', server.url), { method: 'POST', body: form })
  assert.equal(sent.status, 200)
  const [given] = server.evidence as { note: string; file: { name: string; contentType: string; bytes: Buffer } }[]
  assert.equal(given?.note, 'My licence is attached.')
  assert.deepEqual(
    { ...given?.file, bytes: given?.file.bytes.toString() },
    { name: 'licence.pdf', contentType: 'application/pdf', bytes: '%PDF-1.7' },
  )
  const wrong = new FormData()
  wrong.set('file', new File(['MZ'], 'licence.exe', { type: 'application/x-msdownload' }))
  assert.equal(
    (await browser.request(new URL('/status/evidence', server.url), { method: 'POST', body: wrong })).status,
    415,
  )
  const stranger = await createBrowser(server.url).request(new URL('/status/evidence', server.url), {
    method: 'POST',
    body: form,
  })
  assert.equal(stranger.status, 401)
})

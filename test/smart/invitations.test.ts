import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { FhirError } from '../../src/fhir/error.ts'
import { authorizationRequest, authorize, launch } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

const anna = () => ({ type: 'Patient', id: 'anna', rid: server.keys.ridOf('Patient', 'anna') }) as const
const ben = () => ({ type: 'Patient', id: 'ben', rid: server.keys.ridOf('Patient', 'ben') }) as const

const invite = (person: Parameters<OAuthServer['oauth']['issueInvitation']>[1]) =>
  server.store.transaction((tx) => server.oauth.issueInvitation(tx, person))

const activate = (body: object) =>
  fetch(`${server.url}/activate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

function codeFor(address: string): string {
  const message = server.mails.findLast(({ to }) => to === address)
  return /\?code=(\S+)/.exec(message?.text ?? '')![1]!
}

const verify = (code: string) =>
  fetch(`${server.url}/verify`, {
    method: 'POST',
    body: new URLSearchParams({ code }),
    headers: { accept: 'text/html' },
  })

describe('an invited patient', () => {
  test('makes an account with the code from paper, confirms the address, and signs in to the own record', async () => {
    const { code, expires } = await invite(anna())
    assert.match(code, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/)
    assert.ok(expires.getTime() > Date.now() + 13 * 86_400_000)
    const form = await createBrowser(server.url).open('/activate')
    const typed = code.toLowerCase().replaceAll('-', ' ')
    const done = await form.submit({ code: typed, birthdate: '1980-02-03', email: 'anna@example.org', password })
    assert.equal(done.status, 202)
    const request = authorizationRequest(server, { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` })
    assert.equal((await authorize(server, request, { email: 'anna@example.org' })).status, 403)
    assert.equal((await verify(codeFor('anna@example.org'))).status, 200)
    const { body } = await launch(
      server,
      { email: 'anna@example.org' },
      { scope: 'openid fhirUser launch/patient patient/*.rs' },
    )
    assert.equal(body.patient, 'anna')
    const principal = await server.oauth.principalOf(body.access_token)
    assert.deepEqual(principal?.roles, ['patient'])
    assert.deepEqual(principal?.person, anna())
    assert.equal((await activate({ code, birthdate: '1980-02-03', email: 'second@example.org', password })).status, 410)
    await assert.rejects(invite(anna()), (error) => error instanceof FhirError && error.status === 409)
  })

  test('needs the right date of birth, and has five tries', async () => {
    const { code } = await invite(ben())
    const good = { code, birthdate: '1975-06-07', email: 'ben@example.org', password }
    for (let tries = 0; tries < 5; tries++)
      assert.equal((await activate({ ...good, birthdate: '1999-09-09' })).status, 422)
    assert.equal((await activate(good)).status, 410)
    assert.equal((await activate({ ...good, code: 'AAAA-BBBB-CCCC-DDDD' })).status, 422)
    assert.equal((await activate({ ...good, code: '' })).status, 422)
  })

  test('has one code that works: a new one ends the old', async () => {
    const first = await invite(ben())
    const second = await invite(ben())
    const good = { birthdate: '1975-06-07', email: 'ben@example.org', password }
    assert.equal((await activate({ ...good, code: first.code })).status, 410)
    assert.equal((await activate({ ...good, code: second.code })).status, 202)
    const third = await invite(ben())
    assert.equal((await activate({ ...good, code: third.code, email: 'ben2@example.org' })).status, 202)
    const accounts = await server.database.query(`select from oauth_account where person_id = 'ben'`)
    assert.equal(accounts.length, 1)
  })

  test('of 10 parallel uses of one code one makes an account', async () => {
    const { code } = await invite(ben())
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        activate({ code, birthdate: '1975-06-07', email: `race${n}@example.org`, password }),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 202).length, 1)
    assert.ok(answers.every(({ status }) => status === 202 || status === 410))
  })

  test('cannot take over another account, and is not told whose address it is', async () => {
    await server.addAccount({ email: 'taken@example.org' })
    const { code } = await invite(ben())
    const good = { code, birthdate: '1975-06-07', email: 'taken@example.org', password: 'quite another lantern' }
    assert.equal((await activate(good)).status, 202)
    assert.match(server.mails.at(-1)!.subject, /already have an account/)
    const { body } = await launch(server, { email: 'taken@example.org' })
    assert.equal((await server.oauth.principalOf(body.access_token))?.person?.type, 'Practitioner')
    assert.equal((await activate({ ...good, email: 'free@example.org' })).status, 202)
  })
})

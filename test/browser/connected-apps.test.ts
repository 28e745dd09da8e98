import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { signIn } from '../../src/commands/sign-in.ts'
import { launch, register } from '../smart/app.ts'
import { openChromium, withoutChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

const person = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }

describe('connected apps on the account page, in a browser', { skip: withoutChromium }, () => {
  let server: TestServer
  let browser: Browser

  before(async () => {
    server = await startServer({ ADMIN_EMAIL: person.email, ADMIN_PASSWORD: person.password })
    browser = await openChromium()
  })

  after(async () => {
    await browser?.close()
    await server?.close()
  })

  test('an app is found by its name, says what it may do, and is disconnected with the keyboard alone', async () => {
    const at = { url: server.url, fhir: server.base }
    const office = await signIn(server.url, person)
    const redirect = 'https://app.example/callback'
    const metadata = { client_name: 'Blood sugar diary', redirect_uris: [redirect], token_endpoint_auth_method: 'none' }
    const { client_id } = (await register(at as never, metadata, await office.token())).body
    const scope = 'openid fhirUser offline_access user/Observation.rs user/Patient.r'
    const { body } = await launch(at, person, { client_id, redirect_uri: redirect, scope })

    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${server.url}/login?to=account`)
    await page.getByLabel('E-mail address').fill(person.email)
    await page.getByLabel('Password').fill(person.password)
    await page.getByLabel('Password').press('Enter')
    await page.getByRole('heading', { name: 'Connected apps' }).waitFor()
    const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Blood sugar diary' }) })
    for (const words of ['Read and search results and measurements', 'Find your own record', 'connected since']) {
      assert.equal(await card.getByText(words).first().isVisible(), true, words)
    }
    await page.getByRole('button', { name: 'Disconnect Blood sugar diary' }).press('Enter')
    await page.getByRole('status').filter({ hasText: 'The app is disconnected.' }).waitFor()
    assert.equal(await page.getByRole('heading', { name: 'Blood sugar diary' }).count(), 0)
    const answer = await fetch(`${server.base}/Observation`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    })
    assert.equal(answer.status, 401)
    await context.close()
  })
})

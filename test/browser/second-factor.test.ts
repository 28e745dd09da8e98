import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openChromium, withoutChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { codeAt } from '../smart/second-step.ts'

const administrator = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }

describe('the second step of signing in, in a browser', { skip: withoutChromium }, () => {
  let server: TestServer
  let browser: Browser
  const complaints: string[] = []

  before(async () => {
    server = await startServer({
      ...{ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password, REQUIRE_SECOND_FACTOR: 'staff' },
    })
    browser = await openChromium()
  })

  after(async () => {
    await browser?.close()
    await server?.close()
  })

  /** A page whose machine has a fingerprint reader that always recognises the finger. */
  async function openPage(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    return page
  }

  /** From the web app's button through the password, by keyboard. */
  async function password(page: Page): Promise<void> {
    await page.goto(`${server.url}/`)
    await page.getByRole('button', { name: 'Sign in' }).press('Enter')
    await page.getByLabel('E-mail address').fill(administrator.email)
    await page.getByLabel('Password').fill(administrator.password)
    await page.getByLabel('Password').press('Enter')
  }

  async function consent(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'My documents' }).waitFor()
  }

  test('an administrator adds a passkey at the first sign-in, and signs in with it at the next', async () => {
    const context = await browser.newContext()
    const page = await openPage(context)
    await password(page)
    await page.getByRole('heading', { name: 'Add a second step for signing in' }).waitFor()
    await page.getByRole('button', { name: 'Use a passkey' }).press('Enter')
    await page.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
    assert.equal(await page.locator('.codes li').count(), 10)
    await page.getByRole('button', { name: 'I have them, go on' }).press('Enter')
    await consent(page)

    await context.clearCookies()
    await page.evaluate('sessionStorage.clear()')
    await password(page)
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await page.getByRole('button', { name: 'Use your passkey' }).press('Enter')
    await consent(page)

    await page.goto(`${server.url}/account`)
    await page.locator('p', { hasText: 'Passkey' }).filter({ hasText: 'last used' }).waitFor()
    await page.getByRole('link', { name: 'Add another' }).click()
    const key = await page.locator('code.key').innerText()
    await page.getByLabel('What do you call it?').first().fill('My phone')
    await page.getByLabel('Code that the app shows').fill(codeAt(key.replaceAll(' ', ''), Date.now()))
    await page.getByLabel('Code that the app shows').press('Enter')
    await page.getByText('My phone').first().waitFor()
    await context.close()
  })

  test('a browser without the passkey says so beside the button, and the other ways stay', async () => {
    const context = await browser.newContext()
    const page = await openPage(context)
    await password(page)
    await page.getByRole('button', { name: 'Use your passkey' }).click()
    await page.getByText('That was cancelled, or took too long. Please try again.').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Use your passkey' }).isEnabled())
    await page.getByText('Phone or key not at hand?').click()
    await page.getByLabel('A recovery code from your list').waitFor()
    await context.close()
  })

  test('nothing of all this broke the policy of a page or raised an error', () => {
    assert.equal(complaints.join('\n'), '')
  })
})

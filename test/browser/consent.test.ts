import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createFhirClient } from '../../src/commands/demo/fhir-client.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { authorizationRequest, redeem, register, type Request } from '../smart/app.ts'
import type { OAuthServer } from '../smart/oauth-server.ts'
import { openChromium, withoutChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

const administrator = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }
const notes =
  'patient/DocumentReference.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category|clinical-note'

/** An app on another site: `127.0.0.1` is not `localhost`, so that its pages are as foreign to ours as any. */
async function startApp(): Promise<{ server: Server; origin: string; page: (html: string) => void }> {
  let content = ''
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(content)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { server, origin, page: (html) => void (content = html) }
}

describe('an app of another site, in a real browser', { skip: withoutChromium }, () => {
  let server: TestServer
  let app: Awaited<ReturnType<typeof startApp>>
  let browser: Browser
  let clientId: string
  let at: Pick<OAuthServer, 'url' | 'fhir'>
  let patientId: string

  before(async () => {
    server = await startServer({ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password })
    app = await startApp()
    at = { url: server.url, fhir: server.base }
    const office = await signIn(server.url, administrator)
    const patient = { resourceType: 'Patient', name: [{ given: ['Anna'], family: 'Berg' }], birthDate: '1980-02-03' }
    patientId = (await createFhirClient(server.url, office).post<{ id: string }>('Patient', patient)).id
    const metadata = {
      ...{ client_name: 'Notes viewer', redirect_uris: [`${app.origin}/callback`], token_endpoint_auth_method: 'none' },
    }
    clientId = (await register(at as OAuthServer, metadata, await office.token())).body.client_id
    browser = await openChromium()
  })
  after(async () => {
    await browser?.close()
    app?.server.close()
    await server?.close()
  })

  function requested(scope: string): Request {
    return authorizationRequest(at as OAuthServer, {
      ...{ client_id: clientId, redirect_uri: `${app.origin}/callback`, scope },
    })
  }

  /** As an app does that posts its request: a form that sends itself. */
  async function post(context: BrowserContext, { parameters }: Request): Promise<Page> {
    const fields = Object.entries(parameters)
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('&', '&amp;')}">`)
      .join('')
    app.page(`<form method="post" action="${server.url}/auth/auth">${fields}<button>Connect</button></form>`)
    const page = await context.newPage()
    await page.goto(`${app.origin}/start`)
    await page.getByRole('button', { name: 'Connect' }).click()
    return page
  }

  async function fillIn(page: Page): Promise<void> {
    await page.getByLabel('E-mail').fill(administrator.email)
    await page.locator('input[name=password]').fill(administrator.password)
    await page.locator('input[name=password]').press('Enter')
    await page.getByRole('heading', { name: 'Allow Notes viewer?' }).waitFor()
  }

  async function granted(page: Page, request: Request) {
    await page.waitForURL(`${app.origin}/callback**`)
    const { body } = await redeem(at as OAuthServer, request, { url: new URL(page.url()) } as never)
    return { patient: body.patient, scopes: new Set(body.scope.split(' ')) }
  }

  test('posts its request, and a person signs in, narrows a scope and chooses a patient with the keyboard alone', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
    const request = requested('openid patient/DocumentReference.rs patient/Patient.rs patient/Observation.rs')
    const page = await post(context, request)
    await fillIn(page)
    // A screen reader hears each group by its name, and each box by what it allows.
    const group = page.getByRole('group', { name: 'Records of the one patient' })
    await group.getByRole('checkbox', { name: /Read and search results and measurements/ }).press('Space')
    await page.locator('summary').first().press('Enter')
    await page.getByRole('checkbox', { name: 'Only notes of the staff' }).press('Space')
    await page.getByRole('radio', { name: 'Anna Berg, born 1980-02-03' }).press('Space')
    assert.equal(await page.getByText('Access ends after an hour.').isVisible(), true)
    const width = (await page.evaluate('document.documentElement.scrollWidth')) as number
    assert.ok(width <= 390, 'nothing is cut off on a phone')
    await page.getByRole('button', { name: 'Allow' }).press('Enter')
    const { patient, scopes } = await granted(page, request)
    assert.equal(patient, patientId)
    assert.deepEqual(scopes, new Set(['openid', notes, 'patient/Patient.rs']))
    await context.close()
  })

  test('that posts again finds the person signed in, though its form came without our cookies', async () => {
    const context = await browser.newContext()
    const first = await post(context, requested('openid user/Patient.rs'))
    await fillIn(first)
    const kept = await context.cookies(server.url)
    const session = kept.find(({ name }) => name === 'session')
    assert.equal(session?.sameSite, 'Lax')
    const sent: (string | undefined)[] = []
    context.on('request', (made) => {
      if (made.method() !== 'POST' || !made.url().endsWith('/auth/auth')) return
      void made.allHeaders().then(({ cookie }) => sent.push(cookie))
    })
    const request = requested('openid user/Patient.rs')
    const page = await post(context, request)
    await page.getByRole('heading', { name: 'Allow Notes viewer?' }).waitFor()
    assert.deepEqual(sent, [undefined])
    await page.getByRole('button', { name: 'Allow' }).click()
    assert.deepEqual((await granted(page, request)).scopes, new Set(['openid', 'user/Patient.rs']))
    await context.close()
  })

  test('cannot send the consent form in the name of who is signed in', async () => {
    const context = await browser.newContext()
    const page = await post(context, requested('openid user/*.cruds'))
    await fillIn(page)
    const interaction = new URL(page.url()).searchParams.get('interaction')!
    app.page(`<form method="post" action="${server.url}/consent">
      <input name="interaction" value="${interaction}"><input name="scope" value="user/*.cruds">
      <button name="allow" value="yes">Win a prize</button></form>`)
    const trap = await context.newPage()
    await trap.goto(`${app.origin}/trap`)
    await trap.getByRole('button').click()
    await trap.getByRole('heading', { name: 'Not from here' }).waitFor()
    assert.equal(new URL(trap.url()).searchParams.get('code'), null)
    await context.close()
  })
})

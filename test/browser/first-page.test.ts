import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createAccounts } from '../../src/commands/demo/accounts.ts'
import { createFhirClient } from '../../src/commands/demo/fhir-client.ts'
import type { FhirClient } from '../../src/commands/demo/fhir-client.ts'
import { cases, doctors } from '../../src/commands/demo/hospital.ts'
import { createOutbox } from '../../src/commands/demo/outbox.ts'
import { pdfOf } from '../../src/commands/demo/pdf.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import type { Credentials } from '../../src/commands/sign-in.ts'
import { openChromium, withoutChromium } from '../support/chromium.ts'
import { startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const administrator = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }
const note = 'Home readings: 128/82, 131/80.\n<script>document.title = "owned"</script>\n'

describe('the first page', { skip: withoutChromium }, () => {
  let server: TestServer
  let browser: Browser
  let doctor: Credentials
  let patient: Credentials
  let patientReference: string
  let doctorClient: FhirClient
  const complaints: string[] = []

  before(async () => {
    server = await startServer({ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password })
    const office = createFhirClient(server.url, await signIn(server.url, administrator))
    const accounts = createAccounts(server.url, office, createOutbox(join(server.dataDir, 'outbox'), 0))
    const registered = await accounts.doctor(doctors[0]!)
    doctor = registered.credentials
    doctorClient = createFhirClient(server.url, await signIn(server.url, doctor))
    const [found] = cases
    const { id } = await office.post<{ id: string }>('Patient', {
      resourceType: 'Patient',
      name: [{ given: [found!.given], family: found!.family }],
      birthDate: found!.birthDate,
      generalPractitioner: [{ reference: registered.reference }],
    })
    patientReference = `Patient/${id}`
    patient = await accounts.invited(found!, patientReference)
    await addDocument('Home readings', 'readings.txt', 'text/plain', Buffer.from(note))
    browser = await openChromium()
  })

  after(async () => {
    await browser?.close()
    await server?.close()
  })

  async function addDocument(title: string, file: string, contentType: string, bytes: Buffer): Promise<string> {
    const binary = await doctorClient.upload(bytes, contentType)
    const { id } = await doctorClient.post<{ id: string }>('DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      type: { text: title },
      subject: { reference: patientReference },
      date: '2025-03-03T10:00:00Z',
      content: [{ attachment: { contentType, url: `Binary/${binary}`, title: file, size: bytes.length } }],
    })
    return id
  }

  async function openPage(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on(
      'response',
      (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`),
    )
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${server.url}/`)
    return page
  }

  async function signedIn(context: BrowserContext, { email, password }: Credentials): Promise<Page> {
    const page = await openPage(context)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('input[name=email]').fill(email)
    await page.locator('input[name=password]').fill(password)
    await page.locator('input[name=password]').press('Enter')
    const allow = page.locator('button[name=allow], button[value=allow]')
    const heading = page.getByRole('heading', { name: 'My documents' })
    await allow.or(heading).first().waitFor()
    if (await allow.isVisible()) await allow.click()
    await heading.waitFor()
    return page
  }

  test('a doctor signs in, finds a document, opens it as text that is never run, and signs out', async () => {
    const context = await browser.newContext()
    const page = await signedIn(context, doctor)
    assert.equal(new URL(page.url()).search, '', 'the code is gone from the address')
    const row = page.getByRole('row', { name: /readings\.txt/ })
    assert.match(await row.innerText(), /Tomás Ferreira/)
    await page.getByRole('link', { name: 'readings.txt' }).click()
    const shown = page.locator('pre.viewer')
    await shown.waitFor()
    assert.equal(await shown.textContent(), note)
    assert.equal(await page.title(), 'readings.txt – Chartshare')
    assert.equal(await page.evaluate('localStorage.length'), 0)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${server.url}/`)
    assert.equal(await page.evaluate("sessionStorage.getItem('chartshare-session')"), null)
    // The server's session has ended too: the next person at this machine is asked for a password.
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('Password').waitFor()
    await context.close()
  })

  test('a doctor chooses a patient, uploads a PDF with the keyboard alone, and sees it', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
    const page = await signedIn(context, doctor)
    await page.getByRole('link', { name: 'Upload a document' }).press('Enter')
    const search = page.getByLabel('Name, birth date (1970-12-31) or number')
    await search.fill('Ferreira')
    await search.press('Enter')
    await page.getByLabel('Tomás Ferreira').press('Space')
    const letter = { letterhead: 'Lakeside', title: 'Letter', facts: [], paragraphs: ['Text'], signature: 'Dr. Okafor' }
    const bytes = pdfOf(letter)
    await page
      .getByLabel('Choose a file')
      .setInputFiles({ name: 'letter.pdf', mimeType: 'application/pdf', buffer: bytes })
    await page.getByLabel('Title').fill('Letter of today')
    await page.getByLabel('Kind of document').selectOption('18842-5')
    await page.getByRole('button', { name: 'Upload' }).press('Enter')
    await page.getByRole('heading', { name: 'Letter of today' }).waitFor()
    await page.locator('iframe.viewer').waitFor()
    const saved = page.waitForEvent('download')
    await page.getByRole('link', { name: /^Save/ }).click()
    const download = await saved
    assert.equal(download.suggestedFilename(), 'letter.pdf')
    const chunks: Buffer[] = []
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
    assert.deepEqual(Buffer.concat(chunks), bytes)
    await context.close()
  })

  test('a patient sees the own documents and has nobody else to choose', async () => {
    const context = await browser.newContext()
    const page = await signedIn(context, patient)
    await page.getByRole('link', { name: 'readings.txt' }).waitFor()
    await page.getByRole('link', { name: 'Upload a document' }).click()
    await page.getByText('Patient: Tomás Ferreira').waitFor()
    assert.equal(await page.getByRole('searchbox').count(), 0)
    await context.close()
  })

  test('a patient drops a file, uploads it, and finds it in the list', async () => {
    const context = await browser.newContext()
    const page = await signedIn(context, patient)
    await page.getByRole('link', { name: 'Upload a document' }).click()
    const dropped = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['Slept well.'], 'diary.txt', { type: 'text/plain' }))
      return transfer
    })()`)
    await page.locator('.drop').dispatchEvent('drop', { dataTransfer: dropped })
    await page.getByText('diary.txt, 11 bytes').waitFor()
    assert.equal(await page.getByLabel('Title').inputValue(), 'diary')
    await page.getByRole('button', { name: 'Upload' }).click()
    await page.getByText('Slept well.').waitFor()
    await page.getByRole('link', { name: 'My documents' }).click()
    await page.getByRole('link', { name: 'diary' }).waitFor()
    await context.close()
  })

  test('a file of a kind that could run is offered to save and not shown', async () => {
    const id = await addDocument('Export', 'export.xml', 'application/xml', Buffer.from('<?xml version="1.0"?><a/>'))
    const context = await browser.newContext()
    const page = await signedIn(context, doctor)
    await page.goto(`${server.url}/#/documents/${id}`)
    await page.getByRole('link', { name: /^Save/ }).waitFor()
    assert.equal(await page.locator('.viewer').count(), 0)
    await context.close()
  })

  test('printed, a document has no navigation and says who printed it', async () => {
    const context = await browser.newContext()
    const page = await signedIn(context, doctor)
    await page.getByRole('link', { name: 'readings.txt' }).click()
    await page.locator('pre.viewer').waitFor()
    await page.emulateMedia({ media: 'print' })
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert.equal(await page.getByRole('button', { name: 'Sign out' }).isVisible(), false)
    assert.match(await page.locator('#printed').innerText(), /Printed from Chartshare by Miriam Okafor/)
    await context.close()
  })

  test('an answer to a sign-in that this tab did not start is refused', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${server.url}/?code=stolen&state=guessed`)
    await page.getByText('This sign-in was not started here').waitFor()
    assert.equal(await page.evaluate("sessionStorage.getItem('chartshare-session')"), null)
    await context.close()
  })

  test('a page under another name of this machine moves to the one under which people sign in', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${server.url.replace('localhost', '127.0.0.1')}/`)
    await page.waitForURL(`${server.url}/`)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await context.close()
  })

  test('a token that has died leads back to the first page, which says so', async () => {
    const context = await browser.newContext()
    const page = await signedIn(context, patient)
    await page.evaluate(`(() => {
      const stored = JSON.parse(sessionStorage.getItem('chartshare-session'))
      sessionStorage.setItem('chartshare-session', JSON.stringify({ ...stored, accessToken: 'dead' }))
    })()`)
    assert.equal(complaints.join('\n'), '')
    const complaint = page.waitForEvent('console', (message) => message.type() === 'error')
    await page.getByRole('link', { name: 'readings.txt' }).click()
    await page.getByText('Your sign-in has ended. Sign in again to go on.').waitFor()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await complaint
    await context.close()
    assert.ok(complaints.length > 0 && complaints.every((complaint) => complaint.includes('401')))
    complaints.length = 0
  })

  test('nothing of all this broke the policy of the page or raised an error', () => {
    assert.equal(complaints.join('\n'), '')
  })
})

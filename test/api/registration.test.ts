import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { mailsTo, peopleOf } from '../support/people.ts'
import { type Client, person, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  ;({ admin } = peopleOf(server))
})
after(() => server.close())

const password = 'a long enough password 7'
const anonymous = (path: string) => server.anonymous.raw('post')(path).redirects(0)

interface Task {
  id: string
  [element: string]: unknown
}

/** A doctor who confirmed the address, signed in on the page that tells where the registration stands. */
async function applicant() {
  const [email, family] = [`${randomUUID()}@example.org`, `F${randomUUID()}`]
  await anonymous('/register').send({ given: 'Ola', family, email, password, licence: 'MD-1', role: 'practitioner' })
  const code = /\/verify\?code=(\S+)/.exec(mailsTo(server, email)[0]!)![1]!
  await anonymous('/verify').type('form').send({ code })
  const signedIn = await anonymous('/status').type('form').send({ email, password })
  const cookie = (signedIn.headers['set-cookie'] as unknown as string[]).map((one) => one.split(';')[0]).join('; ')
  const { body } = await admin.get(`Practitioner?family=${family}`)
  const id: string = body.entry[0].resource.id
  const task = async (): Promise<Task> =>
    (await admin.get(`Task?focus=Practitioner/${id}&_sort=-_lastUpdated`)).body.entry[0].resource
  const page = async () => (await server.anonymous.get('/status').set('cookie', cookie)).text
  return { id, cookie, task, page }
}

describe('a doctor who waits', () => {
  test('is told that he waits, and what an administrator asks of him', async () => {
    const { task, page } = await applicant()
    assert.match(await page(), /awaiting approval/)
    const asked = { ...(await task()), status: 'on-hold', note: [{ text: 'Please send your licence.' }] }
    assert.equal((await admin.put(`Task/${asked.id}`, asked)).status, 200)
    assert.match(await page(), /needs something more[\s\S]*Please send your licence\./)
  })

  test('answers with a text and a file, which administrators read; then he waits again', async () => {
    const { id, cookie, task, page } = await applicant()
    await admin.put(`Task/${(await task()).id}`, { ...(await task()), status: 'on-hold' })
    const scan = Buffer.from('%PDF-1.7 a licence')
    const sent = await anonymous('/status/evidence')
      .set('cookie', cookie)
      .field('note', 'Here it is')
      .attach('file', scan, { filename: 'licence.pdf', contentType: 'application/pdf' })
    assert.equal(sent.status, 200, sent.text)
    const after = await task()
    assert.equal(after['status'], 'requested')
    assert.match(JSON.stringify(after['note']), /Here it is/)
    assert.match(await page(), /awaiting approval/)

    const { body } = await admin.get(`DocumentReference?subject=Practitioner/${id}`)
    const [{ resource }] = body.entry
    assert.equal(resource.category[0].coding[0].code, 'credential')
    assert.deepEqual(resource.author, [{ reference: `Practitioner/${id}` }])
    const { url, title } = resource.content[0].attachment
    assert.equal(title, 'licence.pdf')
    const bytes = await admin.get(new URL(url).pathname).buffer()
    assert.equal(bytes.status, 200)
    const colleague = await peopleOf(server).doctor()
    assert.equal((await colleague.client.get(new URL(url).pathname)).status, 404)
    const himself = server.as(person(server, 'practitioner', 'Practitioner', id))
    assert.equal((await himself.get(new URL(url).pathname)).status, 200)
  })

  test('is told that he was rejected', async () => {
    const { task, page } = await applicant()
    const statusReason = { text: 'The licence is not known.' }
    await admin.put(`Task/${(await task()).id}`, { ...(await task()), status: 'rejected', statusReason })
    assert.match(await page(), /was not accepted/)
  })
})

describe('a doctor who was let in', () => {
  test('is told so, and that he was suspended', async () => {
    const { id, page } = await applicant()
    const activate = (value: boolean) =>
      admin.patch(`Practitioner/${id}`, [{ op: 'replace', path: '/active', value }]).expect(200)
    await activate(true)
    assert.match(await page(), /was accepted/)
    await activate(false)
    assert.match(await page(), /suspended/)
  })
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'
import { signInHere } from './second-step.ts'

let server: OAuthServer
let down = false

before(async () => {
  server = await startOAuth({ mailIsDown: () => down })
})

after(() => server.close())

const mailsTo = (address: string) => server.mails.filter(({ to }) => to === address)

function linkTo(address: string): string {
  const link = /^\S+\/account\/address\/confirm\?code=\S+$/m.exec(mailsTo(address).at(-1)?.text ?? '')?.[0]
  assert.ok(link, `a link in the mail to ${address}`)
  assert.ok(link.startsWith(`${server.url}/`))
  return link
}

/** On another device, as mails are read. */
const opened = async (link: string) => (await createBrowser(server.url).open(link)).submit()

async function asked(email: string, next: string) {
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  const page = await (await browser.open('/account/address')).submit({ email: next })
  assert.equal(page.status, 202, page.html)
  return browser
}

const canSignIn = async (email: string) => (await signInHere(server, email)).url.pathname === '/'

test('an address changes when both mailboxes have confirmed, in either order, and both are told', async () => {
  for (const order of ['old first', 'new first']) {
    const [from, to] = [`${order.slice(0, 3)}-from@example.org`, `${order.slice(0, 3)}-to@example.org`]
    await server.addAccount({ email: from })
    await asked(from, to)
    const links = order === 'old first' ? [linkTo(from), linkTo(to)] : [linkTo(to), linkTo(from)]
    assert.match((await opened(links[0]!)).html, /one of two/)
    assert.equal((await opened(links[0]!)).status, 200, 'a second look changes nothing')
    assert.equal(await canSignIn(from), true)
    assert.equal(await canSignIn(to), false)
    assert.match((await opened(links[1]!)).html, /is changed/)
    assert.equal(await canSignIn(to), true)
    assert.equal(await canSignIn(from), false)
    for (const address of [from, to]) assert.equal(mailsTo(address).at(-1)!.subject, 'Your e-mail address was changed')
    assert.equal((await opened(links[1]!)).status, 410)
  }
})

test('an address of somebody else is answered alike, and is not taken away', async () => {
  await server.addAccount({ email: 'here@example.org' })
  const owner = await server.addAccount({ email: 'taken@example.org' })
  await asked('here@example.org', 'TAKEN@example.org')
  assert.doesNotMatch(mailsTo('TAKEN@example.org').at(-1)!.text, /code=/)
  assert.match((await opened(linkTo('here@example.org'))).html, /one of two/)
  const [row] = await server.database.query<{ id: string }>(
    `select id from oauth_account where email = 'taken@example.org'`,
  )
  assert.equal(row!.id, owner.accountId)
})

test('an address that became somebody’s meanwhile is refused, and nothing is changed', async () => {
  await server.addAccount({ email: 'slow@example.org' })
  await asked('slow@example.org', 'quick@example.org')
  const links = [linkTo('slow@example.org'), linkTo('quick@example.org')]
  await server.addAccount({ email: 'quick@example.org' })
  await opened(links[0]!)
  assert.equal((await opened(links[1]!)).status, 410)
  assert.equal(await canSignIn('slow@example.org'), true)
})

test('an address that becomes somebody’s in the same moment is answered the same, and nothing is changed', async () => {
  await server.addAccount({ email: 'beaten@example.org' })
  const winner = await server.addAccount({ email: 'winner@example.org' })
  await asked('beaten@example.org', 'both@example.org')
  const links = [linkTo('beaten@example.org'), linkTo('both@example.org')]
  await opened(links[0]!)
  const page = await createBrowser(server.url).open(links[1]!)
  const late = await server.store.transaction(async (tx) => {
    await tx.query(`update oauth_account set email = 'both@example.org' where id = $1`, [winner.accountId])
    const submitted = page.submit()
    await waitsForALock()
    return { submitted }
  })
  const answer = await late.submitted
  assert.equal(answer.status, 410)
  assert.match(answer.html, /cannot be used any more/)
  assert.equal(await canSignIn('beaten@example.org'), true)
  assert.equal((await opened(links[0]!)).status, 410, 'the wish is over')
})

/** Until somebody in this database waits for another one's transaction. */
async function waitsForALock(): Promise<void> {
  let waiting: unknown[] = []
  while (waiting.length === 0) {
    waiting = await server.database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  }
}

test('a later wish replaces an earlier one, a cancelled or an expired one is dead, and so is a guess', async () => {
  await server.addAccount({ email: 'wish@example.org' })
  await asked('wish@example.org', 'wish-1@example.org')
  const first = linkTo('wish-1@example.org')
  const browser = await asked('wish@example.org', 'wish-2@example.org')
  assert.equal((await opened(first)).status, 410)
  const page = await browser.open('/account')
  assert.match(page.html, /wish-2@example\.org/)
  const cancel = page.forms.findIndex(({ action }) => action.endsWith('/account/address/cancel'))
  assert.doesNotMatch((await page.submit({}, undefined, cancel)).html, /wish-2@example\.org/)
  assert.equal((await opened(linkTo('wish-2@example.org'))).status, 410)
  await asked('wish@example.org', 'wish-3@example.org')
  await server.database.query(`update oauth_address_change set expires_at = now()`)
  assert.equal((await opened(linkTo('wish-3@example.org'))).status, 410)
  assert.equal((await opened(`${server.url}/account/address/confirm?code=guess`)).status, 410)
})

test('a link for a new password that lies in the old mailbox dies with the change', async () => {
  await server.addAccount({ email: 'leave@example.org' })
  await (await createBrowser(server.url).open('/forgot')).submit({ email: 'leave@example.org' })
  const reset = /^\S+\/reset\?code=\S+$/m.exec(mailsTo('leave@example.org').at(-1)!.text)![0]
  await asked('leave@example.org', 'arrive@example.org')
  const links = [linkTo('leave@example.org'), linkTo('arrive@example.org')]
  for (const link of links) await opened(link)
  assert.equal((await createBrowser(server.url).open(reset)).status, 422)
})

test('a new password ends a wish of before, whose links are dead', async () => {
  await server.addAccount({ email: 'owner@example.org' })
  await asked('owner@example.org', 'thief@example.org')
  const links = [linkTo('owner@example.org'), linkTo('thief@example.org')]
  await (await createBrowser(server.url).open('/forgot')).submit({ email: 'owner@example.org' })
  const reset = /^\S+\/reset\?code=\S+$/m.exec(mailsTo('owner@example.org').at(-1)!.text)![0]
  const page = await createBrowser(server.url).open(reset)
  const fresh = 'four boats in a green bottle'
  assert.equal((await page.submit({ password: fresh, password2: fresh })).status, 200)
  for (const link of links) assert.equal((await opened(link)).status, 410)
})

test('a mail server that is down fails no wish that is stored', async () => {
  await server.addAccount({ email: 'offline@example.org' })
  down = true
  try {
    const browser = await asked('offline@example.org', 'elsewhere@example.org')
    assert.match((await browser.open('/account')).html, /elsewhere@example\.org/)
  } finally {
    down = false
  }
})

test('what is no address, or the same one, is refused beside the field, and a stranger is asked to sign in', async () => {
  await server.addAccount({ email: 'same@example.org' })
  const browser = createBrowser(server.url)
  await signInHere(server, 'same@example.org', browser)
  const page = await browser.open('/account/address')
  for (const email of ['', 'no address', 'SAME@example.org', 'a@b\r\nBcc: x@y']) {
    const answer = await page.submit({ email })
    assert.equal(answer.status, 422, email)
    assert.match(answer.html, /id="email-problem"/)
  }
  assert.equal((await createBrowser(server.url).open('/account/address')).url.pathname, '/login')
})

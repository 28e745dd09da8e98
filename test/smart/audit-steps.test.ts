import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { auditEvents, type AuditEventName } from '../../src/oauth/audit-events.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { administratorToken, callback, decideClient, register } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'
import { codeAt, secretOn, signInHere, submitWith } from './second-step.ts'

let server: OAuthServer
let chief: string
let clock = Date.now()

before(async () => {
  server = await startOAuth({ now: () => clock })
  chief = await administratorToken(server)
})

after(() => server.close())

async function rowsOf(interaction: AuditEventName, accountId: string | null) {
  const rows = await server.database.query<{ outcome: string; detail: Record<string, string> }>(
    'select outcome, detail from audit where interaction = $1 and account_id is not distinct from $2 order by n',
    [interaction, accountId],
  )
  for (const { detail } of rows) assert.equal(detail.subtype, auditEvents[interaction].subtype)
  return rows
}

const formOf = ({ forms }: Page, path: string) => forms.findIndex(({ action }) => action.endsWith(path))
const open = { redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'Chart' }

test('a right password that stops at the second step is there, and so is a new name of the second step', async () => {
  const email = 'steps@example.org'
  const { accountId } = await server.addAccount({ email })
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  const add = await browser.open('/account/factor')
  await submitWith(add, 'code', { code: codeAt(secretOn(add), clock) })
  const account = await browser.open('/account')
  await account.submit({ name: 'Old phone' }, undefined, formOf(account, '/factor/rename'))
  assert.equal((await rowsOf('factor-rename', accountId))[0]?.outcome, 'success')
  assert.equal((await rowsOf('login-begin', accountId)).length, 0)
  clock += 60_000
  assert.equal((await signInHere(server, email)).url.pathname, '/login/factor')
  const [row, ...more] = await rowsOf('login-begin', accountId)
  assert.equal(row?.outcome, 'success')
  assert.equal(more.length, 0)
  assert.equal((await rowsOf('login', accountId)).length, 1, 'nobody was signed in by the password alone')
})

test('a confirmed address is there, and links that are dead, without their codes', async () => {
  const form = { given: 'Una', family: 'Berg', licence: 'L-1', email: 'una@example.org', password }
  await fetch(`${server.url}/register`, { method: 'POST', body: new URLSearchParams(form) })
  const link = /https?:\S+\/verify\?code=(\S+)/.exec(server.mails.find(({ to }) => to === form.email)!.text)!
  const confirm = async () => (await createBrowser(server.url).open(link[0])).submit()
  await confirm()
  const [account] = await server.database.query<{ id: string }>(`select id from oauth_account where email = $1`, [
    form.email,
  ])
  assert.equal((await rowsOf('verify', account!.id))[0]?.outcome, 'success')
  await confirm()
  const [again] = await rowsOf('verify', null)
  assert.deepEqual([again?.outcome, again?.detail.reason], ['refused', 'spent'])
  for (const [path, event] of [
    ['/reset', 'password-reset'],
    ['/setup', 'setup'],
  ] as const) {
    await fetch(`${server.url}${path}?code=made-up-code`)
    assert.equal((await rowsOf(event, null))[0]?.outcome, 'refused', event)
  }
  const trail = JSON.stringify(await server.database.query('select detail, query from audit'))
  for (const secret of [link[1]!, 'made-up-code', password]) assert.ok(!trail.includes(secret), secret)
})

test('another address that is no longer wanted is there', async () => {
  const email = 'undecided@example.org'
  const { accountId } = await server.addAccount({ email })
  const browser = createBrowser(server.url)
  await signInHere(server, email, browser)
  await (await browser.open('/account/address')).submit({ email: 'other@example.org' })
  const page = await browser.open('/account')
  await page.submit({}, undefined, formOf(page, '/address/cancel'))
  assert.equal((await rowsOf('address-cancel', accountId))[0]?.outcome, 'success')
})

test('a decision about an app is undone when it cannot be written into the trail', async () => {
  const { body: app } = await register(server, open, chief)
  const headers = { authorization: `Bearer ${chief}` }
  const path = `${server.url}/auth/clients/${app.client_id}`
  const approval = async () => ((await (await fetch(path, { headers })).json()) as { approval?: string }).approval
  await server.database.query(
    `alter table audit add constraint closed check (interaction not in ('client-suspend', 'client-delete')) not valid`,
  )
  try {
    assert.equal((await decideClient(server, chief, app.client_id, { approval: 'suspended' })).status, 500)
    assert.equal(await approval(), 'granted')
    assert.equal((await fetch(path, { method: 'DELETE', headers })).status, 500)
    assert.equal(await approval(), 'granted')
  } finally {
    await server.database.query('alter table audit drop constraint closed')
  }
})

test('a registration that nobody looked at is there when it goes', async () => {
  const { body: app } = await register(server, open)
  await server.database.query(
    `update oidc_payload set payload = payload || '{"client_id_issued_at": 1}' where model = 'Client' and id = $1`,
    [app.client_id],
  )
  await server.oauth.sweep()
  const rows = await rowsOf('client-expire', null)
  assert.deepEqual(
    rows.map(({ detail }) => detail.client),
    [app.client_id],
  )
})

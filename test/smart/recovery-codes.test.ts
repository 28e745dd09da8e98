import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { type OAuthServer, startOAuth } from './oauth-server.ts'
import { codeAt, recoveryCodesOn, secretOn, signInHere, submitWith } from './second-step.ts'

let server: OAuthServer
let mailDown = false

before(async () => {
  server = await startOAuth({ secondFactorOf: 'staff', mailIsDown: () => mailDown })
})

after(() => server.close())

async function enrolled(email: string) {
  const { accountId } = await server.addAccount({ email })
  const browser = createBrowser(server.url)
  const page = await signInHere(server, email, browser)
  const codes = await submitWith(page, 'code', { code: codeAt(secretOn(page), Date.now()) })
  await codes.submit()
  return { accountId, browser, recovery: recoveryCodesOn(codes) }
}

test('a recovery code lets in while no mail can be sent', async () => {
  const { recovery } = await enrolled('no-mail@example.org')
  const page = await signInHere(server, 'no-mail@example.org')
  mailDown = true
  try {
    assert.equal((await submitWith(page, 'recovery', { recovery: recovery[0]! })).url.pathname, '/')
  } finally {
    mailDown = false
  }
})

test('who asks for new recovery codes many times at once has ten that are good', async () => {
  const { browser, accountId } = await enrolled('impatient@example.org')
  const page = await browser.open('/account')
  const index = page.forms.findIndex(({ action }) => action.endsWith('/account/recovery-codes'))
  const answers = await Promise.all(Array.from({ length: 8 }, () => page.submit({}, undefined, index)))
  assert.ok(answers.every(({ status }) => status === 200))
  const rows = await server.database.query(
    `select from oauth_recovery_code where account_id = $1 and used_at is null`,
    [accountId],
  )
  assert.equal(rows.length, 10)
})

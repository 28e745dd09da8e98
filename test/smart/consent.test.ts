import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, decide, redeem } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer
before(async () => {
  server = await startOAuth()
  await server.addAccount({ email: 'doctor@example.org' })
})
after(() => server.close())

const email = 'doctor@example.org'
const laboratory = 'category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory'
const survey = 'category=http://terminology.hl7.org/CodeSystem/observation-category|survey'

async function opened(scope: string) {
  const house = { client_id: 'chartshare-web', redirect_uri: `${server.url}/app` }
  const request = authorizationRequest(server, { ...house, scope })
  const login = await createBrowser(server.url).open(authorizationUrl(server, request))
  const page = await login.submit({ email, password })
  assert.equal(page.url.pathname, '/consent')
  return { request, page }
}

async function granted(scope: string, values: Record<string, string | readonly string[]>): Promise<Set<string>> {
  const { request, page } = await opened(scope)
  const { body } = await redeem(server, request, await page.submit({ patient: 'anna', ...values }, 'allow'))
  return new Set(body.scope.split(' '))
}

describe('the consent page', () => {
  test('says in groups and in words what is asked for, with a box for each scope, ticked', async () => {
    const asked = 'openid launch/patient patient/Observation.rs user/Patient.r offline_access'.split(' ')
    const { page } = await opened(asked.join(' '))
    const titles = [...page.html.matchAll(/<legend>([^<]+)<\/legend>/g)].map(([, title]) => title)
    assert.deepEqual(titles, [
      ...['About you', 'What you are looking at', 'Records of the one patient'],
      ...['All records that you may use yourself', 'For how long', 'For which patient?'],
    ])
    const boxes = page.forms[0]!.controls.filter(({ name }) => name === 'scope')
    assert.deepEqual(new Set(boxes.map(({ value }) => value)), new Set(asked))
    assert.ok(boxes.every(({ checked }) => checked))
    assert.match(page.html, /Read and search results and measurements of the one patient/)
  })

  test('says how long access lasts', async () => {
    assert.match((await opened('openid user/Patient.r')).page.html, /Access ends after an hour/)
    assert.match((await opened('openid user/Patient.r online_access')).page.html, /while you are signed in, 12 hours/)
    assert.match((await opened('openid user/Patient.r offline_access')).page.html, /until you remove the app, 365 days/)
  })

  test('offers the categories of a type, none of them ticked, and the types of a wildcard', async () => {
    const { page } = await opened('patient/Observation.rs user/*.rs')
    const only = page.forms[0]!.controls.filter(({ name }) => name === 'only')
    assert.ok(only.every(({ checked }) => !checked))
    for (const scope of [`patient/Observation.rs?${laboratory}`, 'user/Condition.rs']) {
      assert.ok(
        only.some(({ value }) => value === scope),
        scope,
      )
    }
  })
})

describe('a person', () => {
  test('drops a type', async () => {
    const kept = await granted('openid user/Observation.rs user/Patient.rs', { scope: ['openid', 'user/Patient.rs'] })
    assert.deepEqual(kept, new Set(['openid', 'user/Patient.rs']))
  })

  test('narrows a type to categories, and the scope for the whole type is gone', async () => {
    const only = [`patient/Observation.rs?${laboratory}`, `patient/Observation.rs?${survey}`]
    const kept = await granted('patient/Condition.rs patient/Observation.rs patient/Patient.rs', { only })
    assert.deepEqual(kept, new Set(['patient/Condition.rs', 'patient/Patient.rs', ...only]))
  })

  test('narrows a wildcard to types', async () => {
    const only = ['user/Observation.rs', 'user/Condition.rs']
    assert.deepEqual(await granted('openid user/*.rs', { only }), new Set(['openid', ...only]))
  })

  test('narrows nothing that is not ticked, and never gets more than the app asked for', async () => {
    const only = [`user/Observation.rs?${laboratory}`, `user/Observation.cruds?${laboratory}`, 'user/Condition.rs']
    assert.deepEqual(await granted('openid user/Observation.rs', { scope: ['openid'], only }), new Set(['openid']))
    const kept = await granted('openid user/Observation.rs', { only })
    assert.deepEqual(kept, new Set(['openid', `user/Observation.rs?${laboratory}`]))
  })

  test('finds what was ticked still ticked after looking for a patient', async () => {
    const { page } = await opened('openid patient/Observation.rs')
    const only = `patient/Observation.rs?${laboratory}`
    const again = await page.submit({ find: 'anna', only }, 'search')
    const ticked = again.forms[0]!.controls.filter(({ type, checked }) => type === 'checkbox' && checked)
    assert.deepEqual(
      ticked.map(({ value }) => value),
      ['openid', 'patient/Observation.rs', only],
    )
    assert.match(again.html, /<details class="narrow" open>/)
  })
})

test('several launches in one browser go on side by side, whichever is decided first', async () => {
  const browser = createBrowser(server.url)
  const house = { client_id: 'chartshare-web', redirect_uri: `${server.url}/app`, scope: 'openid patient/Patient.rs' }
  const [first, second] = [authorizationRequest(server, house), authorizationRequest(server, house)]
  const login = await browser.open(authorizationUrl(server, first))
  const one = await login.submit({ email, password })
  const other = await browser.open(authorizationUrl(server, second))
  assert.deepEqual([one.url.pathname, other.url.pathname], ['/consent', '/consent'])
  const ben = await redeem(server, second, await decide(other, { email, patient: 'ben' }))
  const anna = await redeem(server, first, await decide(one, { email, patient: 'anna' }))
  assert.deepEqual([anna.body.patient, ben.body.patient], ['anna', 'ben'])
})

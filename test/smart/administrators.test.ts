import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { FhirError } from '../../src/fhir/error.ts'
import { createBrowser } from '../support/browser.ts'
import { launch } from './app.ts'
import { type OAuthServer, password, startOAuth } from './oauth-server.ts'

let server: OAuthServer

before(async () => {
  server = await startOAuth()
})

after(() => server.close())

describe('the first administrator', () => {
  test('is made by a link that dies with its use, and only the latest link works', async () => {
    assert.equal(await server.oauth.administratorsExist(), false)
    const { setupLink: old } = await server.oauth.bootstrapAdministrator(undefined)
    const { setupLink } = await server.oauth.bootstrapAdministrator(undefined)
    assert.equal((await createBrowser(server.url).open(old!)).status, 422)
    const form = await createBrowser(server.url).open(setupLink!)
    assert.equal(form.status, 200)
    const weak = await form.submit({ given: 'Chia', family: 'Lund', email: 'chia@example.org', password: 'short' })
    assert.equal(weak.status, 422)
    const done = await form.submit({ given: 'Chia', family: 'Lund', email: 'chia@example.org', password })
    assert.equal(done.status, 200, done.html)
    assert.equal(await server.oauth.administratorsExist(), true)
    assert.equal((await createBrowser(server.url).open(setupLink!)).status, 410)
    assert.deepEqual(await server.oauth.bootstrapAdministrator(undefined), {})
    const { body } = await launch(server, { email: 'chia@example.org' }, { scope: 'openid fhirUser user/*.cruds' })
    const principal = await server.oauth.principalOf(body.access_token)
    assert.deepEqual(principal?.roles, ['admin', 'practitioner', 'records-office', 'privacy-officer'])
    assert.equal(principal?.person?.type, 'Practitioner')
  })

  test('comes from the settings at the first start, and is not made again', async () => {
    const other = await startOAuth()
    try {
      await assert.rejects(
        other.oauth.bootstrapAdministrator({ email: 'a@example.org', password: 'short' }),
        /ADMIN_PASSWORD/,
      )
      const given = { email: 'a@example.org', password }
      assert.deepEqual(await other.oauth.bootstrapAdministrator(given), {})
      assert.deepEqual(await other.oauth.bootstrapAdministrator(given), {})
      const accounts = await other.store.transaction((tx) => other.oauth.activeAdministrators(tx))
      assert.deepEqual(
        accounts.map(({ email }) => email),
        ['a@example.org'],
      )
      assert.ok((await launch(other, { email: 'a@example.org' })).body.access_token)
    } finally {
      await other.close()
    }
  })
})

describe('roles', () => {
  const conflict = (error: unknown) => error instanceof FhirError && error.problem === 'conflict'
  const setRoles = (id: string, roles: readonly ('admin' | 'practitioner' | 'patient')[]) =>
    server.store.transaction((tx) => server.oauth.setRoles(tx, id, roles))

  test('of the last active administrator stay', async () => {
    const [chief] = await server.store.transaction((tx) => server.oauth.activeAdministrators(tx))
    const second = await server.addAccount({ email: 'second@example.org', roles: ['practitioner'] })
    await assert.rejects(setRoles(chief!.person!.id, ['practitioner']), conflict)
    await setRoles(second.id, ['admin', 'practitioner'])
    await setRoles(chief!.person!.id, ['practitioner'])
    await assert.rejects(
      server.store.transaction((tx) => server.oauth.keepAnAdministrator(tx, second.id)),
      conflict,
    )
    await setRoles(chief!.person!.id, ['admin', 'practitioner'])
    await server.store.transaction((tx) => server.oauth.keepAnAdministrator(tx, second.id))
  })

  test('of two administrators who demote each other at the same time, one stays', async () => {
    const active = await server.store.transaction((tx) => server.oauth.activeAdministrators(tx))
    assert.equal(active.length, 2)
    const outcomes = await Promise.allSettled(active.map(({ person }) => setRoles(person!.id, ['practitioner'])))
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await server.store.transaction((tx) => server.oauth.activeAdministrators(tx))).length, 1)
  })

  test('take effect with the tokens that are out', async () => {
    const doctor = await server.addAccount({ email: 'promoted@example.org' })
    const { body } = await launch(server, { email: 'promoted@example.org' })
    assert.equal((await server.oauth.principalOf(body.access_token))?.roles.includes('admin'), false)
    await setRoles(doctor.id, ['admin', 'practitioner'])
    assert.equal((await server.oauth.principalOf(body.access_token))?.roles.includes('admin'), true)
  })

  test('are staff’s: nobody becomes a patient by them, and who has no account has none', async () => {
    const doctor = await server.addAccount({ email: 'other@example.org' })
    await assert.rejects(setRoles(doctor.id, ['patient']), FhirError)
    await assert.rejects(setRoles(doctor.id, []), FhirError)
    await assert.rejects(setRoles('nobody', ['admin']), FhirError)
  })
})

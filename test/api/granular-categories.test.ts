import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { narrowerThan } from '../../src/access/kinds.ts'
import { parseScopes } from '../../src/access/scopes.ts'
import { administrator, startServer, type TestServer } from '../support/server.ts'

/** Inferno's granular search and read tests of US Core, for each type and category that US Core lists. */
const elements: Readonly<Record<string, object>> = {
  Condition: {},
  DiagnosticReport: { status: 'final', code: { text: 'report' } },
  DocumentReference: { status: 'current', content: [{ attachment: { contentType: 'text/plain', title: 'a' } }] },
  Observation: { status: 'final', code: { text: 'finding' } },
  ServiceRequest: { status: 'active', intent: 'order' },
}

let server: TestServer
before(async () => {
  server = await startServer()
  const office = server.as(administrator())
  await office.put('Patient/one', { resourceType: 'Patient', id: 'one' }).expect(201)
  for (const type of Object.keys(elements)) {
    for (const [n, category] of [...categoriesOf(type), 'urn:other|other'].entries()) {
      const [system, code] = category.split('|')
      const body = {
        ...{ resourceType: type, id: `${type}-${n}`, subject: { reference: 'Patient/one' }, ...elements[type] },
        category: [{ coding: [{ system, code }] }],
      }
      assert.equal((await office.put(`${type}/${body.id}`, body)).status, 201)
    }
  }
})
after(() => server.close())

function categoriesOf(type: string): string[] {
  const narrower = narrowerThan({ level: 'patient', type, actions: 'rs' })
  return narrower.map(({ scope }) => scope.slice(scope.indexOf('=') + 1))
}

for (const type of Object.keys(elements)) {
  describe(`granular scopes of ${type}`, () => {
    for (const [n, category] of categoriesOf(type).entries()) {
      test(`${category}: every search answers the matching subset, and a read of anything else none`, async () => {
        const app = server.as({
          ...administrator(),
          patient: { id: 'one', rid: server.composed.keys.ridOf('Patient', 'one') },
          scopes: parseScopes(`patient/${type}.rs?category=${category} patient/Patient.rs`),
        })
        const found = async (query: string) => {
          const { body } = await app.get(`${type}?${query}&_total=accurate`).expect(200)
          const { total, entry = [] } = body as { total: number; entry?: { resource: { id: string } }[] }
          assert.equal(total, entry.length)
          return entry.map(({ resource }) => resource.id)
        }
        const own = [`${type}-${n}`]
        const code = category.split('|')[1]
        for (const query of [
          '',
          'patient=one',
          `patient=one&category=${category}`,
          `category=${code}`,
          `_id=${own[0]}`,
        ]) {
          assert.deepEqual(await found(query), own, query)
        }
        for (const other of [...categoriesOf(type), 'urn:other|other'].filter((one) => one !== category)) {
          assert.deepEqual(await found(`patient=one&category=${other}`), [], other)
        }
        await app.get(`${type}/${own[0]}`).expect(200)
        for (const id of [...categoriesOf(type), ''].map((_, m) => `${type}-${m}`).filter((id) => id !== own[0])) {
          const { body } = await app.get(`${type}/${id}`).expect(404)
          assert.equal(body.resourceType, 'OperationOutcome')
        }
      })
    }

    test('of two categories add up', async () => {
      const both = categoriesOf(type).slice(0, 2)
      const texts = both.map((category) => `user/${type}.rs?category=${category}`)
      const app = server.as({ ...administrator(), scopes: parseScopes(texts.join(' ')) })
      const { body } = await app.get(`${type}?_sort=_id`).expect(200)
      assert.equal((body.entry as unknown[]).length, both.length)
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { aPatient, aTransaction, posted } from '../support/resources.ts'
import type { Store, Transaction } from '../../src/store/store.ts'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

const identified = (value: string) => aPatient({ identifier: [{ system: 'urn:mrn', value }] })

test('20 parallel conditional creates of one identifier make one resource', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      admin.post('Patient', identified('1')).set('if-none-exist', 'identifier=urn:mrn|1'),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal(answers.filter(({ status }) => status === 200).length, 19)
  const { body } = await admin.get('Patient?identifier=urn:mrn|1&_total=accurate').expect(200)
  assert.equal(body.total, 1)
})

test('several matches of a conditional create answer 412', async () => {
  await admin.post('Patient', identified('2')).expect(201)
  await admin.post('Patient', identified('2')).expect(201)
  const { body } = await admin.post('Patient', identified('2')).set('if-none-exist', 'identifier=urn:mrn|2').expect(412)
  assert.equal(body.issue[0].code, 'multiple-matches')
})

test('criteria that select nothing in particular are refused', async () => {
  await admin.post('Patient', identified('3')).set('if-none-exist', '_count=1').expect(400)
})

test('a token that may create but not search is told so: what it cannot find it would create twice', async () => {
  const app = server.as({ ...administrator(), scopes: scopes('user/Patient.c') })
  const condition = 'identifier=urn:mrn|4'
  const alone = await app.post('Patient', identified('4')).set('if-none-exist', condition).expect(403)
  assert.equal(alone.headers['www-authenticate'], 'Bearer error="insufficient_scope"')
  await app.post('/fhir', aTransaction(posted(identified('4'), {}, { ifNoneExist: condition }))).expect(403)
  assert.equal((await admin.get(`Patient?${condition}&_total=accurate`)).body.total, 0)
})

test('the match is answered as it was found, also when it is written to in between', async () => {
  const condition = 'identifier=urn:mrn|5'
  const { body: found } = await admin.post('Patient', identified('5')).expect(201)
  let written = 1
  const restore = betweenFindingAndReading(async () => {
    await admin.put(`Patient/${found.id}`, { ...found, language: `x-${++written}` }).expect(200)
  })
  try {
    const alone = await admin.post('Patient', identified('5')).set('if-none-exist', condition).expect(200)
    assert.deepEqual([alone.headers['etag'], alone.body], ['W/"1"', found])
    const bundle = aTransaction(posted(identified('5'), {}, { ifNoneExist: condition }))
    const { body } = await admin.post('/fhir', bundle).set('prefer', 'return=representation').expect(200)
    const [{ resource, response }] = body.entry
    assert.deepEqual([response.etag, resource.meta.versionId, resource.language], ['W/"2"', '2', 'x-2'])
  } finally {
    restore()
  }
})

/** Another writer comes, in a transaction of its own, right after the criteria of a conditional create were answered. */
function betweenFindingAndReading(write: () => Promise<void>): () => void {
  const store = server.composed.store as { transaction: Store['transaction'] }
  const { transaction } = store
  store.transaction = (work) =>
    transaction((tx) => {
      const resolve: Transaction['resources']['resolve'] = async (...asked) => {
        const matches = await tx.resources.resolve(...asked)
        await write()
        return matches
      }
      return work({ ...tx, resources: { ...tx.resources, resolve } })
    })
  return () => {
    store.transaction = transaction
  }
}

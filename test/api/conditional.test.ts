import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { aPatient } from '../support/resources.ts'
import { administrator, type Client, person, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
})
after(() => server.close())

const system = 'urn:mrn'
const identified = (value: string, more: object = {}) => aPatient({ identifier: [{ system, value }], ...more })
const by = (value: string) => `Patient?identifier=${system}|${value}`
const made = async (value: string, more: object = {}) =>
  (await admin.post('Patient', identified(value, more)).expect(201)).body as { id: string; gender: string }
const total = async (value: string) =>
  (await admin.get(`${by(value)}&_total=accurate`).expect(200)).body.total as number
const versionOf = async (id: string) => (await admin.get(`Patient/${id}`).expect(200)).body.meta.versionId as string
async function audited(id: string, interaction: string): Promise<number> {
  const rows = await server.composed.store.query('select from audit where id = $1 and interaction = $2', [
    id,
    interaction,
  ])
  return rows.length
}

describe('conditional read', () => {
  test('what the client has already answers 304 without a body, and with its ETag', async () => {
    const { id } = await made(randomUUID())
    const { headers, text } = await admin.get(`Patient/${id}`).set('if-none-match', 'W/"1"').expect(304)
    assert.equal(headers['etag'], 'W/"1"')
    assert.equal(text, '')
    await admin.get(`Patient/${id}`).set('if-none-match', 'W/"7", W/"1"').expect(304)
    await admin.get(`Patient/${id}`).set('if-none-match', '*').expect(304)
    await admin.get(`Patient/${id}/_history/1`).set('if-none-match', 'W/"1"').expect(304)
    await admin.get(`Patient/${id}`).set('if-none-match', 'W/"2"').expect(200)
  })

  test('what has not changed since Last-Modified answers 304; If-None-Match goes before', async () => {
    const { id } = await made(randomUUID())
    const { headers } = await admin.get(`Patient/${id}`).expect(200)
    const seen = headers['last-modified']!
    await admin.get(`Patient/${id}`).set('if-modified-since', seen).expect(304)
    await admin.head(`Patient/${id}`).set('if-modified-since', seen).expect(304)
    const earlier = new Date(Date.parse(seen) - 1000).toUTCString()
    await admin.get(`Patient/${id}`).set('if-modified-since', earlier).expect(200)
    await admin.get(`Patient/${id}`).set('if-modified-since', 'yesterday').expect(200)
    await admin.get(`Patient/${id}`).set('if-modified-since', seen).set('if-none-match', 'W/"2"').expect(200)
  })

  test('what is gone or not to be seen answers as without the condition, and a 304 is audited', async () => {
    const { id } = await made(randomUUID())
    const stranger = server.as(person(server, 'practitioner', 'Practitioner', 'stranger'))
    await stranger.get(`Patient/${id}`).set('if-none-match', 'W/"1"').expect(404)
    await admin.get(`Patient/${id}`).set('if-none-match', 'W/"1"').expect(304)
    assert.equal(await audited(id, 'read'), 2)
    await admin.delete(`Patient/${id}`).expect(204)
    await admin.get(`Patient/${id}`).set('if-none-match', 'W/"2"').expect(410)
  })
})

describe('conditional update', () => {
  test('without a match and without an id it creates', async () => {
    const value = randomUUID()
    const { body, headers } = await admin.put(by(value), identified(value)).expect(201)
    assert.equal(headers['location'], `${server.base}/Patient/${body.id}/_history/1`)
  })

  test('without a match and with an id it creates under the id, for those who may choose ids', async () => {
    const value = randomUUID()
    await admin.put(by(value), identified(value, { id: value })).expect(201)
    await admin.get(`Patient/${value}`).expect(200)
    const office = server.as(person(server, 'records-office', 'Practitioner', 'office'))
    const other = randomUUID()
    await office.put(by(other), identified(other, { id: other })).expect(404)
  })

  test('without a match it leaves alone what has the id of the body', async () => {
    const { id } = await made(randomUUID())
    const { body } = await admin.put(by(randomUUID()), aPatient({ id })).expect(409)
    assert.deepEqual(body.issue[0].expression, ['Patient.id'])
    assert.equal(await versionOf(id), '1')
  })

  test('one match is updated, with or without its id in the body; another id is refused', async () => {
    const value = randomUUID()
    const { id } = await made(value)
    await admin.put(by(value), identified(value, { gender: 'male' })).expect(200)
    const { body } = await admin.put(by(value), identified(value, { id, gender: 'other' })).expect(200)
    assert.equal(body.id, id)
    assert.equal(body.meta.versionId, '3')
    const refused = await admin.put(by(value), identified(value, { id: 'another' })).expect(400)
    assert.deepEqual(refused.body.issue[0].expression, ['Patient.id'])
  })

  test('several matches answer 412, and nothing is written', async () => {
    const value = randomUUID()
    const { id } = await made(value)
    await made(value)
    const { body } = await admin.put(by(value), identified(value, { gender: 'male' })).expect(412)
    assert.equal(body.issue[0].code, 'multiple-matches')
    assert.equal(await versionOf(id), '1')
  })

  test('If-Match holds for the match; without a match it is not met', async () => {
    const value = randomUUID()
    await made(value)
    const change = identified(value, { gender: 'male' })
    await admin.put(by(value), change).set('if-match', 'W/"4"').expect(412)
    await admin.put(by(value), change).set('if-match', 'W/"1"').expect(200)
    const absent = randomUUID()
    await admin.put(by(absent), identified(absent)).set('if-match', 'W/"1"').expect(412)
    assert.equal(await total(absent), 0)
  })

  test('of 20 parallel ones with one identifier exactly one creates', async () => {
    const value = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => admin.put(by(value), identified(value, { birthDate: `${1950 + n}` }))),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal(answers.filter(({ status }) => status === 200).length, 19)
    assert.equal(await total(value), 1)
  })

  for (const query of ['', '?', '?_count=1', '?colour=red', '?identifier=']) {
    test(`criteria that say nothing are refused: PUT Patient${query}`, async () => {
      await admin.put(`Patient${query}`, aPatient()).expect(400)
    })
  }
})

describe('conditional patch', () => {
  const male = [{ op: 'replace', path: '/gender', value: 'male' }]

  test('one match is patched', async () => {
    const value = randomUUID()
    const { id } = await made(value)
    const { body } = await admin.patch(by(value), male).expect(200)
    assert.equal(body.id, id)
    assert.equal(body.gender, 'male')
    await admin.patch(by(value), male).set('if-match', 'W/"1"').expect(412)
  })

  test('no match answers 404, several 412', async () => {
    const value = randomUUID()
    await admin.patch(by(value), male).expect(404)
    await made(value)
    await made(value)
    await admin.patch(by(value), male).expect(412)
  })
})

describe('conditional delete', () => {
  test('one match is deleted; again, nothing matches, which is what was asked for', async () => {
    const value = randomUUID()
    const { id } = await made(value)
    await admin.delete(by(value)).expect(204)
    await admin.get(`Patient/${id}`).expect(410)
    await admin.delete(by(value)).expect(204)
  })

  test('several matches answer 412, and nothing is deleted', async () => {
    const value = randomUUID()
    await made(value)
    await made(value)
    await admin.delete(by(value)).expect(412)
    assert.equal(await total(value), 2)
  })

  test('criteria that say nothing are refused', async () => {
    await admin.delete('Patient').expect(400)
    await admin.delete('Patient?_count=1').expect(400)
  })

  test('a stale If-Match is refused', async () => {
    const value = randomUUID()
    await made(value)
    await admin.delete(by(value)).set('if-match', 'W/"3"').expect(412)
    await admin.delete(by(value)).set('if-match', 'W/"1"').expect(204)
  })
})

test('CONDITIONAL_DELETE_LIMIT lets one conditional delete take several, all or none, and no more than that', async () => {
  const generous = await startServer({ CONDITIONAL_DELETE_LIMIT: '3' })
  try {
    const office = generous.as(administrator())
    const { body } = await office.get('/fhir/metadata').expect(200)
    const ofPatient = body.rest[0].resource.find(({ type }: { type: string }) => type === 'Patient')
    assert.equal(ofPatient.conditionalDelete, 'multiple')
    const write = async () => (await office.post('Patient', identified('some')).expect(201)).body.id as string
    const ids = [await write(), await write(), await write(), await write()]
    await office.delete(by('some')).expect(412)
    await office.delete(`Patient/${ids[0]}`).expect(204)
    await office.delete(by('some')).expect(204)
    for (const id of ids) await office.get(`Patient/${id}`).expect(410)
  } finally {
    await generous.close()
  }
})

describe('what the caller may not see counts as absent', () => {
  test('a conditional write of a stranger answers as if the match were not there', async () => {
    const value = randomUUID()
    const { id } = await made(value)
    const stranger = server.as(person(server, 'practitioner', 'Practitioner', 'stranger'))
    const seen = await Promise.all([
      stranger.patch(by(value), []),
      stranger.delete(by(value)),
      stranger.put(by(value), identified(value, { id: 'mine' })),
    ])
    const unknown = randomUUID()
    const absent = await Promise.all([
      stranger.patch(by(unknown), []),
      stranger.delete(by(unknown)),
      stranger.put(by(unknown), identified(unknown, { id: 'mine' })),
    ])
    assert.deepEqual(
      seen.map(({ status }) => status),
      absent.map(({ status }) => status),
    )
    assert.equal(await versionOf(id), '1')
  })

  test('scopes that cannot search, or cannot write, are told so before anything is looked up', async () => {
    const value = randomUUID()
    await made(value)
    for (const granted of ['user/Patient.rud', 'user/Patient.rs']) {
      const limited = server.as({ ...administrator(), scopes: scopes(granted) })
      await limited.put(by(value), identified(value)).expect(403)
      await limited.patch(by(value), []).expect(403)
      await limited.delete(by(value)).expect(403)
      await limited.delete(by(randomUUID())).expect(403)
    }
  })
})

describe('an update that changes nothing', () => {
  test('keeps the version, its ETag and its time, and is audited', async () => {
    const { id } = await made(randomUUID())
    const { body: stored, headers } = await admin.get(`Patient/${id}`).expect(200)
    const { resourceType, ...elements } = stored
    const reordered = Object.fromEntries(Object.entries({ ...elements, resourceType }).reverse())
    const again = await admin.put(`Patient/${id}`, reordered).expect(200)
    assert.equal(again.headers['etag'], 'W/"1"')
    assert.equal(again.headers['last-modified'], headers['last-modified'])
    assert.deepEqual(again.body, stored)
    const { meta: _meta, ...without } = stored
    await admin.put(`Patient/${id}`, without).expect(200)
    await admin.patch(`Patient/${id}`, [{ op: 'test', path: '/gender', value: 'female' }]).expect(200)
    assert.equal(await versionOf(id), '1')
    assert.equal((await admin.get(`Patient/${id}/_history`)).body.total, 1)
    assert.equal(await audited(id, 'update'), 2)
    assert.equal(await audited(id, 'patch'), 1)
  })

  test('another precision of a number is a change', async () => {
    const text = (value: string, id = '') =>
      `{"resourceType":"Observation",${id}"status":"final","code":{"text":"x"},"valueQuantity":{"value":${value}}}`
    const { body } = await admin.post('Observation', text('1.0')).expect(201)
    const put = (value: string) => admin.put(`Observation/${body.id}`, text(value, `"id":"${body.id}",`)).expect(200)
    assert.equal((await put('1.0')).headers['etag'], 'W/"1"')
    assert.equal((await put('1.00')).headers['etag'], 'W/"2"')
  })

  test('still needs the version that If-Match names', async () => {
    const { id } = await made(randomUUID())
    const { body } = await admin.get(`Patient/${id}`)
    await admin.put(`Patient/${id}`, body).set('if-match', 'W/"2"').expect(412)
    await admin.put(`Patient/${id}`, body).set('if-match', 'W/"1"').expect(200)
  })
})

test('If-None-Match: * on an update writes only what is not there', async () => {
  const id = randomUUID()
  await admin.put(`Patient/${id}`, aPatient({ id })).set('if-none-match', '*').expect(201)
  await admin
    .put(`Patient/${id}`, aPatient({ id, gender: 'male' }))
    .set('if-none-match', '*')
    .expect(412)
  assert.equal(await versionOf(id), '1')
})

test('If-Match takes lists, and * for whichever version is current; what it does not understand is refused', async () => {
  const { id } = await made(randomUUID())
  const write = (n: number, ifMatch: string) =>
    admin.put(`Patient/${id}`, aPatient({ id, language: `x-${n}` })).set('if-match', ifMatch)
  await write(2, 'W/"7", W/"1",').expect(200)
  await write(3, '*').expect(200)
  await write(4, 'W/"1", W/"2"').expect(412)
  await write(4, '"abc"').expect(412)
  for (const header of ['abc', 'W/3x', '*, W/"3"']) await write(4, header).expect(400)
  await admin
    .put('Patient/none', aPatient({ id: 'none' }))
    .set('if-match', '*')
    .expect(412)
  const absent = randomUUID()
  await admin.put(by(absent), identified(absent)).set('if-match', '*').expect(412)
  await admin.patch(`Patient/${id}`, []).set('if-match', '*').expect(200)
  assert.equal(await versionOf(id), '3')
  await admin.delete(`Patient/${id}`).set('if-match', '*').expect(204)
})

test('parallel writes with If-Match: * all find their place', async () => {
  const { id } = await made(randomUUID())
  const writes = Array.from({ length: 5 }, (_, n) =>
    admin.patch(`Patient/${id}`, [{ op: 'add', path: '/language', value: `x-${n}` }]).set('if-match', '*'),
  )
  assert.deepEqual(new Set((await Promise.all(writes)).map(({ status }) => status)), new Set([200]))
  assert.equal(await versionOf(id), '6')
})

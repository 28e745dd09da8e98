import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, anObservation } from '../support/resources.ts'
import { type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
let doctor: SomePerson
let anna: SomePerson
let result: string

const tag = { system: 'http://example.org/tags', code: 'blue', display: 'Blue' }
const restricted = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }
const given = (valueMeta: object) => ({ resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta }] })

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  admin = people.admin
  doctor = await people.doctor()
  anna = await people.patient({
    generalPractitioner: [doctor.reference],
    meta: { tag: [{ system: 'http://example.org/tags', code: 'patients' }] },
  })
  const { body } = await admin.post('Observation', anObservation(anna.name, { performer: [doctor.reference] }))
  result = `Observation/${body.id}`
  const hidden = anObservation((await people.patient()).name, { meta: { tag: [{ code: 'hidden' }] } })
  assert.equal((await admin.post('Observation', hidden)).status, 201)
})
after(() => server.close())

async function metaOf(client: Client, path: string) {
  const { status, body } = await client.get(`${path}$meta`)
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual([body.resourceType, body.parameter[0].name], ['Parameters', 'return'])
  return body.parameter[0].valueMeta ?? {}
}

describe('$meta-add and $meta-delete', () => {
  test('make a new version with more or fewer labels, and nothing else changed', async () => {
    const before = (await admin.get(result)).body
    const added = await doctor.client.post(`${result}/$meta-add`, given({ tag: [tag] }))
    assert.equal(added.status, 200, JSON.stringify(added.body))
    assert.deepEqual(added.body.parameter[0].valueMeta.tag, [tag])
    const { meta, ...rest } = (await admin.get(result)).body
    assert.deepEqual([meta.tag, meta.versionId], [[tag], '2'])
    assert.deepEqual({ ...rest, meta: before.meta }, before)
    const found = await admin.get('Observation?_tag=blue')
    assert.equal(found.body.total, 1, 'the index knows it')
    const removed = await doctor.client.post(`${result}/$meta-delete`, given({ tag: [{ ...tag, display: 'other' }] }))
    assert.equal(removed.body.parameter[0].valueMeta.tag, undefined)
    assert.equal((await admin.get('Observation?_tag=blue')).body.total, 0)
  })

  test('that change nothing make no version', async () => {
    await admin.post(`${result}/$meta-add`, given({ tag: [tag] }))
    const { versionId } = await metaOf(admin, `${result}/`)
    await admin.post(`${result}/$meta-add`, given({ tag: [tag] }))
    await admin.post(`${result}/$meta-delete`, given({ tag: [{ code: 'green' }] }))
    assert.equal((await metaOf(admin, `${result}/`)).versionId, versionId)
  })

  test('security labels are raised by whoever may write, and lowered by the privacy officer alone', async () => {
    assert.equal((await doctor.client.post(`${result}/$meta-add`, given({ security: [restricted] }))).status, 200)
    const { status, body } = await doctor.client.post(`${result}/$meta-delete`, given({ security: [restricted] }))
    assert.deepEqual([status, body.issue[0].expression], [403, ['Observation.meta.security']])
    assert.equal((await admin.post(`${result}/$meta-delete`, given({ security: [restricted] }))).status, 200)
  })

  test('are writes: seen but not to be changed is 403, not to be seen 404, by GET 405, without a meta 400', async () => {
    const document = await admin.post('DocumentReference', aDocumentReference(anna.name))
    const path = `DocumentReference/${document.body.id}`
    assert.equal((await anna.client.post(`${path}/$meta-add`, given({ tag: [tag] }))).status, 403)
    assert.equal((await doctor.client.post(`${path}/$meta-add`, given({ tag: [tag] }))).status, 404)
    assert.equal((await admin.post('Observation/none/$meta-add', given({ tag: [tag] }))).status, 404)
    assert.equal((await admin.get(`${path}/$meta-add`)).status, 405)
    assert.equal((await admin.post(`${path}/$meta-add`, { resourceType: 'Parameters' })).status, 400)
    assert.equal((await admin.post(`${path}/$meta-add`, given({ tag: 'x' }))).status, 400)
    assert.equal((await admin.post('Binary/1/$meta-add', given({ tag: [tag] }))).status, 404)
  })

  test('twenty at once all find their place', async () => {
    const codes = Array.from({ length: 20 }, (_, n) => `t${n}`)
    const answers = await Promise.all(
      codes.map((code) => admin.post(`${result}/$meta-add`, given({ tag: [{ code }] }))),
    )
    const stored = answers.filter(({ status }) => status === 200).length
    const { tag: tags } = await metaOf(admin, `${result}/`)
    assert.equal(tags.filter(({ code }: { code: string }) => codes.includes(code)).length, stored)
    assert.ok(answers.every(({ status }) => status === 200 || status === 409))
  })
})

describe('$meta', () => {
  test('of a type and of the system tells the labels in use among what the caller may see', async () => {
    const codes = (meta: { tag?: { code: string }[] }) => (meta.tag ?? []).map(({ code }) => code)
    assert.ok(codes(await metaOf(admin, 'Observation/')).includes('hidden'))
    assert.ok(!codes(await metaOf(doctor.client, 'Observation/')).includes('hidden'))
    assert.ok(codes(await metaOf(doctor.client, 'Observation/')).includes('blue'))
    assert.deepEqual(codes(await metaOf(doctor.client, 'Patient/')), ['patients'])
    const all = codes(await metaOf(doctor.client, ''))
    assert.ok(all.includes('patients') && all.includes('blue') && !all.includes('hidden'))
    assert.ok(codes(await metaOf(admin, '')).includes('hidden'))
    for (const granted of [[], scopes('user/Patient.c')]) {
      const refused = await server.as({ roles: ['practitioner'], scopes: granted }).get('$meta')
      const challenge = refused.headers['www-authenticate']
      assert.deepEqual([refused.status, challenge], [403, 'Bearer error="insufficient_scope"'])
    }
  })

  test('of one resource is what it carries', async () => {
    assert.equal((await metaOf(anna.client, `${anna.name}/`)).tag[0].code, 'patients')
    assert.equal((await anna.client.get('Patient/nobody/$meta')).status, 404)
  })
})

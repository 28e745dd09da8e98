import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { people as roles, seeds } from '../support/role-matrix-seeds.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, anObservation, aTransaction } from '../support/resources.ts'
import { type Client, person, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  people = peopleOf(server)
})
after(() => server.close())

describe('the record of a patient', () => {
  const own = ['Communication', 'Consent', 'DocumentReference', 'Binary']
  /** The patient's own to change as far as their content rules go, which have tests of their own. */
  const ownRows = ['Consent', 'Communication', 'Task', 'Binary']
  let patient: Client

  before(async () => {
    for (const { resource } of seeds) {
      const { status, body } = await people.admin.put(`${resource.resourceType}/${resource.id}`, resource)
      assert.equal(status, 201, JSON.stringify(body))
    }
    patient = server.as(person(server, 'patient', 'Patient', roles.patient.split('/')[1]!))
  })

  test('PT-1: each verb that writes answers 403 where the patient may read, and 404 where not', async () => {
    const others = seeds.filter(({ resource, inside }) => !ownRows.includes(resource.resourceType) || !inside.patient)
    for (const { resource } of others) {
      const name = `${resource.resourceType}/${resource.id}`
      const seen = (await patient.get(name)).status
      assert.ok(seen === 200 || seen === 404, `${name}: ${seen}`)
      const kept = resource.resourceType === 'AuditEvent'
      const expected = kept ? 405 : seen === 200 ? 403 : 404
      const answers = {
        put: await patient.put(name, { ...resource, language: 'en' }),
        patch: await patient.patch(name, [{ op: 'add', path: '/language', value: 'en' }]),
        delete: await patient.delete(name),
        transaction: await patient.post(
          '',
          aTransaction({ resource: { ...resource, language: 'en' }, request: { method: 'PUT', url: name } }),
        ),
      }
      for (const [verb, { status }] of Object.entries(answers)) {
        // Nobody patches bytes.
        const impossible = verb === 'patch' && resource.resourceType === 'Binary'
        assert.equal(status, impossible ? 405 : expected, `${verb} ${name}`)
      }
    }
  })

  test('PT-1: nothing new is written but messages, consents and uploads, of any type of R4', async () => {
    const { body } = await server.anonymous.get('metadata').set('accept', 'application/fhir+json')
    const types = (body.rest[0].resource as { type: string }[]).map(({ type }) => type)
    assert.ok(types.length > 140)
    for (const type of types.filter((one) => !own.includes(one))) {
      const { status } = await patient.post(type, { resourceType: type })
      assert.equal(status, 403, type)
      assert.equal((await patient.put(`${type}/${randomUUID()}`, { resourceType: type })).status >= 400, true, type)
    }
  })

  test('PT-1: an upload is marked as the patient’s own, and about nobody else', async () => {
    const upload = (subject: string, more: object) =>
      patient.post('DocumentReference', aDocumentReference(subject, more))
    const category = [{ coding: [{ code: 'patient-upload' }] }]
    const author = [{ reference: roles.patient }]
    assert.equal((await upload(roles.patient, { category, author })).status, 201)
    assert.equal((await upload(roles.patient, { author })).status, 403)
    assert.ok((await upload('Patient/stranger', { category, author })).status >= 403)
  })
})

describe('another patient', () => {
  let anna: SomePerson
  let ben: SomePerson
  let document: string
  let result: string
  before(async () => {
    anna = await people.patient()
    const family = `F${randomUUID()}`
    ben = await people.patient({ name: [{ family }], birthDate: '1971-02-03' })
    const stored = async (resource: { resourceType: string }) => {
      const { status, body } = await people.admin.post(resource.resourceType, resource)
      assert.equal(status, 201, JSON.stringify(body))
      return `${resource.resourceType}/${body.id}`
    }
    document = await stored(aDocumentReference(ben.name))
    result = await stored(anObservation(ben.name))
    await stored(anObservation(anna.name, { focus: [ben.reference], derivedFrom: [{ reference: result }] }))
  })

  test('PT-2: is not there by id, version, history or operation', async () => {
    const names = [ben.name, document, result]
    const paths = [
      ...names.flatMap((name) => [name, `${name}/_history`, `${name}/_history/1`, `${name}/$meta`]),
      `${ben.name}/$everything`,
      `${ben.name}/Observation`,
    ]
    for (const path of paths) {
      const { status, body } = await anna.client.get(path)
      assert.ok(
        status === 404 || (status === 200 && (body.total ?? body.entry?.length ?? 0) === 0),
        `${path}: ${status}`,
      )
    }
  })

  test('PT-2: is in no search, count, sort, inclusion, chain or history of a type', async () => {
    const paths = [
      `Patient?_id=${ben.id}`,
      'Patient?birthdate=1971-02-03',
      'Patient?_sort=family',
      `Observation?patient=${ben.id}`,
      `Observation?subject=${ben.name}`,
      'Observation?patient.birthdate=1971-02-03',
      `Observation?_id=${result.split('/')[1]}`,
      `DocumentReference?patient=${ben.id}`,
      `DocumentReference?_id=${document.split('/')[1]}`,
      `Patient?_has:Observation:patient:_id=${result.split('/')[1]}`,
    ]
    for (const path of paths) {
      const { status, body } = await anna.client.get(path)
      assert.equal(status, 200, path)
      assert.ok(!found(body), path)
      const { body: count } = await anna.client.get(`${path}&_summary=count`)
      assert.equal(count.total, path === 'Patient?_sort=family' ? 1 : 0, path)
    }
    const wide = [
      'Observation?_include=Observation:subject&_include=Observation:focus&_include=Observation:derived-from',
      'Patient?_revinclude=Observation:subject&_revinclude=DocumentReference:subject',
      'Observation/_history',
      'Patient/_history',
      '_history',
    ]
    for (const path of wide) {
      const { status, body } = await anna.client.get(path)
      assert.equal(status, 200, path)
      assert.ok(!found(body), path)
    }
  })

  test('PT-2: is in no batch or transaction, and is told apart from nobody by a condition', async () => {
    const requests = [ben.name, document, result, `Observation?patient=${ben.id}`].map((url) => {
      return { request: { method: 'GET', url } }
    })
    for (const type of ['batch', 'transaction']) {
      const { body } = await anna.client.post('', { resourceType: 'Bundle', type, entry: requests })
      assert.ok(!found(body), type)
    }
    const deleted = await Promise.all(
      [ben.id, randomUUID()].map(async (id) => (await anna.client.delete(`Observation?patient=${id}`)).status),
    )
    assert.equal(deleted[0], deleted[1])
  })

  /** Whether the answer, or a Bundle in it, holds a resource of Ben's. */
  function found({ entry = [] }: Bundle): boolean {
    const names = [ben.name, document, result]
    return entry.some(({ resource }) => {
      if (!resource) return false
      return names.includes(`${resource.resourceType}/${resource.id}`) || found(resource)
    })
  }
})

interface Bundle {
  readonly entry?: readonly { readonly resource?: Bundle & { readonly resourceType: string; readonly id: string } }[]
}

describe('an invitation', () => {
  const activate = (body: object) =>
    server.anonymous.raw('post')('/activate').set('accept', 'application/json').send(body)
  const credentials = () => ({ email: `${randomUUID()}@example.org`, password: 'a long enough password 7' })

  test('PT-5: is for one account, once, and dies after five tries with a wrong birth date', async () => {
    const invited = async () => {
      const { id } = await people.patient({ birthDate: '1980-02-03' })
      const { status, body } = await people.admin.post(`Patient/${id}/$invite`, { resourceType: 'Parameters' })
      assert.equal(status, 200, JSON.stringify(body))
      return body.parameter[0].valueString as string
    }
    const right = { birthdate: '1980-02-03' }
    const code = await invited()
    assert.equal((await activate({ ...credentials(), ...right, code })).status, 202)
    assert.equal((await activate({ ...credentials(), ...right, code })).status, 410)

    const raced = await invited()
    const all = Array.from({ length: 4 }, () => activate({ ...credentials(), ...right, code: raced }))
    const statuses = (await Promise.all(all)).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [202, 410, 410, 410])

    const guessed = await invited()
    const guess = async () => (await activate({ ...credentials(), birthdate: '1980-02-04', code: guessed })).status
    assert.deepEqual([await guess(), await guess(), await guess(), await guess(), await guess()], Array(5).fill(422))
    assert.equal((await activate({ ...credentials(), ...right, code: guessed })).status, 410)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { grantObligation } from '../../src/access/obligations.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, aTransaction, posted } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let [anna, ben, third] = [] as unknown as [SomePerson, SomePerson, SomePerson]
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  people = peopleOf(server)
  ;[anna, ben, third] = [await people.doctor(), await people.doctor(), await people.doctor()]
})
after(() => server.close())

const text = 'Shall we meet at noon?'

interface Message {
  readonly id: string
  readonly [element: string]: unknown
}

function aMessage(to: readonly SomePerson[], more: object = {}) {
  const recipient = to.map(({ reference }) => reference)
  return {
    resourceType: 'Communication',
    status: 'in-progress',
    recipient,
    payload: [{ contentString: text }],
    ...more,
  }
}

async function sent(by: SomePerson, to: readonly SomePerson[], more: object = {}): Promise<Message> {
  const { status, body } = await by.client.post('Communication', aMessage(to, more))
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const markRead = (by: SomePerson, { id }: Message) => by.client.raw('post')(`/fhir/Communication/${id}/$mark-read`)
const idsOf = (body: { entry?: { resource: Message }[] }) => (body.entry ?? []).map(({ resource }) => resource.id)
const found = async (by: SomePerson, query: string) => idsOf((await by.client.get(`Communication?${query}`)).body)
const unread = async (by: SomePerson) => {
  const system = `${server.base}/CodeSystem/unread`
  const { body } = await by.client.get(`Communication?_tag=${system}|${by.name}&recipient=${by.name}&_summary=count`)
  return body.total as number
}
const takeBack = (by: SomePerson, message: object & { id: string }, more: object = {}) =>
  by.client.put(`Communication/${message.id}`, { ...message, status: 'stopped', ...more })

test('MSG-1: sender and recipient see a message; a third doctor and an administrator do not, by no way', async () => {
  const message = await sent(anna, [ben])
  const path = `Communication/${message.id}`
  for (const { client } of [anna, ben]) assert.equal((await client.get(path)).status, 200)
  for (const client of [third.client, people.admin]) {
    for (const way of [path, `${path}/_history/1`, `${path}/_history`])
      assert.equal((await client.get(way)).status, 404)
    for (const query of [`_id=${message.id}`, `sender=${anna.name}`, `recipient=${ben.name}`]) {
      const { body } = await client.get(`Communication?${query}&_summary=count`)
      assert.equal(body.total, 0, query)
    }
    assert.equal((await client.raw('post')(`/fhir/${path}/$mark-read`)).status, 404)
  }
})

test('MSG-2: sent to and received from one person are exactly the messages of the two, newest first', async () => {
  const [me, other, stranger] = [await people.doctor(), await people.doctor(), await people.doctor()]
  const to = [await sent(me, [other]), await sent(me, [other, stranger])]
  const from = [await sent(other, [me]), await sent(other, [me])]
  await sent(me, [stranger])
  await sent(stranger, [me])
  const byTime = (messages: Message[]) => messages.map(({ id }) => id).reverse()
  assert.deepEqual(await found(me, `sender=${me.name}&recipient=${other.name}&_sort=-sent`), byTime(to))
  assert.deepEqual(await found(me, `recipient=${me.name}&sender=${other.name}&_sort=-sent`), byTime(from))
})

describe('MSG-3: a document in a message', () => {
  test('MSG-3: is open to the recipients of that message alone, not to who is written to later', async () => {
    const patient = await people.patient({ generalPractitioner: [anna.reference] })
    const { body } = await anna.client.post('DocumentReference', aDocumentReference(patient.name))
    const document = `DocumentReference/${body.id}`
    assert.equal((await ben.client.get(document)).status, 404)
    const carried = { payload: [{ contentString: text }, { contentReference: { reference: document } }] }
    const message = await sent(anna, [ben], carried)
    assert.equal((await ben.client.get(document)).status, 200)
    await sent(anna, [ben, third], { inResponseTo: [{ reference: `Communication/${message.id}` }] })
    assert.equal((await third.client.get(document)).status, 404)
  })
})

test('MSG-4: a document that was given without the right to pass it on stops the whole message: 403, nothing is stored', async () => {
  const patient = await people.patient({ generalPractitioner: [anna.reference] })
  const { body } = await anna.client.post('DocumentReference', aDocumentReference(patient.name))
  const document = `DocumentReference/${body.id}`
  const consent = await patient.client.post('Consent', {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    policyRule: { text: 'as agreed' },
    patient: patient.reference,
    provision: {
      type: 'permit',
      actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: ben.reference }],
      data: [{ meaning: 'instance', reference: { reference: document } }],
      extension: [{ url: grantObligation, valueCode: 'no-reshare' }],
    },
  })
  assert.equal(consent.status, 201, JSON.stringify(consent.body))
  assert.equal((await ben.client.get(document)).status, 200)
  const [written, received] = [await found(ben, `sender=${ben.name}`), await found(third, `recipient=${third.name}`)]
  const carried = { payload: [{ contentString: text }, { contentReference: { reference: document } }] }
  const refused = await ben.client.post('Communication', aMessage([third], carried))
  assert.equal(refused.status, 403, JSON.stringify(refused.body))
  assert.equal((await third.client.get(document)).status, 404)
  assert.deepEqual(await found(ben, `sender=${ben.name}`), written)
  assert.deepEqual(await found(third, `recipient=${third.name}`), received)
  const consents = await patient.client.get(`Consent?patient=${patient.id}&_summary=count`)
  assert.equal(consents.body.total, 1)
})

describe('MSG-5: a message that is taken back', () => {
  test('MSG-5: before anybody read it has no text left, in no version, and is unread by nobody', async () => {
    const message = await sent(anna, [ben])
    const before = await unread(ben)
    assert.equal((await takeBack(anna, message)).status, 200)
    assert.equal(await unread(ben), before - 1)
    for (const path of ['', '/_history', '/_history/1', '/_history/2']) {
      for (const { client } of [anna, ben]) {
        const answer = await client.get(`Communication/${message.id}${path}`)
        assert.equal(answer.status, 200)
        assert.ok(!JSON.stringify(answer.body).includes(text), path)
      }
    }
    assert.equal((await ben.client.get(`Communication/${message.id}`)).body.status, 'stopped')
  })

  test('MSG-5: after somebody read it only says so', async () => {
    const message = await sent(anna, [ben, third])
    const { body: read } = await markRead(ben, message)
    const { status, body } = await takeBack(anna, read, { payload: undefined })
    assert.equal(status, 200, JSON.stringify(body))
    const { body: seen } = await third.client.get(`Communication/${message.id}`)
    assert.deepEqual([seen.status, seen.payload[0].contentString], ['stopped', text])
    assert.equal((await markRead(third, message)).status, 409)
  })

  test('is its sender’s to take back, and nobody else’s to change', async () => {
    const message = await sent(anna, [ben])
    assert.equal((await takeBack(ben, message)).status, 403)
    const altered = await takeBack(anna, message, { payload: [{ contentString: 'I never said that.' }] })
    assert.equal((await ben.client.get(`Communication/${message.id}`)).body.payload, undefined)
    assert.ok(!JSON.stringify(altered.body).includes('never said'))
  })
})

describe('MSG-6: nobody writes in another’s name', () => {
  test('MSG-6: a forged sender is 422, in a POST, in a transaction and in a draft', async () => {
    const forged = aMessage([ben], { sender: third.reference })
    assert.equal((await anna.client.post('Communication', forged)).status, 422)
    assert.equal((await anna.client.post('/fhir', aTransaction(posted(forged)))).status, 422)
    const draft = await sent(anna, [ben], { status: 'preparation' })
    const { status } = await anna.client.put(`Communication/${draft.id}`, { ...draft, sender: third.reference })
    assert.equal(status, 422)
  })

  test('nor is a notification of the server, a receipt or a time of receipt forged', async () => {
    const category = [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'notification' }] },
    ]
    const url = 'https://chartshare.example/fhir/StructureDefinition/read-receipt'
    const receipt = [
      { url: 'who', valueReference: ben.reference },
      { url: 'at', valueDateTime: '2026-01-01T12:00:00Z' },
    ]
    const extension = [{ url, extension: receipt }]
    const sentAlready = await sent(anna, [ben])
    const added = await anna.client.put(`Communication/${sentAlready.id}`, { ...sentAlready, extension })
    assert.deepEqual([added.status, added.body.issue[0].expression], [422, ['Communication.extension']])
    for (const more of [{ category }, { extension }, { received: '2024-01-01T00:00:00Z' }]) {
      assert.equal((await anna.client.post('Communication', aMessage([ben], more))).status, 422, JSON.stringify(more))
    }
    assert.deepEqual(await found(ben, `category=notification&sender=${anna.name}`), [])
  })
})

describe('who has read a message', () => {
  test('is told per recipient; it is completed when all have', async () => {
    const message = await sent(anna, [ben, third])
    const before = [await unread(ben), await unread(third)]
    const one = await markRead(ben, message)
    assert.equal(one.status, 200, JSON.stringify(one.body))
    assert.equal(one.body.status, 'in-progress')
    assert.deepEqual([await unread(ben), await unread(third)], [before[0]! - 1, before[1]])
    const two = await markRead(third, message)
    assert.equal(two.body.status, 'completed')
    assert.ok(two.body.received)
    assert.equal(two.body.extension.length, 2)
    assert.deepEqual((await markRead(ben, message)).body, two.body)
  })

  test('what one person received is unread by received:missing as well', async () => {
    const reader = await people.doctor()
    const message = await sent(anna, [reader])
    const missing = `recipient=${reader.name}&received:missing=true`
    assert.deepEqual(await found(reader, missing), [message.id])
    await markRead(reader, message).expect(200)
    assert.deepEqual(await found(reader, missing), [])
  })

  test('is said by recipients alone, and by all of them at once', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, () => people.doctor()))
    const message = await sent(anna, readers)
    assert.equal((await markRead(anna, message)).status, 403)
    const statuses = await Promise.all(readers.map(async (one) => (await markRead(one, message)).status))
    assert.deepEqual(statuses, [200, 200, 200, 200, 200])
    const { body } = await anna.client.get(`Communication/${message.id}`)
    assert.deepEqual([body.extension.length, body.status], [5, 'completed'])
  })

  test('cannot be forged by tags', async () => {
    const system = `${server.base}/CodeSystem/unread`
    const message = await sent(anna, [ben], { meta: { tag: [{ system, code: third.name }] } })
    const { tag } = message['meta'] as { tag: object[] }
    assert.deepEqual(tag, [{ system, code: ben.name }])
  })
})

describe('a thread', () => {
  test('is found by its first message, which every reply names', async () => {
    const first = await sent(anna, [ben])
    const answer = await sent(ben, [anna], { inResponseTo: [{ reference: `Communication/${first.id}` }] })
    const third = await sent(anna, [ben], { inResponseTo: [{ reference: `Communication/${answer.id}` }] })
    assert.deepEqual(third['partOf'], [{ reference: `Communication/${first.id}` }])
    assert.deepEqual(await found(ben, `part-of=Communication/${first.id}&_sort=sent`), [answer.id, third.id])
  })

  test('is not joined by who does not see what he replies to', async () => {
    const first = await sent(anna, [ben])
    const reply = aMessage([anna], { inResponseTo: [{ reference: `Communication/${first.id}` }] })
    assert.equal((await third.client.post('Communication', reply)).status, 422)
  })
})

describe('a message is refused', () => {
  test('with a file in it, and the answer says what to do', async () => {
    const payload = [{ contentAttachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }]
    const { status, body } = await anna.client.post('Communication', aMessage([ben], { payload }))
    assert.equal(status, 422)
    assert.deepEqual(body.issue[0].expression, ['Communication.payload[0].content'])
    assert.match(body.issue[0].diagnostics, /DocumentReference/)
  })

  test('to nobody, and to a suspended doctor', async () => {
    for (const recipient of [undefined, []]) {
      assert.equal((await anna.client.post('Communication', aMessage([], { recipient }))).status, 422)
    }
    const suspended = await people.doctor({ active: false })
    assert.equal((await anna.client.post('Communication', aMessage([suspended]))).status, 422)
  })

  test('to more than a hundred, to what is no person, and to who is not there', async () => {
    const refusedAt = async (recipient: readonly object[]) => {
      const { status, body } = await anna.client.post('Communication', aMessage([], { recipient }))
      assert.equal(status, 422, JSON.stringify(body))
      return body.issue[0].expression[0] as string
    }
    assert.equal(await refusedAt(Array.from({ length: 101 }, () => ben.reference)), 'Communication.recipient')
    const { body: group } = await people.admin.post('Group', { resourceType: 'Group', type: 'person', actual: true })
    const wrong = [
      { reference: `Group/${group.id}` },
      { reference: 'Practitioner/nobody' },
      { reference: 'Patient/nobody' },
    ]
    for (const one of wrong) assert.equal(await refusedAt([ben.reference, one]), 'Communication.recipient[1]')
  })
})

test('colleagues are found by name, specialty and organization', async () => {
  const colleague = await people.doctor({ name: [{ family: 'Zetterlund', given: ['Eva'] }] })
  const organization = await people.admin.post('Organization', { resourceType: 'Organization', name: 'Lakeside' })
  const specialty = [{ coding: [{ system: 'http://snomed.info/sct', code: '394579002' }] }]
  const at = { reference: `Organization/${organization.body.id}` }
  const role = {
    resourceType: 'PractitionerRole',
    active: true,
    practitioner: colleague.reference,
    organization: at,
    specialty,
  }
  assert.equal((await people.admin.post('PractitionerRole', role)).status, 201)
  for (const query of [`specialty=394579002&organization=${at.reference}`, 'practitioner.name=Zetterlund']) {
    const path = `PractitionerRole?active=true&${query}&_include=PractitionerRole:practitioner`
    const { body } = await anna.client.get(path)
    const included = body.entry.find(({ search }: { search: { mode: string } }) => search.mode === 'include')
    assert.equal(included.resource.id, colleague.id, query)
  }
})

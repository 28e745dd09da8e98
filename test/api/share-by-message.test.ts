import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { grantObligation } from '../../src/access/obligations.ts'
import { mailsTo, peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let doctor: SomePerson
let colleague: SomePerson
let third: SomePerson
let patient: SomePerson
before(async () => {
  server = await startServer()
  people = peopleOf(server)
  doctor = await people.doctor()
  colleague = await people.doctor()
  third = await people.doctor()
  patient = await people.patient({ generalPractitioner: [doctor.reference] })
})
after(() => server.close())

async function aDocument(
  by: SomePerson = doctor,
  about: SomePerson = patient,
): Promise<{ id: string; name: string; url: string }> {
  const { status, body } = await by.client.post('DocumentReference', aDocumentReference(about.name))
  assert.equal(status, 201, JSON.stringify(body))
  return { id: body.id, name: `DocumentReference/${body.id}`, url: new URL(body.content[0].attachment.url).pathname }
}

function aMessage(recipients: readonly SomePerson[], documents: readonly string[] = [], more: object = {}) {
  const attached = documents.map((reference) => ({ contentReference: { reference } }))
  return {
    resourceType: 'Communication',
    status: 'in-progress',
    recipient: recipients.map(({ reference }) => reference),
    payload: [{ contentString: 'Please have a look' }, ...attached],
    ...more,
  }
}

const sends = (by: SomePerson, message: object) => by.client.post('Communication', message)

async function rows(type: string): Promise<number> {
  const [row] = await server.composed.store.query<{ n: string }>(`select count(*) as n from "${type}"`)
  return Number(row!.n)
}

interface Granted {
  status: string
  patient: object
  performer: object[]
  provision: { type: string; data: object; period: { start: string; end: string } }
}

async function grantsTo(recipient: SomePerson, document: string): Promise<Granted[]> {
  const { body } = await people.admin.get(`Consent?actor=${recipient.name}&data=${document}`)
  return (body.entry ?? []).map(({ resource }: { resource: Granted }) => resource)
}

describe('a message with a document', () => {
  test('opens that document to its recipient, and to nobody else', async () => {
    const [shared, other] = [await aDocument(), await aDocument()]
    assert.equal((await colleague.client.get(shared.name)).status, 404)
    const { status, body } = await sends(doctor, aMessage([colleague], [shared.name]))
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal((await colleague.client.get(shared.name)).status, 200)
    assert.equal((await colleague.client.get(shared.url)).status, 200)
    assert.equal((await colleague.client.get(other.name)).status, 404)
    assert.equal((await third.client.get(shared.name)).status, 404)
    const found = await colleague.client.get(`DocumentReference?subject=${patient.name}`)
    assert.deepEqual(
      found.body.entry.map(({ resource }: { resource: { id: string } }) => resource.id),
      [shared.id],
    )
    assert.equal(found.body.total ?? 1, 1)
  })

  test('is sent by who sends it, and says when', async () => {
    const { body } = await sends(doctor, aMessage([colleague]))
    assert.deepEqual(body.sender, doctor.reference)
    assert.ok(Math.abs(Date.parse(body.sent) - Date.now()) < 60_000)
    const forged = await sends(doctor, aMessage([colleague], [], { sender: third.reference }))
    assert.equal(forged.status, 422)
    assert.deepEqual(forged.body.issue[0].expression, ['Communication.sender'])
  })

  test('makes one Consent per recipient, for thirty days, of that document alone', async () => {
    const { name } = await aDocument()
    await sends(doctor, aMessage([colleague, third], [name]))
    for (const recipient of [colleague, third]) {
      const [consent, ...more] = await grantsTo(recipient, name)
      assert.equal(more.length, 0)
      assert.deepEqual(
        [consent!.status, consent!.patient, consent!.performer],
        ['active', patient.reference, [doctor.reference]],
      )
      const { type, data, period } = consent!.provision
      assert.equal(type, 'permit')
      assert.deepEqual(data, [{ meaning: 'instance', reference: { reference: name } }])
      assert.equal(Date.parse(period.end) - Date.parse(period.start), 30 * 86_400_000)
    }
  })

  test('tells who is the patient by id, and lists him nowhere', async () => {
    const other = await people.patient({ generalPractitioner: [doctor.reference] })
    const { name } = await aDocument(doctor, other)
    await sends(doctor, aMessage([colleague], [name]))
    assert.equal((await colleague.client.get(other.name)).status, 200)
    assert.equal((await colleague.client.get(`Patient?_id=${other.id}`)).body.entry?.length ?? 0, 0)
  })

  test('is told by a mail that says nothing', async () => {
    const recipient = await people.doctor()
    const { name, id } = await aDocument()
    await sends(doctor, aMessage([recipient], [name]))
    const [mail, ...more] = mailsTo(server, recipient.email)
    assert.equal(more.length, 0)
    assert.match(mail!, /^Subject: A document was shared with you/m)
    for (const secret of [id, patient.id, 'Lindqvist', 'hello', 'Please have a look'])
      assert.ok(!mail!.includes(secret), secret)
  })
})

describe('a message is refused as a whole', () => {
  const cases: [title: string, status: number, expression: string, message: () => Promise<[SomePerson, object]>][] = [
    [
      'when the sender may read the document, not pass it on',
      403,
      'Communication.payload[1].content',
      async () => {
        const author = await people.doctor()
        const own = await people.patient({ generalPractitioner: [author.reference] })
        const { name, id } = await aDocument(author, own)
        const obligation = { url: grantObligation, valueCode: 'no-reshare' }
        const consent = aConsent(own, colleague, {
          extension: [obligation],
          data: [instance(`DocumentReference/${id}`)],
        })
        assert.equal((await own.client.post('Consent', consent)).status, 201)
        assert.equal((await colleague.client.get(name)).status, 200)
        return [colleague, aMessage([third], [name])]
      },
    ],
    [
      'when the sender cannot see the document',
      422,
      'Communication.payload[1].content',
      async () => [third, aMessage([colleague], [(await aDocument()).name])],
    ],
    [
      'when the document does not exist',
      422,
      'Communication.payload[1].content',
      async () => [doctor, aMessage([colleague], ['DocumentReference/none'])],
    ],
    [
      'when one of the recipients is not active',
      422,
      'Communication.recipient[1]',
      async () => [doctor, aMessage([colleague, await people.doctor({ active: false })], [(await aDocument()).name])],
    ],
    [
      'when the document is about another patient than the one who receives it',
      422,
      'Communication.recipient[0]',
      async () => {
        const other = await people.patient({ generalPractitioner: [doctor.reference] })
        return [doctor, aMessage([other], [(await aDocument()).name])]
      },
    ],
    ['when it goes to nobody', 422, 'Communication.recipient', async () => [doctor, aMessage([])]],
    [
      'when it carries something else than a document',
      422,
      'Communication.payload[1].content',
      async () => [doctor, aMessage([colleague], [patient.name])],
    ],
  ]
  for (const [title, status, expression, message] of cases) {
    test(`${title}: ${status}, and nothing is stored`, async () => {
      const [sender, sent] = await message()
      const before = [await rows('communication'), await rows('consent'), await rows('access_grant')]
      const answer = await sends(sender, sent)
      assert.equal(answer.status, status, JSON.stringify(answer.body))
      assert.deepEqual(answer.body.issue[0].expression, [expression])
      assert.deepEqual([await rows('communication'), await rows('consent'), await rows('access_grant')], before)
    })
  }

  test('a document that one cannot see and one that is not there are told alike', async () => {
    const { name } = await aDocument()
    const unseen = await sends(third, aMessage([colleague], [name]))
    const absent = await sends(third, aMessage([colleague], ['DocumentReference/none']))
    assert.equal(
      unseen.body.issue[0].diagnostics.replace(name, ''),
      absent.body.issue[0].diagnostics.replace('DocumentReference/none', ''),
    )
  })
})

describe('a draft', () => {
  test('shares nothing, and is the sender’s alone, until it is sent', async () => {
    const { name } = await aDocument()
    const draft = await sends(doctor, aMessage([colleague], [name], { status: 'preparation' }))
    assert.equal(draft.status, 201, JSON.stringify(draft.body))
    assert.equal(draft.body.sent, undefined)
    const path = `Communication/${draft.body.id}`
    assert.deepEqual([(await colleague.client.get(path)).status, (await colleague.client.get(name)).status], [404, 404])
    assert.equal((await doctor.client.put(path, { ...draft.body, status: 'in-progress' })).status, 200)
    assert.deepEqual([(await colleague.client.get(path)).status, (await colleague.client.get(name)).status], [200, 200])
    assert.equal((await colleague.client.get(`${path}/_history/1`)).status, 404)
  })
})

describe('a recalled message', () => {
  test('closes what it opened, on the very next request', async () => {
    const { name, url } = await aDocument()
    const { body } = await sends(doctor, aMessage([colleague, third], [name]))
    const recalled = await doctor.client.patch(`Communication/${body.id}`, [
      { op: 'replace', path: '/status', value: 'stopped' },
    ])
    assert.equal(recalled.status, 200, JSON.stringify(recalled.body))
    for (const recipient of [colleague, third]) {
      assert.equal((await recipient.client.get(name)).status, 404)
      assert.equal((await recipient.client.get(url)).status, 404)
      assert.deepEqual(
        (await grantsTo(recipient, name)).map(({ status }) => status),
        ['inactive'],
      )
    }
  })

  test('is all that can be changed once it was sent', async () => {
    const { body } = await sends(doctor, aMessage([colleague]))
    const path = `Communication/${body.id}`
    const payload = [{ contentString: 'Something else' }]
    assert.equal((await doctor.client.put(path, { ...body, payload })).status, 403)
    assert.equal((await colleague.client.put(path, { ...body, status: 'stopped' })).status, 403)
  })
})

describe('what was shared with somebody', () => {
  test('may be passed on, for no longer than it was given', async () => {
    const author = await people.doctor()
    const own = await people.patient({ generalPractitioner: [author.reference] })
    const { name, id } = await aDocument(author, own)
    const end = new Date(Date.now() + 86_400_000).toISOString()
    const period = { start: '2020-01-01', end }
    await own.client.post('Consent', aConsent(own, colleague, { period, data: [instance(`DocumentReference/${id}`)] }))
    const { status, body } = await sends(colleague, aMessage([third], [name]))
    assert.equal(status, 201, JSON.stringify(body))
    const [consent] = await grantsTo(third, name)
    assert.ok(Date.parse(consent!.provision.period.end) <= Date.parse(end) + 1000)
  })

  test('is not the recipient’s to change', async () => {
    const { name } = await aDocument()
    await sends(doctor, aMessage([colleague], [name]))
    const { body } = await colleague.client.get(name)
    assert.equal((await colleague.client.put(name, { ...body, description: 'mine' })).status, 403)
  })
})

describe('a patient', () => {
  test('writes to the own care team, about himself, and to nobody else', async () => {
    const { status, body } = await sends(patient, aMessage([doctor]))
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual([body.sender, body.subject], [patient.reference, patient.reference])
    const stranger = await sends(patient, aMessage([third]))
    assert.equal(stranger.status, 403)
    assert.deepEqual(stranger.body.issue[0].expression, ['Communication.recipient[0]'])
  })

  test('reads a message and its document without any grant', async () => {
    const { name } = await aDocument()
    const { status, body } = await sends(doctor, aMessage([patient], [name]))
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal((await patient.client.get(`Communication/${body.id}`)).status, 200)
    assert.equal((await patient.client.get(name)).status, 200)
    assert.deepEqual(await grantsTo(patient, name), [])
  })
})

test('mail is not an administrator’s to read', async () => {
  const { body } = await sends(doctor, aMessage([colleague]))
  assert.equal((await people.admin.get(`Communication/${body.id}`)).status, 404)
  assert.equal((await people.admin.get(`Communication?_id=${body.id}`)).body.entry?.length ?? 0, 0)
})

function instance(reference: string) {
  return { meaning: 'instance', reference: { reference } }
}

function aConsent(by: SomePerson, to: SomePerson, provision: object) {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: by.reference,
    policyRule: { text: 'as agreed' },
    provision: {
      type: 'permit',
      actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: to.reference }],
      ...provision,
    },
  }
}

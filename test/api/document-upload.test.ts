import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { mailsTo, peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, aTransaction, posted } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let doctor: SomePerson
let colleague: SomePerson
let patient: SomePerson
before(async () => {
  server = await startServer()
  people = peopleOf(server)
  doctor = await people.doctor()
  colleague = await people.doctor()
  patient = await people.patient({ generalPractitioner: [doctor.reference] })
})
after(() => server.close())

const bytes = Buffer.from('%PDF-1.7 a letter')
const sha1 = createHash('sha1').update(bytes).digest('base64')
const withAttachment = (attachment: object) => aDocumentReference(patient.name, { content: [{ attachment }] })
const inline = (more: object = {}) =>
  withAttachment({ contentType: 'application/pdf', data: bytes.toString('base64'), ...more })

async function uploaded(by: SomePerson): Promise<string> {
  const { status, body } = await by.client.raw('post')('Binary').set('content-type', 'application/pdf').send(bytes)
  assert.equal(status, 201)
  return `Binary/${body.id}`
}

async function rows(type: string): Promise<number> {
  const [row] = await server.composed.store.query<{ n: string }>(`select count(*) as n from "${type}"`)
  return Number(row!.n)
}

describe('a document with inline data', () => {
  test('keeps them in the attachment store, and says where, how many and which', async () => {
    const { status, body } = await doctor.client.post('DocumentReference', inline())
    assert.equal(status, 201, JSON.stringify(body))
    const { data, url, size, hash } = body.content[0].attachment
    assert.deepEqual([data, size, hash], [undefined, bytes.length, sha1])
    assert.match(url, new RegExp(`^${server.base}/Binary/`))
    const download = await doctor.client.get(new URL(url).pathname).buffer().parse(raw)
    assert.equal(download.status, 200)
    assert.match(download.headers['content-type']!, /^application\/pdf/)
    assert.deepEqual(download.body, bytes)
  })

  test('gets its author, its date and its identifier from the server', async () => {
    const { body } = await doctor.client.post('DocumentReference', inline())
    assert.deepEqual(body.author, [doctor.reference])
    assert.match(body.masterIdentifier.value, /^urn:uuid:/)
    assert.ok(Math.abs(Date.parse(body.date) - Date.now()) < 60_000)
  })

  test('is nobody else’s to read, the bytes included', async () => {
    const { body } = await doctor.client.post('DocumentReference', inline())
    const url = new URL(body.content[0].attachment.url).pathname
    assert.equal((await colleague.client.get(`DocumentReference/${body.id}`)).status, 404)
    assert.equal((await colleague.client.get(url)).status, 404)
    assert.equal((await patient.client.get(url)).status, 200)
  })

  for (const [wrong, expression] of [
    [{ size: 1 }, 'DocumentReference.content[0].attachment.size'],
    [{ hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, 'DocumentReference.content[0].attachment.hash'],
    [{ url: 'https://example.org/x' }, 'DocumentReference.content[0].attachment.url'],
    [{ contentType: undefined }, 'DocumentReference.content[0].attachment'],
  ] as const) {
    test(`that ${JSON.stringify(wrong)} contradicts is refused, and nothing is kept`, async () => {
      const before = [await rows('binary'), await rows('attachment'), await rows('documentreference')]
      const { status, body } = await doctor.client.post('DocumentReference', inline(wrong))
      assert.equal(status, 422)
      assert.deepEqual(body.issue[0].expression, [expression])
      assert.deepEqual([await rows('binary'), await rows('attachment'), await rows('documentreference')], before)
    })
  }
})

describe('who signs', () => {
  test('is who sends it: another author is refused', async () => {
    const forged = { ...inline(), author: [colleague.reference] }
    const { status, body } = await doctor.client.post('DocumentReference', forged)
    assert.equal(status, 422)
    assert.deepEqual(body.issue[0].expression, ['DocumentReference.author[0]'])
  })

  test('stays when the document is changed', async () => {
    const { body } = await doctor.client.post('DocumentReference', inline())
    const { author: _author, masterIdentifier: _identifier, ...rest } = body
    const changed = await doctor.client.put(`DocumentReference/${body.id}`, { ...rest, description: 'letter' })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.deepEqual(changed.body.author, body.author)
    assert.deepEqual(changed.body.masterIdentifier, body.masterIdentifier)
    const widened = { ...rest, author: [doctor.reference, colleague.reference] }
    assert.equal((await doctor.client.put(`DocumentReference/${body.id}`, widened)).status, 422)
  })
})

describe('a document that links an uploaded Binary', () => {
  test('gets size and hash from the stored bytes, and owns them', async () => {
    const url = await uploaded(doctor)
    const { status, body } = await doctor.client.post('DocumentReference', withAttachment({ url }))
    assert.equal(status, 201, JSON.stringify(body))
    const { contentType, size, hash } = body.content[0].attachment
    assert.deepEqual([contentType, size, hash], ['application/pdf', bytes.length, sha1])
    assert.equal((await patient.client.get(url)).status, 200)
  })

  test('may come with it in one transaction', async () => {
    const binary = 'urn:uuid:5d8a4d2e-1c1b-4b2e-9c58-0d6a1f6b7c11'
    const data = bytes.toString('base64')
    const bundle = aTransaction(
      posted(withAttachment({ url: binary })),
      posted({ resourceType: 'Binary', contentType: 'application/pdf', data } as never, { fullUrl: binary }),
    )
    const { status, body } = await doctor.client.post('/fhir', bundle)
    assert.equal(status, 200, JSON.stringify(body))
    const [document] = body.entry.map(({ response }: { response: { location: string } }) => response.location)
    const stored = await patient.client.get(document.replace(/\/_history.*/, ''))
    const { url, size, hash } = stored.body.content[0].attachment
    assert.deepEqual([size, hash], [bytes.length, sha1])
    const path = new URL(url).pathname
    assert.deepEqual((await patient.client.get(path).buffer().parse(raw)).body, bytes)
    assert.equal((await colleague.client.get(path)).status, 404)
    assert.equal((await doctor.client.delete(path)).status, 409)
  })

  test('makes it immutable: PUT and DELETE answer 409', async () => {
    const url = await uploaded(doctor)
    await doctor.client.post('DocumentReference', withAttachment({ url }))
    const put = await doctor.client.raw('put')(url).set('content-type', 'application/pdf').send(Buffer.from('other'))
    assert.equal(put.status, 409)
    assert.equal((await doctor.client.delete(url)).status, 409)
    assert.deepEqual((await doctor.client.get(url).buffer().parse(raw)).body, bytes)
  })

  test('is the only one: a second document that links the same bytes is refused', async () => {
    const url = await uploaded(doctor)
    assert.equal((await doctor.client.post('DocumentReference', withAttachment({ url }))).status, 201)
    const { status, body } = await doctor.client.post('DocumentReference', withAttachment({ url }))
    assert.equal(status, 409)
    assert.deepEqual(body.issue[0].expression, ['DocumentReference.content[0].attachment.url'])
  })

  test('of many documents that link the same bytes at once, alone or in a Bundle, one has them and nothing is left of the others', async () => {
    for (let round = 0; round < 5; round += 1) {
      const url = await uploaded(doctor)
      const before = await rows('documentreference')
      const document = withAttachment({ url })
      const inBundle = aTransaction({ resource: document, request: { method: 'POST', url: 'DocumentReference' } })
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          n % 4 === 3 ? doctor.client.post('', inBundle) : doctor.client.post('DocumentReference', document),
        ),
      )
      const statuses = answers.map(({ status }) => (status < 300 ? 'taken' : status)).sort()
      assert.deepEqual(statuses, [409, 409, 409, 409, 409, 409, 409, 'taken'])
      assert.equal(await rows('documentreference'), before + 1)
    }
  })

  test('linked while they are deleted or changed: the document has the bytes that it tells of, or there is no document', async () => {
    for (let round = 0; round < 12; round += 1) {
      const url = await uploaded(doctor)
      const other = Buffer.from('other bytes')
      const [linked, raced] = await Promise.all([
        doctor.client.post('DocumentReference', withAttachment({ url })),
        round % 2 === 0
          ? doctor.client.delete(url)
          : doctor.client.raw('put')(url).set('content-type', 'application/pdf').send(other),
      ])
      assert.ok([201, 409, 422].includes(linked.status), JSON.stringify(linked.body))
      assert.ok([200, 204, 409].includes(raced.status), JSON.stringify(raced.body))
      if (linked.status !== 201) continue
      const kept = (await doctor.client.get(url).buffer().parse(raw)).body as Buffer
      const [{ attachment }] = linked.body.content
      assert.equal(attachment.hash, createHash('sha1').update(kept).digest('base64'))
      assert.equal((await doctor.client.delete(url)).status, 409)
    }
  })

  test('two documents of one Bundle do not share them', async () => {
    const url = await uploaded(doctor)
    const entry = { resource: withAttachment({ url }), request: { method: 'POST', url: 'DocumentReference' } }
    const before = await rows('documentreference')
    assert.equal((await doctor.client.post('', aTransaction(entry, entry))).status, 409)
    assert.equal(await rows('documentreference'), before)
  })

  test('is refused where it says another size or hash than the bytes have, or names a version of them', async () => {
    const url = await uploaded(doctor)
    for (const [attachment, element] of [
      [{ url, size: 1 }, 'size'],
      [{ url, hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, 'hash'],
      [{ url: `${url}/_history/1` }, 'url'],
    ] as const) {
      const { status, body } = await doctor.client.post('DocumentReference', withAttachment(attachment))
      assert.equal(status, 422, JSON.stringify(body))
      assert.deepEqual(body.issue[0].expression, [`DocumentReference.content[0].attachment.${element}`])
    }
    await doctor.client.post('DocumentReference', withAttachment({ url, size: bytes.length, hash: sha1 })).expect(201)
  })

  test('that is elsewhere stays as it is told', async () => {
    const attachment = { contentType: 'application/pdf', url: 'https://example.org/letter.pdf' }
    const { status, body } = await doctor.client.post('DocumentReference', withAttachment(attachment))
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual(body.content[0].attachment, attachment)
  })

  test('may be brought by an administrator before its bytes are', async () => {
    const attachment = { contentType: 'application/pdf', url: 'Binary/yet-to-come' }
    await people.admin.put('DocumentReference/brought', { ...withAttachment(attachment), id: 'brought' }).expect(201)
  })

  test('cannot take what another uploaded: it answers as for bytes that do not exist', async () => {
    const url = await uploaded(colleague)
    const taken = await doctor.client.post('DocumentReference', withAttachment({ url }))
    const absent = await doctor.client.post('DocumentReference', withAttachment({ url: 'Binary/none' }))
    assert.deepEqual([taken.status, absent.status], [422, 422])
    assert.equal(
      taken.body.issue[0].diagnostics.replace(url, ''),
      absent.body.issue[0].diagnostics.replace('Binary/none', ''),
    )
  })

  test('may be changed without sending the bytes again', async () => {
    const url = await uploaded(doctor)
    const { body } = await doctor.client.post('DocumentReference', withAttachment({ url }))
    const changed = await doctor.client.put(`DocumentReference/${body.id}`, { ...body, description: 'x' })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.equal(changed.body.content[0].attachment.hash, sha1)
  })
})

describe('other resources', () => {
  test('cannot hold a Binary: it would be lost to them', async () => {
    const url = await uploaded(doctor)
    const photo = { resourceType: 'Practitioner', id: doctor.id, photo: [{ url }] }
    const stored = (await doctor.client.get(doctor.name)).body
    const { status, body } = await doctor.client.put(doctor.name, { ...stored, photo: photo.photo })
    assert.equal(status, 422)
    assert.deepEqual(body.issue[0].expression, ['Practitioner.photo[0].url'])
  })
})

describe('a patient', () => {
  const category = [{ coding: [{ code: 'patient-upload' }] }]

  test('uploads about himself, marked as such', async () => {
    const { subject: _subject, ...document } = inline() as Record<string, unknown>
    const { status, body } = await patient.client.post('DocumentReference', { ...document, category })
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual([body.subject, body.author], [patient.reference, [patient.reference]])
  })

  test('does not upload unmarked, nor about another', async () => {
    assert.equal((await patient.client.post('DocumentReference', inline())).status, 403)
    const other = await people.patient()
    const about = { ...inline(), category, subject: other.reference }
    assert.equal((await patient.client.post('DocumentReference', about)).status, 403)
  })
})

describe('a restricted document', () => {
  test('is listed for an administrator, its bytes are not his to open', async () => {
    const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }]
    const { body } = await doctor.client.post('DocumentReference', { ...inline(), meta: { security } })
    const url = new URL(body.content[0].attachment.url).pathname
    assert.equal((await people.admin.get(`DocumentReference/${body.id}`)).status, 200)
    assert.equal((await people.admin.get(url)).status, 404)
    assert.equal((await doctor.client.get(url)).status, 200)
  })

  test('is not made less so by its author', async () => {
    const securityLabel = [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }] },
    ]
    const { body } = await doctor.client.post('DocumentReference', { ...inline(), securityLabel })
    const { securityLabel: _label, ...lowered } = body
    const { status } = await doctor.client.put(`DocumentReference/${body.id}`, lowered)
    assert.equal(status, 403)
  })
})

test('no mail is sent for an upload', () => {
  assert.deepEqual(mailsTo(server, doctor.email), [])
})

function raw(response: unknown, done: (error: Error | null, body: Buffer) => void): void {
  const stream = response as NodeJS.ReadableStream
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => done(null, Buffer.concat(chunks)))
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseScopes } from '../../src/access/scopes.ts'
import { administrator, type Client, person, startServer, type TestServer } from '../support/server.ts'

/**
 * A patient allowed an app the clinical notes among the own documents. There are a note and a picture; wherever a document
 * can come from, the picture does not.
 */
const notes = 'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category|clinical-note'
const scope = [
  `patient/DocumentReference.rs?category=${notes}`,
  ...['Binary', 'Patient', 'Provenance', 'List', 'Encounter', 'Communication'].map((type) => `patient/${type}.rs`),
].join(' ')

let server: TestServer
let app: Client

const to = (reference: string) => ({ reference })
const [system, code] = notes.split('|')

function document(id: string, category: object) {
  return {
    ...{
      resourceType: 'DocumentReference',
      id,
      status: 'current',
      subject: to('Patient/self'),
      date: '2026-01-02T03:04:05Z',
    },
    ...{ category: [{ coding: [category] }], type: { text: `kind ${id}` }, description: 'haystack' },
    ...{ context: { encounter: [to('Encounter/visit')] }, identifier: [{ system: 'urn:ids', value: id }] },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">haystack</div>' },
    content: [{ attachment: { contentType: 'text/plain', url: `Binary/${id}`, title: id } }],
  }
}

before(async () => {
  server = await startServer()
  const office = server.as(administrator())
  const put = async (resource: { resourceType: string; id: string; [element: string]: unknown }) => {
    const { status, body } = await office.put(`${resource.resourceType}/${resource.id}`, resource)
    assert.ok([200, 201].includes(status), JSON.stringify(body))
  }
  await put({ resourceType: 'Patient', id: 'self', name: [{ family: 'Self' }] })
  await put({
    ...{ resourceType: 'Encounter', id: 'visit', status: 'finished', class: { code: 'AMB' } },
    subject: to('Patient/self'),
  })
  for (const id of ['note', 'picture']) {
    await put({
      resourceType: 'Binary',
      id,
      contentType: 'text/plain',
      data: Buffer.from(`of the ${id}`).toString('base64'),
    })
    await put(document(id, id === 'note' ? { system, code } : { system: 'urn:other', code: 'clinical-note' }))
    await put({
      ...{ resourceType: 'Provenance', id, target: [to(`DocumentReference/${id}`)] },
      ...{ recorded: '2026-01-01T00:00:00Z', agent: [{ who: to('Patient/self') }] },
    })
  }
  // The note refers to the picture; so do a list and a message.
  await put({
    ...document('note', { system, code }),
    relatesTo: [{ code: 'appends', target: to('DocumentReference/picture') }],
  })
  await put({
    ...{ resourceType: 'List', id: 'both', status: 'current', mode: 'working', subject: to('Patient/self') },
    entry: ['note', 'picture'].map((id) => ({ item: to(`DocumentReference/${id}`) })),
  })
  app = server.as({ ...person(server, 'patient', 'Patient', 'self'), scopes: parseScopes(scope) })
})
after(() => server.close())

interface Bundle {
  readonly total?: number
  readonly entry?: readonly { fullUrl?: string; resource?: { resourceType: string; id: string } }[]
}

async function bundle(path: string): Promise<Bundle> {
  const { status, body } = await app.get(path).set('accept', 'application/fhir+json')
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`)
  return body as Bundle
}

function namesIn({ entry = [] }: Bundle): string[] {
  return entry.map(({ resource, fullUrl = '' }) =>
    resource ? `${resource.resourceType}/${resource.id}` : fullUrl.split('/').slice(-2).join('/'),
  )
}

async function documentsOf(path: string): Promise<string[]> {
  const found = await bundle(path)
  return namesIn(found)
    .filter((name) => /^(DocumentReference|Binary)\//.test(name))
    .sort()
}

const one = ['DocumentReference/note']

describe('of a granular scope, no other document appears', () => {
  test('by its id, in a version, or in its history', async () => {
    for (const path of ['', '/_history/1', '/_history', '/$meta', '/$validate']) {
      assert.equal((await app.get(`DocumentReference/note${path}`)).status, 200, path)
      const hidden = await app.get(`DocumentReference/picture${path}`)
      const absent = await app.get(`DocumentReference/nobody${path}`)
      assert.deepEqual([hidden.status, absent.status], [404, 404], path)
      assert.equal(hidden.text.replaceAll('picture', ''), absent.text.replaceAll('nobody', ''), path)
    }
    assert.equal((await app.head('DocumentReference/picture')).status, 404)
    assert.equal((await app.get('DocumentReference/picture').set('if-none-match', 'W/"1"')).status, 404)
  })

  for (const [way, query] of [
    ['', ''],
    ['by id', '_id=picture,note'],
    ['by identifier', 'identifier=urn:ids|picture,urn:ids|note'],
    ['by another category', 'category=clinical-note'],
    ['by patient, sorted', 'patient=self&_sort=-date'],
    ['by a word', '_content=haystack'],
    ['by a word of the narrative', '_text=haystack'],
    ['by a filter', '_filter=status eq current or _id eq picture'],
    ['through a List', '_list=both'],
    ['through a chain', 'encounter:Encounter.subject=Patient/self'],
    ['through a reverse chain', '_has:Provenance:target:recorded=2026-01-01'],
    ['that it relates to', '_include=DocumentReference:relatesto'],
    ['that all it relates to', '_include=*'],
    ['that relates to it', '_revinclude=DocumentReference:relatesto'],
    ['in short form', '_summary=data'],
  ] as const) {
    test(`in a search ${way}`, async () => {
      assert.deepEqual(await documentsOf(`DocumentReference?${query}&_total=accurate`), one)
      const { total } = await bundle(`DocumentReference?${query}&_total=accurate`)
      assert.equal(total, 1)
      const posted = await app
        .raw('post')('DocumentReference/_search')
        .set('content-type', 'application/x-www-form-urlencoded')
        .send(`${query}&_total=accurate`)
      assert.deepEqual(namesIn(posted.body as Bundle), namesIn(await bundle(`DocumentReference?${query}`)))
    })
  }

  test('in a count', async () => {
    assert.equal((await bundle('DocumentReference?_summary=count')).total, 1)
    assert.equal((await bundle('DocumentReference?_id=picture&_summary=count')).total, 0)
    assert.equal((await bundle('Patient/self/DocumentReference?_summary=count')).total, 1)
  })

  test('on any page of one', async () => {
    const first = await bundle('DocumentReference?_count=1&_sort=date')
    assert.deepEqual(namesIn(first), one)
    assert.equal(JSON.stringify(first).includes('"next"'), false)
  })

  for (const [way, path] of [
    ['a search of several types', '?_type=DocumentReference,Patient,List'],
    ['a compartment', 'Patient/self/DocumentReference'],
    ['everything of a compartment', 'Patient/self/*'],
    ['the history of the type', 'DocumentReference/_history?_count=100'],
    ['an include', 'List?_include=List:item'],
    ['an iterated include', 'List?_include=List:item&_include:iterate=DocumentReference:relatesto'],
    ['an include of a Provenance', 'Provenance?_include=Provenance:target'],
    ['a reverse include', 'Patient?_revinclude=DocumentReference:subject'],
    ['a reverse include of a visit', 'Encounter?_revinclude=DocumentReference:encounter'],
    ['the whole record', 'Patient/self/$everything?_count=100'],
    ['the record of a visit', 'Encounter/visit/$everything?_count=100'],
    ['a list of documents by operation', 'DocumentReference/$docref?patient=self'],
  ] as const) {
    test(`in ${way}`, async () => {
      assert.deepEqual([...new Set(await documentsOf(path))], one)
    })
  }

  test('in a search of everything', async () => {
    assert.deepEqual(await documentsOf('?_id=picture,note'), ['Binary/note', 'DocumentReference/note'])
  })

  test('in the history of everything', async () => {
    const names = new Set(await documentsOf('_history?_count=1000'))
    assert.deepEqual([...names], ['Binary/note', 'DocumentReference/note'])
  })

  test('by what is asked of others about it', async () => {
    assert.deepEqual(await documentsOf('DocumentReference?relatesto:DocumentReference.identifier=urn:ids|picture'), [])
    const has = (id: string) => bundle(`Patient?_has:DocumentReference:subject:identifier=urn:ids|${id}`)
    assert.deepEqual(namesIn(await has('note')), ['Patient/self'])
    assert.deepEqual(namesIn(await has('picture')), [])
    const listed = (id: string) => bundle(`List?item:DocumentReference.identifier=urn:ids|${id}`)
    assert.deepEqual(namesIn(await listed('note')), ['List/both'])
    assert.deepEqual(namesIn(await listed('picture')), [])
  })

  test('as bytes', async () => {
    const open = await app.get('Binary/note').set('accept', 'text/plain').expect(200)
    assert.equal(open.text, 'of the note')
    for (const accept of ['text/plain', 'application/fhir+json', '*/*']) {
      assert.equal((await app.get('Binary/picture').set('accept', accept)).status, 404)
      assert.equal((await app.get('Binary/picture').set('accept', accept).set('range', 'bytes=0-3')).status, 404)
    }
    assert.equal((await app.get('Binary/picture/_history/1')).status, 404)
    assert.deepEqual(await documentsOf('Binary?_id=note,picture'), ['Binary/note'])
  })

  test('in a batch or a transaction', async () => {
    const entry = ['DocumentReference/picture', 'Binary/picture', 'DocumentReference?_id=picture'].map((url) => ({
      request: { method: 'GET', url },
    }))
    const { body } = await app.post('/fhir', { resourceType: 'Bundle', type: 'batch', entry }).expect(200)
    const answers = body.entry as { response: { status: string }; resource?: { total?: number } }[]
    assert.deepEqual(
      answers.map(({ response, resource }) => [Number.parseInt(response.status, 10), resource?.total]),
      [
        [404, undefined],
        [404, undefined],
        [200, 0],
      ],
    )
    const transaction = { resourceType: 'Bundle', type: 'transaction', entry: entry.slice(0, 1) }
    assert.equal((await app.post('/fhir', transaction)).status, 404)
  })

  test('through an operation that is not there', async () => {
    for (const path of ['$graphql', 'DocumentReference/picture/$graphql', 'Patient/self/$graph']) {
      assert.equal((await app.get(`${path}?query={id}`)).status, 404, path)
    }
  })

  test('by a write, which the scope has none of', async () => {
    const picture = document('picture', { system, code })
    assert.equal((await app.put('DocumentReference/picture', picture)).status, 403)
    assert.equal((await app.delete('DocumentReference/picture')).status, 403)
    const patch = [{ op: 'test', path: '/status', value: 'current' }]
    assert.equal((await app.patch('DocumentReference/picture', patch)).status, 403)
  })
})

describe('what an app with a granular scope writes', () => {
  const granted = `patient/DocumentReference.cruds?category=patient-upload patient/Communication.c patient/Binary.cr`
  const asApp = () => server.as({ ...person(server, 'patient', 'Patient', 'self'), scopes: parseScopes(granted) })

  test('lies within it', async () => {
    const upload = (category: string) => ({
      ...document('new', { code: category }),
      ...{ id: undefined, content: [{ attachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }] },
    })
    assert.equal((await asApp().post('DocumentReference', upload('patient-upload'))).status, 201)
    assert.equal((await asApp().post('DocumentReference', upload('clinical-note'))).status, 403)
  })

  test('does not pass on what it hides', async () => {
    const mail = (id: string) => ({
      ...{ resourceType: 'Communication', status: 'in-progress', sender: to('Patient/self') },
      recipient: [to('Practitioner/nobody')],
      payload: [{ contentReference: to(`DocumentReference/${id}`) }],
    })
    const hidden = await asApp().post('Communication', mail('picture'))
    const absent = await asApp().post('Communication', mail('nobody'))
    assert.equal(hidden.status, absent.status)
    assert.equal(hidden.text.replaceAll('picture', ''), absent.text.replaceAll('nobody', ''))
  })
})

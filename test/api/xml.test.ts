import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { aDocumentReference, anObservation, aPatient, aTransaction, posted } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

const { readXml, validate, writeXml } = await loadDefinitions()
const fhirXml = 'application/fhir+xml'
const answered = /^application\/fhir\+xml; charset=utf-8$/

interface Resource {
  resourceType: string
  id: string
  [element: string]: unknown
}

let server: TestServer
let admin: Client
let patient: string
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  patient = (await admin.post('Patient', aPatient())).body.id
})
after(() => server.close())

type Sent = ReturnType<Client['get']>
type Method = Parameters<Client['raw']>[0]

const asking = (request: Sent, accept: string | null = fhirXml) =>
  (accept === null ? request : request.set('accept', accept)).buffer(true)
const sending = (method: Method, target: string, resource: object | string) =>
  admin
    .raw(method)(target)
    .set('content-type', fhirXml)
    .send(typeof resource === 'string' ? resource : writeXml(resource))
    .buffer(true)

/** What an answer in XML says, after a look at its Content-Type. */
function said({ headers, text }: { headers: Record<string, string>; text: string }): Resource {
  assert.match(headers['content-type']!, answered)
  assert.match(headers['vary']!, /(?:^|, )Accept(?:,|$)/)
  return readXml(text) as Resource
}

async function jsonOf(target: string): Promise<unknown> {
  return parseJson((await admin.get(target).set('accept', 'application/fhir+json').buffer(true).expect(200)).text)
}

describe('resources in XML over HTTP', () => {
  test('a resource is created, read, updated and patched in XML, with the headers that JSON has', async () => {
    const resource = anObservation(`Patient/${patient}`, {
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>72 &lt; 80</p></div>' },
      valueQuantity: parseJson('{"value":72.0,"unit":"/min"}'),
      _effectiveDateTime: { extension: [{ url: 'http://example.org/a', valueString: 'b' }] },
    })
    const created = await sending('post', 'Observation', resource).expect(201)
    const { id, meta, ...rest } = said(created)
    assert.deepEqual(rest, resource)
    assert.deepEqual(await jsonOf(`Observation/${id}`), { id, meta, ...resource })
    assert.match(created.headers['location']!, new RegExp(`/Observation/${id}/_history/1$`))

    const read = await asking(admin.get(`Observation/${id}`)).expect(200)
    assert.equal(read.headers['etag'], 'W/"1"')
    assert.match(read.text, /<value value="72.0"\/>/)
    const updated = await sending('put', `Observation/${id}`, { ...said(read), status: 'amended' })
      .set('if-match', 'W/"1"')
      .expect(200)
    assert.equal(said(updated)['status'], 'amended')

    const operations = [{ op: 'replace', path: '/status', value: 'final' }]
    const patched = await asking(admin.patch(`Observation/${id}`, operations)).expect(200)
    assert.equal(said(patched)['status'], 'final')
    const version = await asking(admin.get(`Observation/${id}/_history/2`)).expect(200)
    assert.equal(said(version)['status'], 'amended')
    const history = said(await asking(admin.get(`Observation/${id}/_history`)).expect(200))
    assert.deepEqual(history, await jsonOf(`Observation/${id}/_history`))
    assert.equal((history['entry'] as unknown[]).length, 3)
  })

  test('a FHIRPath Patch may be sent in XML', async () => {
    const { id } = (await admin.post('Patient', aPatient()).expect(201)).body
    const part = [
      { name: 'type', valueCode: 'replace' },
      { name: 'path', valueString: 'Patient.gender' },
      { name: 'value', valueCode: 'other' },
    ]
    const patch = { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] }
    assert.equal(said(await sending('patch', `Patient/${id}`, patch).expect(200))['gender'], 'other')
  })

  test('Prefer: return=minimal answers nothing, representation the resource', async () => {
    const minimal = await sending('post', 'Patient', aPatient()).set('prefer', 'return=minimal').expect(201)
    assert.equal(minimal.text, '')
    const whole = await sending('post', 'Patient', aPatient()).set('prefer', 'return=representation').expect(201)
    assert.equal(said(whole).resourceType, 'Patient')
  })

  test('a search answers the same Bundle in both formats, by GET and by POST, with _summary, _elements and includes', async () => {
    for (const query of [
      `_id=${patient}`,
      `_id=${patient}&_summary=true`,
      `_id=${patient}&_elements=name`,
      `_id=${patient}&_revinclude=Observation:subject`,
      'name=nobody',
    ]) {
      const found = said(await asking(admin.get(`Patient?${query}`)).expect(200))
      assert.deepEqual(found, await jsonOf(`Patient?${query}`))
    }
    const form = await admin
      .raw('post')('Patient/_search')
      .type('form')
      .send(`_id=${patient}&_format=xml`)
      .buffer(true)
      .expect(200)
    assert.equal((said(form)['entry'] as unknown[]).length, 1)
  })

  test('the attachment URLs of documents are absolute', async () => {
    const document = await sending('post', 'DocumentReference', aDocumentReference(`Patient/${patient}`)).expect(201)
    assert.match(document.text, new RegExp(`<url value="${server.base}/Binary/[^"]+"/>`))
  })

  test('_pretty indents', async () => {
    const { text } = await asking(admin.get(`Patient/${patient}?_pretty=true`)).expect(200)
    assert.match(text, /\n {2}<name>\n {4}<family value="Lindqvist"\/>\n/)
  })

  test('an operation takes and answers Parameters', async () => {
    const answer = said(await asking(admin.get(`Patient/${patient}/$meta`)).expect(200))
    assert.deepEqual(answer, await jsonOf(`Patient/${patient}/$meta`))
    const invited = said(
      await sending('post', `Patient/${patient}/$invite`, { resourceType: 'Parameters' }).expect(200),
    )
    assert.deepEqual(
      (invited['parameter'] as { name: string }[]).map(({ name }) => name),
      ['code', 'expires'],
    )
    const unknown = { resourceType: 'Parameters', parameter: [{ name: 'colour', valueString: 'red' }] }
    const refused = await sending('post', `Patient/${patient}/$invite`, unknown).expect(400)
    assert.match(refused.text, /<expression value="Parameters\.parameter\[0\]/)
  })

  test('the CapabilityStatement is the same in both formats, and lists both', async () => {
    const read = said(await asking(server.anonymous.get('metadata')).expect(200))
    assert.deepEqual(read, parseJson((await server.anonymous.get('metadata').buffer(true).expect(200)).text))
    assert.deepEqual(validate(read), [])
    assert.deepEqual(read['format'], ['application/fhir+json', 'json', fhirXml, 'xml'])
  })
})

describe('Bundles in XML', () => {
  test('a transaction is stored, and its links are resolved', async () => {
    const mother = posted(aPatient({ name: [{ family: 'Ek' }] }))
    const bundle = aTransaction(mother, posted(anObservation(mother.fullUrl)))
    const { entry } = said(await sending('post', '', bundle).expect(200)) as unknown as {
      entry: { response: { status: string; location: string } }[]
    }
    assert.deepEqual(
      entry.map(({ response }) => response.status),
      ['201', '201'],
    )
    const observation = (await jsonOf(entry[1]!.response.location)) as { subject: { reference: string } }
    assert.ok(entry[0]!.response.location.startsWith(`${observation.subject.reference}/`))
  })

  test('a batch answers resources and outcomes of its entries', async () => {
    const get = (url: string) => ({ request: { method: 'GET', url } })
    const bundle = { resourceType: 'Bundle', type: 'batch', entry: [get(`Patient/${patient}`), get('Patient/none')] }
    const { entry } = said(await sending('post', '', bundle).expect(200)) as unknown as {
      entry: { resource?: Resource; response: { status: string; outcome?: Resource } }[]
    }
    assert.equal(entry[0]!.resource!.id, patient)
    assert.equal(entry[1]!.response.status, '404')
    assert.equal(entry[1]!.response.outcome!.resourceType, 'OperationOutcome')
  })

  test('a refused transaction names the place in the entry', async () => {
    const bundle = aTransaction(posted(aPatient()), posted(aPatient({ birthDate: 'soon' })))
    const outcome = said(await sending('post', '', bundle).expect(422)) as unknown as {
      issue: { expression: string[] }[]
    }
    assert.deepEqual(outcome.issue[0]!.expression, ['Bundle.entry[1].resource.birthDate'])
  })
})

describe('errors in XML', () => {
  const errors: Record<string, [status: number, ask: () => Sent, expression?: string]> = {
    'no token': [401, () => asking(server.anonymous.get('Patient'))],
    'an unknown id': [404, () => asking(admin.get('Patient/none'))],
    'an unknown type': [404, () => asking(admin.get('Nonsense'))],
    'an unknown search parameter': [400, () => asking(admin.get('Patient?colour=red'))],
    'broken XML': [400, () => sending('post', 'Patient', '<Patient')],
    'a document type': [400, () => sending('post', 'Patient', `<!DOCTYPE a>${writeXml(aPatient()).slice(38)}`)],
    'another type than the URL names': [
      400,
      () => sending('post', 'Patient', { resourceType: 'Group' }),
      'Patient.resourceType',
    ],
    'an unknown element': [
      422,
      () => sending('post', 'Patient', '<Patient xmlns="http://hl7.org/fhir"><colour value="red"/></Patient>'),
      'Patient.colour',
    ],
    'another order': [
      422,
      () => sending('post', 'Patient', '<Patient xmlns="http://hl7.org/fhir"><gender value="male"/><name/></Patient>'),
      'Patient.name',
    ],
    'a wrong value': [
      422,
      () => sending('post', 'Patient', aPatient({ birthDate: '2023-02-30' })),
      'Patient.birthDate',
    ],
    'a patch that is no Parameters': [
      415,
      () => sending('patch', `Patient/${patient}`, aPatient()).set('accept', fhirXml),
      'Parameters',
    ],
  }
  for (const [title, [status, ask, expression]] of Object.entries(errors)) {
    test(`${title} answers ${status} with an OperationOutcome in XML`, async () => {
      const outcome = said(await ask().expect(status)) as unknown as {
        resourceType: string
        issue: { diagnostics: string; expression?: string[] }[]
      }
      assert.equal(outcome.resourceType, 'OperationOutcome')
      assert.ok(outcome.issue[0]!.diagnostics.length > 10)
      if (expression !== undefined) assert.deepEqual(outcome.issue[0]!.expression, [expression])
    })
  }

  test('what stands in the URL cannot break the answer', async () => {
    const answer = await asking(admin.get(`Patient?${encodeURIComponent('<a>&"\u0001\u{1f600}')}=1`)).expect(400)
    assert.equal(said(answer).resourceType, 'OperationOutcome')
  })
})

describe('the format of an answer', () => {
  const json = 'application/fhir+json'
  const cases: [accept: string | null, query: string, format: string | 406][] = [
    [null, '', json],
    ['*/*', '', json],
    ['application/fhir+xml', '', fhirXml],
    ['application/xml', '', fhirXml],
    ['text/xml', '', fhirXml],
    ['application/json', '', json],
    ['application/fhir+xml;q=0.5, application/fhir+json', '', json],
    ['application/fhir+json;q=0.5, application/fhir+xml;q=0.9, */*;q=0.1', '', fhirXml],
    ['application/fhir+xml, application/fhir+json', '', fhirXml],
    ['application/fhir+json;q=0, application/fhir+xml;q=0.1', '', fhirXml],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', '', fhirXml],
    ['application/*', '', json],
    ['application/fhir+json; charset=utf-8', '', json],
    ['application/fhir+xml; charset=UTF-8; q=0.8', '', fhirXml],
    ['application/fhir+json; fhirVersion=4.0', '', json],
    ['application/fhir+json; fhirVersion=5.0, application/fhir+xml; fhirVersion=4.0', '', fhirXml],
    ['application/fhir+json; fhirVersion=5.0', '', 406],
    ['application/fhir+json;q=0', '', 406],
    ['image/png', '', 406],
    ['text/turtle', '', 406],
    ['image/png', '_format=xml', fhirXml],
    [json, '_format=xml', fhirXml],
    [json, '_format=application/fhir%2Bxml', fhirXml],
    [json, '_format=application/fhir+xml', fhirXml],
    [json, '_format=application/fhir%2Bxml%3B%20fhirVersion%3D4.0', fhirXml],
    [json, '_format=text/xml', fhirXml],
    [fhirXml, '_format=json', json],
    [fhirXml, '_format=ttl', 406],
  ]
  for (const [accept, query, format] of cases) {
    test(`Accept: ${accept ?? '(none)'}${query && ` and ${query}`} is answered with ${format}`, async () => {
      const answer = await asking(admin.get(`Patient/${patient}?${query}`), accept)
      assert.equal(answer.status, format === 406 ? 406 : 200)
      assert.equal(answer.headers['content-type'], `${format === 406 ? json : format}; charset=utf-8`)
      if (format === 406) assert.equal(JSON.parse(answer.text).resourceType, 'OperationOutcome')
    })
  }

  test('is that of the body when anything is accepted, and the accepted one otherwise', async () => {
    assert.match((await sending('post', 'Patient', aPatient())).headers['content-type']!, answered)
    const asJson = await sending('post', 'Patient', aPatient()).set('accept', json).expect(201)
    assert.equal(JSON.parse(asJson.text).resourceType, 'Patient')
    const asXml = await asking(admin.post('Patient', aPatient())).expect(201)
    assert.equal(said(asXml).resourceType, 'Patient')
  })

  for (const contentType of [
    'text/plain',
    'xml',
    'application/xhtml+xml',
    'application/fhir+turtle',
    'application/fhir+xml; charset=iso-8859-1',
    'application/fhir+json; fhirVersion=5.0',
  ]) {
    test(`a body of ${contentType} answers 415`, async () => {
      await admin.raw('post')('Patient').set('content-type', contentType).send(writeXml(aPatient())).expect(415)
    })
  }

  for (const contentType of ['application/xml', 'text/xml', 'Application/FHIR+XML; charset="UTF-8"; fhirVersion=4.0']) {
    test(`a body of ${contentType} is understood`, async () => {
      await admin.raw('post')('Patient').set('content-type', contentType).send(writeXml(aPatient())).expect(201)
    })
  }
})

describe('a Binary and XML', () => {
  const data = Buffer.from('\u0000\u00ff bytes').toString('base64')

  test('is sent and answered as a resource in XML when that is named', async () => {
    const created = await sending('post', 'Binary', { resourceType: 'Binary', contentType: 'image/png', data })
    assert.equal(created.status, 201)
    const { id } = said(created)
    const raw = await asking(admin.get(`Binary/${id}`), 'image/png').expect(200)
    assert.equal(raw.headers['content-type'], 'image/png')
    for (const [accept, query] of [[fhirXml, ''] as const, ['image/png', '?_format=xml'] as const]) {
      const read = said(await asking(admin.get(`Binary/${id}${query}`), accept).expect(200))
      assert.equal(read['contentType'], 'image/png')
      assert.equal(read['data'], data)
    }
  })

  test('that is XML itself is answered as it is when its own type is accepted', async () => {
    const text = '<ClinicalDocument xmlns="urn:hl7-org:v3"/>'
    const created = await admin.raw('post')('Binary').set('content-type', 'application/xml').send(text).expect(201)
    for (const accept of [null, '*/*', 'application/xml', 'text/html, application/*;q=0.5']) {
      const raw = await asking(admin.get(`Binary/${created.body.id}`), accept).expect(200)
      assert.equal(raw.headers['content-type'], 'application/xml')
      assert.equal(raw.text, text)
    }
    const resource = said(await asking(admin.get(`Binary/${created.body.id}`)).expect(200))
    assert.equal(Buffer.from(resource['data'] as string, 'base64').toString(), text)
  })
})

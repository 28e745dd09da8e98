import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
let patient: string
let observation: string

const extension = [{ url: 'http://example.org/x', valueString: 'x' }]
const narrative = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">A pulse</div>' }

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  const name = [{ family: 'Beck', given: ['Anna'] }]
  patient = (await admin.post('Patient', { resourceType: 'Patient', name, gender: 'female' }).expect(201)).body.id
  const resource = {
    resourceType: 'Observation',
    text: narrative,
    modifierExtension: extension,
    status: 'final',
    code: { text: 'pulse' },
    subject: { reference: `Patient/${patient}` },
    note: [{ text: 'calm' }],
    component: [{ code: { text: 'part' }, valueString: 'v', referenceRange: [{ text: 'normal' }] }],
  }
  observation = (await admin.post('Observation', resource).expect(201)).body.id
})
after(() => server.close())

interface Shown {
  readonly resourceType: string
  readonly meta: { readonly tag?: readonly { readonly code: string }[] }
  readonly component?: readonly object[]
}

const always = ['resourceType', 'id', 'meta', 'modifierExtension', 'status', 'code']
const expected: readonly [query: string, elements: readonly string[], isSubset: boolean][] = [
  ['_summary=true', [...always, 'subject', 'component'], true],
  ['_summary=text', [...always, 'text'], true],
  ['_summary=data', [...always, 'subject', 'note', 'component'], true],
  ['_summary=false', [...always, 'text', 'subject', 'note', 'component'], false],
  ['_elements=note', [...always, 'note'], true],
  ['_elements=Observation.note, Patient.name', [...always, 'note'], true],
  ['_elements=Patient.name', [...always, 'text', 'subject', 'note', 'component'], false],
]

function judge(resource: Shown, elements: readonly string[], isSubset: boolean): void {
  assert.deepEqual(Object.keys(resource).toSorted(), elements.toSorted())
  assert.deepEqual(
    resource.meta.tag?.map(({ code }) => code),
    isSubset ? ['SUBSETTED'] : undefined,
  )
}

for (const [query, elements, isSubset] of expected) {
  describe(query, () => {
    const places: [what: string, path: () => string][] = [
      ['a search', () => `Observation?_id=${observation}&${query}`],
      ['a read', () => `Observation/${observation}?${query}`],
      ['a read of a version', () => `Observation/${observation}/_history/1?${query}`],
      ['a history', () => `Observation/${observation}/_history?${query}`],
    ]
    for (const [what, path] of places) {
      test(`${what} answers ${elements.join(', ')}`, async () => {
        const { body } = await admin.get(path()).expect(200)
        judge(body.entry ? body.entry[0].resource : body, elements, isSubset)
      })
    }

    test('a transaction that reads answers the same', async () => {
      const entry = [{ request: { method: 'GET', url: `Observation/${observation}?${query}` } }]
      const { body } = await admin.post('', { resourceType: 'Bundle', type: 'transaction', entry }).expect(200)
      judge(body.entry[0].resource, elements, isSubset)
    })
  })
}

test('_summary=true leaves out what is not marked below a component', async () => {
  const { body } = await admin.get(`Observation/${observation}?_summary=true`).expect(200)
  assert.deepEqual(body.component, [{ code: { text: 'part' }, valueString: 'v' }])
})

test('_summary=count is a number without entries in a search, and nothing that a read or a history could answer', async () => {
  const { body } = await admin.get(`Observation?_id=${observation}&_summary=count`).expect(200)
  assert.equal(body.total, 1)
  assert.equal(body.entry, undefined)
  await admin.get(`Observation/${observation}?_summary=count`).expect(400)
  await admin.get(`Observation/${observation}/_history?_summary=count`).expect(400)
})

test('_elements does not apply to what is included, unless it names its type; _summary does', async () => {
  const included = async (query: string) => {
    const url = `Observation?_id=${observation}&_include=Observation:subject&${query}`
    const { body } = await admin.get(url).expect(200)
    return body.entry.map(({ resource }: { resource: Shown }) => Object.keys(resource).toSorted())
  }
  const found = [...always, 'note'].toSorted()
  const whole = ['gender', 'id', 'identifier', 'meta', 'name', 'resourceType']
  assert.deepEqual(await included('_elements=note'), [found, whole])
  assert.deepEqual(await included('_elements=note,Patient.gender'), [found, ['gender', 'id', 'meta', 'resourceType']])
  const [, summary] = await included('_summary=data')
  assert.deepEqual(summary, whole)
})

test('what _summary and _elements cannot be is refused, also by a read', async () => {
  const wrong = [
    ...['_summary=all', '_summary=true&_summary=text', '_elements=name.family', '_elements=Nothing.name'],
    ...['_elements=', '_elements=name,,gender', '_elements=name&_summary=true', '_elements=Patient.name.family'],
  ]
  for (const query of wrong) {
    for (const path of ['Patient', `Patient/${patient}`, `Patient/${patient}/_history`]) {
      const { body } = await admin.get(`${path}?${query}`).expect(400)
      assert.equal(body.resourceType, 'OperationOutcome', `${path}?${query}`)
    }
  }
})

test('who has the resource already is told so, whatever form is asked for', async () => {
  await admin.get(`Patient/${patient}?_summary=true`).set('if-none-match', 'W/"1"').expect(304)
})

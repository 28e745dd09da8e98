import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Client } from '../support/server.ts'
import { aDocumentReference, anObservation, aPatient, aTransaction, posted } from '../support/resources.ts'
import { administrator, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client

const narrative = (html: string) => ({
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${html}</div>` },
})
const patient = 'Patient/anna'

/** Ids are names, so that what is expected can be written down. */
const resources: { resourceType: string; id: string; [element: string]: unknown }[] = [
  { resourceType: 'Practitioner', id: 'doctor', active: true },
  { resourceType: 'Practitioner', id: 'colleague', active: true },
  { ...aPatient({ name: [{ family: 'Östberg', text: 'Anna Östberg' }] }), id: 'anna' },
  { ...aPatient({ generalPractitioner: [{ reference: 'Practitioner/doctor' }] }), id: 'own' },
  {
    ...anObservation(
      patient,
      narrative('<p>Meta<b>stases</b> in the <i>liver</i></p><p title="kidney">No fever&#33;</p>'),
    ),
    id: 'liver',
  },
  { ...anObservation(patient, narrative('Bone metastases &amp; pain; Müller &lt;b&gt;')), id: 'bone' },
  {
    ...anObservation(patient, {
      ...{
        note: [{ text: 'Bone density is **low**, E11.9' }],
        code: { text: 'Knochendichte', coding: [{ code: 'density-code' }] },
      },
      performer: [{ reference: 'Practitioner/colleague', display: 'Dr. Ola Berg' }],
      device: { reference: '#d' },
      contained: [{ resourceType: 'Device', id: 'd', note: [{ text: 'scanner' }] }],
      extension: [{ url: 'http://example.org/urlword', valueString: 'Erweiterung' }],
      _status: { extension: [{ url: 'http://example.org/x', valueMarkdown: 'beside' }] },
    }),
    id: 'density',
  },
  { ...anObservation('Patient/own', { note: [{ text: '急性肺炎の検査。 Bone marrow' }] }), id: 'marrow' },
  { ...aDocumentReference(patient, { description: 'Bone scan, page one' }), id: 'scan' },
]

before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  admin = server.as(administrator())
  for (const resource of resources) {
    const { status, body } = await admin.put(`${resource.resourceType}/${resource.id}`, resource)
    assert.equal(status, 201, JSON.stringify(body))
  }
})
after(() => server.close())

async function ids(query: string, client = admin): Promise<string[]> {
  const { status, body } = await client.get(query)
  assert.equal(status, 200, `${query}: ${JSON.stringify(body)}`)
  return ((body.entry ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id).sort()
}
const observations = (query: object) => ids(`Observation?${new URLSearchParams({ ...query })}`)

describe('_text', () => {
  test('finds words of the narrative, without its markup and with its entities decoded', async () => {
    assert.deepEqual(await observations({ _text: 'metastases' }), ['bone', 'liver'])
    assert.deepEqual(await observations({ _text: 'METASTASES fever' }), ['liver'])
    assert.deepEqual(await observations({ _text: 'muller b' }), ['bone'])
    for (const _text of ['kidney', 'xhtml', 'amp', 'stases', 'density'])
      assert.deepEqual(await observations({ _text }), [])
  })

  test('takes phrases, alternatives, absent words, beginnings and parentheses', async () => {
    assert.deepEqual(await observations({ _text: '(bone OR liver) and metastases' }), ['bone', 'liver'])
    assert.deepEqual(await observations({ _text: '"bone metastases"' }), ['bone'])
    assert.deepEqual(await observations({ _text: '"metastases bone"' }), [])
    assert.deepEqual(await observations({ _text: 'metastases -bone' }), ['liver'])
    assert.deepEqual(await observations({ _text: 'NOT (bone or pain)' }), ['liver'])
    assert.deepEqual(await observations({ _text: 'metast*' }), ['bone', 'liver'])
    assert.deepEqual(await observations({ _text: 'pain,fever' }), ['bone', 'liver'])
    assert.deepEqual(await observations({ '_text:missing': 'true' }), ['density', 'marrow'])
    assert.deepEqual(await observations({ '_text:missing': 'false' }), ['bone', 'liver'])
  })
})

describe('_content', () => {
  test('finds words anywhere in the resource, of strings, markdown, displays and narratives', async () => {
    assert.deepEqual(await observations({ _content: 'bone' }), ['bone', 'density', 'marrow'])
    assert.deepEqual(await observations({ _content: 'Knochendichte berg low' }), ['density'])
    for (const _content of ['scanner', 'Erweiterung', 'beside', 'E11.9', '"density is low"'])
      assert.deepEqual(await observations({ _content }), ['density'], _content)
    assert.deepEqual(await ids('Patient?_content=ostberg'), ['anna'])
    assert.deepEqual(await observations({ _content: '肺炎' }), ['marrow'])
    assert.deepEqual(await observations({ _content: '炎肺' }), [])
  })

  test('finds no codes, URLs, ids, references or data, and no phrase across two texts', async () => {
    for (const _content of [
      'final',
      'urlword',
      '"density code"',
      'Practitioner',
      'hello',
      'anna',
      '"low E12"',
      '"Knochendichte Dr"',
    ])
      assert.deepEqual(await observations({ _content }), [], _content)
    assert.deepEqual(await ids('DocumentReference?_content=hello'), [])
  })

  test('combines with other parameters, chains, _has, sorts, totals and pages', async () => {
    assert.deepEqual(await observations({ _content: 'bone', patient: 'own' }), ['marrow'])
    assert.deepEqual(await ids('Observation?patient._content=ostberg&_content=bone'), ['bone', 'density'])
    assert.deepEqual(await ids('Patient?_has:Observation:patient:_content=marrow'), ['own'])
    const first = await admin.get('Observation?_content=bone&_sort=-_id&_count=2&_total=accurate').expect(200)
    assert.deepEqual([first.body.total, first.body.entry.length], [3, 2])
    const link = (relation: string) =>
      (first.body.link as { relation: string; url: string }[]).find((one) => one.relation === relation)!.url
    assert.match(link('self'), /_content=bone/)
    assert.deepEqual(await ids(link('next').slice(server.base.length + 1)), ['bone'])
    assert.equal((await admin.get('Observation?_content=bone&_summary=count').expect(200)).body.total, 3)
  })

  test('searches the whole system and compartments; _text those types that have a narrative', async () => {
    assert.deepEqual(await ids('?_content=bone'), ['bone', 'density', 'marrow', 'scan'])
    assert.deepEqual(await ids('?_type=Observation,DocumentReference&_content=bone&_sort=_id'), [
      'bone',
      'density',
      'marrow',
      'scan',
    ])
    assert.deepEqual(await ids('?_type=Observation,DocumentReference&_text=liver'), ['liver'])
    assert.deepEqual(await ids(`${patient}/Observation?_content=bone`), ['bone', 'density'])
    await admin.get('?_text=liver').expect(400)
  })

  test('follows updates and deletions', async () => {
    const resource = { ...aPatient({ name: [{ text: 'Ephemeral' }] }), id: 'passing' }
    await admin.put('Patient/passing', resource).expect(201)
    assert.deepEqual(await ids('Patient?_content=ephemeral'), ['passing'])
    await admin.put('Patient/passing', { ...resource, name: [{ text: 'Lasting' }] }).expect(200)
    assert.deepEqual(await ids('Patient?_content=ephemeral'), [])
    assert.deepEqual(await ids('Patient?_content=lasting'), ['passing'])
    await admin.delete('Patient/passing').expect(204)
    assert.deepEqual(await ids('Patient?_content=lasting'), [])
  })

  test('tells a doctor nothing of what may not be seen, in matches, totals, chains and _has', async () => {
    const rid = server.composed.keys.ridOf('Practitioner', 'doctor')
    const doctor = server.as({
      ...{ kind: 'person', roles: ['practitioner'], scopes: scopes('user/*.cruds') },
      person: { type: 'Practitioner', id: 'doctor', rid },
    })
    assert.deepEqual(await ids('Observation?_content=bone', doctor), ['marrow'])
    assert.deepEqual(await ids('Observation?_text=metastases', doctor), [])
    assert.equal((await doctor.get('Observation?_content=bone&_total=accurate&_count=0').expect(200)).body.total, 1)
    assert.deepEqual(await ids('Patient?_has:Observation:patient:_content=bone', doctor), ['own'])
    assert.deepEqual(await ids('Observation?patient._content=ostberg', doctor), [])
    assert.deepEqual(await ids('?_content=bone', doctor), ['marrow'])
  })
})

describe('texts without bounds', () => {
  const words = (count: number, from = 0) =>
    Array.from({ length: count }, (_, n) => (n + from).toString(36).padStart(4, 'x')).join(' ')

  test('are stored, and found by their words up to a bound', { timeout: 120_000 }, async () => {
    const texts: Record<string, string> = {
      distinct: `first ${words(200_000)} last`,
      long: `first ${'A'.repeat(900_000)}`,
      same: `first ${'again '.repeat(150_000)}`,
      marks: `first ${'\' \\ : " & | ! <-> '.repeat(20_000)}`,
      scripts: `first ${'肺炎𠀀กำ한'.repeat(50_000)}`,
      surrogates: 'first \ud83d\ude00 \u{10ffff} e\u0301',
    }
    for (const [id, text] of Object.entries(texts)) {
      const basic = {
        resourceType: 'Basic',
        id,
        code: { text: 'c' },
        extension: [{ url: 'http://example.org/t', valueString: text }],
      }
      const { status, body } = await admin.put(`Basic/${id}`, basic)
      assert.equal(status, 201, `${id}: ${JSON.stringify(body)}`)
    }
    assert.deepEqual(await ids('Basic?_content=first'), Object.keys(texts).sort())
    assert.deepEqual(await ids('Basic?_content=again'), ['same'])
    assert.deepEqual(await ids(`Basic?_content=${'a'.repeat(5_000)}`), ['long'])
    assert.deepEqual(await ids('Basic?_content=last'), [], 'beyond the bound')
  })

  test('come in one transaction as well', async () => {
    const entries = [1, 2, 3].map((n) =>
      posted({ ...aPatient({ name: [{ text: `Batch ${n} "quoted" \\ {back}, 'x'` }] }) }),
    )
    await admin.post('', aTransaction(...entries)).expect(200)
    assert.equal((await ids('Patient?_content="batch 2" quoted back x')).length, 1)
    assert.equal((await ids('Patient?_content=batch')).length, 3)
  })
})

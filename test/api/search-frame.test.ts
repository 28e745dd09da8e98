import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { anObservation, aPatient, aPractitioner } from '../support/resources.ts'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client

const coded = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] })

/** Ids are names, so that what is expected can be written down. */
const resources: { resourceType: string; id: string; [element: string]: unknown }[] = [
  { resourceType: 'Organization', id: 'house', name: 'House', partOf: { reference: 'Organization/group' } },
  { resourceType: 'Organization', id: 'group', name: 'Group', partOf: { reference: 'Organization/house' } },
  { ...aPractitioner(), id: 'doctor' },
  { ...aPatient({ name: [{ family: 'Ask' }], managingOrganization: { reference: 'Organization/house' } }), id: 'ask' },
  { ...aPatient({ name: [{ family: 'Bo' }], generalPractitioner: [{ reference: 'Practitioner/doctor' }] }), id: 'bo' },
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/ask' },
    participant: [{ individual: { reference: 'Practitioner/doctor' } }],
    partOf: { reference: 'Encounter/stay' },
  },
  {
    resourceType: 'Encounter',
    id: 'stay',
    status: 'finished',
    class: { code: 'IMP' },
    subject: { reference: 'Patient/ask' },
  },
  { ...anObservation('Patient/ask', { encounter: { reference: 'Encounter/visit' } }), id: 'pulse' },
  {
    ...anObservation('Patient/bo', { code: coded('1-1'), performer: [{ reference: 'Practitioner/doctor' }] }),
    id: 'other',
  },
  { resourceType: 'Condition', id: 'gout', code: coded('gout'), subject: { reference: 'Patient/ask' } },
  {
    resourceType: 'List',
    id: 'few',
    status: 'current',
    mode: 'working',
    entry: [{ item: { reference: 'Observation/pulse' } }, { item: { reference: 'Patient/bo' } }],
  },
  {
    resourceType: 'Provenance',
    id: 'origin',
    target: [{ reference: 'Observation/pulse' }, { reference: 'Condition/gout' }],
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ who: { reference: 'Practitioner/doctor' } }],
  },
  { resourceType: 'Device', id: 'pump', patient: { reference: 'Patient/ask' }, meta: { tag: [{ code: 'blue' }] } },
]

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  for (const resource of resources) {
    const { status, body } = await admin.put(`${resource.resourceType}/${resource.id}`, resource)
    assert.equal(status, 201, JSON.stringify(body))
  }
})
after(() => server.close())

interface Bundle {
  total?: number
  entry?: {
    fullUrl?: string
    resource: { resourceType: string; id: string; issue?: { code: string; diagnostics: string }[] }
    search: { mode: string }
  }[]
  link: { relation: string; url: string }[]
}

/** What a search finds, sorted; includes are marked with `+`. */
function namesOf({ entry = [] }: Bundle): string[] {
  return entry
    .filter(({ search }) => search.mode !== 'outcome')
    .map(({ resource, search }) => `${search.mode === 'include' ? '+' : ''}${resource.resourceType}/${resource.id}`)
    .sort()
}

async function ask(query: string, client = admin): Promise<Bundle> {
  const { status, body } = await client.get(query)
  assert.equal(status, 200, `${query}: ${JSON.stringify(body)}`)
  return body
}

const searches: [query: string, expected: string[]][] = [
  // the whole system
  ['?_type=Patient,Organization', ['Organization/group', 'Organization/house', 'Patient/ask', 'Patient/bo']],
  ['?_id=pulse', ['Observation/pulse']],
  ['?_tag=blue', ['Device/pump']],
  ['?_type=Observation,Condition&code=http://loinc.org|1-1,gout', ['Condition/gout', 'Observation/other']],
  ['?_type=Observation,Condition&subject=Patient/ask', ['Condition/gout', 'Observation/pulse']],
  ['?_list=few', ['Observation/pulse', 'Patient/bo']],
  [
    '?_type=Observation,Encounter&_id=pulse&_include=Observation:encounter&_include:iterate=Encounter:part-of',
    ['+Encounter/stay', '+Encounter/visit', 'Observation/pulse'],
  ],
  // compartments
  ['Patient/ask/Observation', ['Observation/pulse']],
  ['Patient/ask/Observation?code=1-1', []],
  ['Patient/ask/Patient', ['Patient/ask']],
  ['Patient/ask/Organization', []],
  ['Patient/unknown/Observation', []],
  ['Patient/ask/*', ['Condition/gout', 'Encounter/stay', 'Encounter/visit', 'Observation/pulse', 'Patient/ask']],
  ['Patient/ask/*?_type=Condition,Encounter&_id=gout,stay', ['Condition/gout', 'Encounter/stay']],
  ['Practitioner/doctor/Encounter', ['Encounter/visit']],
  [
    'Practitioner/doctor/*',
    ['Encounter/visit', 'Observation/other', 'Patient/bo', 'Practitioner/doctor', 'Provenance/origin'],
  ],
  ['Encounter/visit/*', ['Encounter/visit', 'Observation/pulse']],
  ['Device/pump/*', ['Device/pump']],
  ['RelatedPerson/nobody/Observation', []],
  // lists
  ['Observation?_list=few', ['Observation/pulse']],
  ['Patient?_list=few,none', ['Patient/bo']],
  ['Patient?_list=none', []],
  // includes
  ['Provenance?_include=Provenance:target', ['+Condition/gout', '+Observation/pulse', 'Provenance/origin']],
  ['Provenance?_include=Provenance:target:Condition', ['+Condition/gout', 'Provenance/origin']],
  ['Provenance?_include=*', ['+Condition/gout', '+Observation/pulse', '+Practitioner/doctor', 'Provenance/origin']],
  [
    'Provenance?_include=*&_include:iterate=Observation:patient&_include:iterate=Patient:organization&_include:iterate=Organization:partof',
    [
      ...['+Condition/gout', '+Observation/pulse', '+Organization/group', '+Organization/house', '+Patient/ask'],
      ...['+Practitioner/doctor', 'Provenance/origin'],
    ],
  ],
  ['Organization?_id=house&_include:iterate=Organization:partof', ['+Organization/group', 'Organization/house']],
  [
    'Patient?_id=ask&_revinclude=Observation:patient&_revinclude:iterate=Provenance:target',
    ['+Observation/pulse', '+Provenance/origin', 'Patient/ask'],
  ],
  [
    'Patient?_id=ask&_revinclude=*',
    ['+Condition/gout', '+Device/pump', '+Encounter/stay', '+Encounter/visit', '+Observation/pulse', 'Patient/ask'],
  ],
  ['Observation?_id=pulse&_include=Observation:*', ['+Encounter/visit', '+Patient/ask', 'Observation/pulse']],
]

for (const [query, expected] of searches) {
  test(`${query} finds ${expected.join(', ') || 'nothing'}`, async () => {
    assert.deepEqual(namesOf(await ask(query)), [...expected].sort())
  })
}

test('what GET finds is what POST finds, of a type, of the system and of compartments', async () => {
  for (const [path, query] of [
    ['Patient/_search', 'name=ask'],
    ['Patient/_search/', 'name=ask'],
    ['_search', '_type=Patient,Observation&_sort=-_lastUpdated'],
    ['Patient/ask/_search', '_type=Observation'],
    ['Patient/ask/Observation/_search', 'code=1-1'],
  ] as const) {
    const place = path.replace(/\/?_search\/?$/, '')
    const whole = place === 'Patient/ask' ? 'Patient/ask/*' : place
    const { body } = await admin.raw('post')(path).type('form').send(query).expect(200)
    const got = await ask(`${whole}?${query}`)
    assert.deepEqual(namesOf(body), namesOf(got))
    assert.deepEqual(body.link, got.link)
  }
})

describe('the whole system', () => {
  test('the pages of all types together hold everything once, newest first', async () => {
    const all = await ask('?_count=1000')
    const seen: string[] = []
    let next: string | undefined = '?_count=4&_sort=-_lastUpdated'
    while (next !== undefined) {
      const bundle: Bundle = await ask(next)
      assert.ok((bundle.entry ?? []).length <= 4)
      seen.push(...namesOf(bundle))
      next = bundle.link.find(({ relation }) => relation === 'next')?.url.slice(server.url.length)
    }
    assert.deepEqual([...seen].sort(), namesOf(all))
    for (const { resourceType, id } of resources) assert.ok(seen.includes(`${resourceType}/${id}`))
  })

  test('totals count over all types', async () => {
    assert.equal((await ask('?_type=Patient,Organization&_summary=count')).total, 4)
    assert.equal((await ask('?_type=Patient,Organization&_count=1&_total=accurate')).total, 4)
    assert.equal((await ask('Patient/ask/*?_count=1')).total, 5)
  })

  test('a parameter that not all of its types know is refused', async () => {
    await admin.get('?name=a').expect(400)
    await admin.get('?_type=Patient,Observation&birthdate=1980').expect(400)
    await admin.get('?_type=Patient,Foo').expect(400)
    await admin.get('Patient?_type=Patient').expect(400)
  })

  test('types that the scope does not cover are refused when named, and not there when not', async () => {
    const narrow = server.as({ ...administrator(), scopes: scopes('user/Patient.rs') })
    assert.deepEqual(namesOf(await ask('?_count=100', narrow)), ['Patient/ask', 'Patient/bo'])
    await narrow.get('?_type=Patient,Observation').expect(403)
    await server
      .as({ ...administrator(), scopes: scopes('user/Patient.r') })
      .get('?_id=ask')
      .expect(403)
  })
})

describe('what is told', () => {
  test('strictly, an unknown parameter is refused; leniently it is left out of self and told of', async () => {
    await admin.get('Patient?_id=ask&colour=blue').expect(400)
    const { body } = await admin.get('Patient?_id=ask&colour=blue').set('prefer', 'handling=lenient').expect(200)
    assert.deepEqual(namesOf(body), ['Patient/ask'])
    const outcome = (body as Bundle).entry!.find(({ search }) => search.mode === 'outcome')!
    assert.equal(outcome.resource.resourceType, 'OperationOutcome')
    assert.match(outcome.resource.issue![0]!.diagnostics, /"colour"/)
    assert.equal(body.link[0].url, `${server.base}/Patient?_id=ask`)
  })

  test('self names the place that was searched, and the number that was possible', async () => {
    const self = async (query: string) => (await ask(query)).link[0]!.url.slice(server.base.length)
    assert.equal(await self('?_type=Patient&_count=99999'), '?_type=Patient&_count=1000')
    assert.equal(await self('Patient/ask/Observation?status=final'), '/Patient/ask/Observation?status=final')
    assert.equal(await self('Patient/ask/*'), '/Patient/ask/*')
  })

  test('a cursor belongs to the place of its search', async () => {
    const { link } = await ask('Patient/ask/*?_count=1')
    const next = link.find(({ relation }) => relation === 'next')!.url.slice(server.url.length)
    await admin.get(next).expect(200)
    await admin.get(next.replace('/ask/', '/bo/')).expect(400)
    await admin.get(next.replace('/Patient/ask/*', '')).expect(400)
  })
})

describe('orders', () => {
  const order = async (query: string) => ((await ask(query)).entry ?? []).map(({ resource }) => resource.id)

  test('by a token, a reference and a URI, with those without a value last, upwards and downwards', async () => {
    assert.deepEqual(await order('Observation?_sort=encounter'), ['pulse', 'other'])
    assert.deepEqual(await order('Observation?_sort=-encounter'), ['pulse', 'other'])
    assert.deepEqual(await order('Observation?_sort=code'), ['other', 'pulse'])
    assert.deepEqual(await order('Observation?_sort=-code'), ['pulse', 'other'])
    assert.deepEqual(await order('Encounter?_sort=class,-_id'), ['visit', 'stay'])
    assert.deepEqual(await order('?_type=Condition,Encounter&_sort=code,_id').catch(() => 'refused'), 'refused')
    assert.deepEqual(await order('?_type=Condition,Observation&_sort=-code,_id'), ['gout', 'pulse', 'other'])
  })

  test('includes come along in every order', async () => {
    const query = 'Observation?_id=pulse&_sort=code&_include=Observation:patient'
    assert.deepEqual(namesOf(await ask(query)), ['+Patient/ask', 'Observation/pulse'])
  })

  test('what only the resources tell is sorted up to 64 MiB of them, over all types', async () => {
    const { query } = server.composed.store
    const { body } = await admin.post('Basic', { resourceType: 'Basic', code: { text: 'long' } }).expect(201)
    await query(`update basic_v set json = '"' || repeat('x', 9000000) || '"' where id = $1`, [body.id])
    const copied = (table: string, n: number) =>
      query(`insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('rid', t.rid + ${n}))).*
        from ${table} t where t.rid = (select min(rid) from basic)`)
    await order('Basic?_sort=code')
    await order('?_type=Basic,Encounter&_sort=_tag')
    for (let n = 1; n <= 8; n++) for (const table of ['basic', 'basic_v']) await copied(table, n)
    for (const type of ['', 'Encounter,'])
      assert.match(
        String((await admin.get(`?_type=${type}Basic&_sort=_tag`).expect(503)).body.issue[0].diagnostics),
        /No index serves this order/,
      )
    await order('Encounter?_sort=_tag')
    await admin.get('Basic?_sort=_id&_summary=count').expect(200)
  })

  test('what cannot be an order is refused, and too many keys are', async () => {
    await admin.get('Observation?_sort=code-value-quantity').expect(400)
    await admin.get(`Observation?_sort=${'code,'.repeat(20)}code`).expect(400)
  })
})

test('paths that are none are not found, and methods that do nothing are refused', async () => {
  await admin.get('Organization/house/Patient').expect(404)
  await admin.get('Patient/ask/Foo').expect(404)
  await admin.get('Patient/ask/Observation/pulse').expect(404)
  await admin.raw('post')('Patient/ask/*').type('form').send('a=b').expect(405)
})

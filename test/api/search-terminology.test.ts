import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
const names = new Map<string, string>()

const colours = {
  ...{ resourceType: 'CodeSystem', id: 'colours', url: 'http://example.org/colours', status: 'active' },
  content: 'complete',
  concept: [
    { code: 'red', concept: [{ code: 'crimson' }] },
    { code: 'blue', concept: [{ code: 'navy' }] },
    { code: 'white' },
  ],
}
const { url: system } = colours
const isA = (value: string) => ({ system, filter: [{ property: 'concept', op: 'is-a', value }] })
const set = (id: string, compose: object, more: object = {}) => ({
  ...{ resourceType: 'ValueSet', id, url: `http://example.org/${id}`, status: 'active' },
  compose,
  ...more,
})
const sets = [
  set('warm', { include: [isA('red')] }, { version: '2' }),
  set('listed', { include: [{ system: 'http://loinc.org', concept: [{ code: '1-1' }, { code: '2-2' }] }] }),
  set('nested', {
    include: [{ valueSet: ['http://example.org/warm'] }, { system, concept: [{ code: 'white' }, { code: 'blue' }] }],
    exclude: [{ valueSet: ['http://example.org/pale'] }],
  }),
  set('pale', { include: [{ system, concept: [{ code: 'white' }] }] }),
  set('whole', { include: [{ system }] }),
  set('open', { include: [{ system: 'http://nobody.example/codes' }] }),
  set('circle', { include: [{ valueSet: ['http://example.org/circle'] }] }),
  set('large', {
    include: [{ system: 'urn:many', concept: Array.from({ length: 5001 }, (_, n) => ({ code: `c${n}` })) }],
  }),
]

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  for (const resource of [colours, ...sets]) {
    await admin.put(`${resource.resourceType}/${resource.id}`, resource).expect(201)
  }
  const { body: patient } = await admin
    .post('Patient', { resourceType: 'Patient', name: [{ family: 'A' }] })
    .expect(201)
  const coded: [string, string][] = [
    ...['red', 'crimson', 'blue', 'navy', 'white'].map((code): [string, string] => [system, code]),
    ['http://loinc.org', '2-2'],
    ['urn:other', 'red'],
  ]
  for (const [of, code] of coded) {
    const resource = {
      ...{ resourceType: 'Observation', status: 'final', subject: { reference: `Patient/${patient.id}` } },
      code: { coding: [{ system: of, code }] },
    }
    const { body } = await admin.post('Observation', resource).expect(201)
    names.set(body.id, of === system ? code : `${of}|${code}`)
  }
  names.set(patient.id, 'patient')
})
after(() => server.close())

interface Found {
  readonly entry?: readonly { readonly resource: { readonly id: string } }[]
}

async function found(query: string, client = admin): Promise<string[]> {
  const { body } = await client.get(query).expect(200)
  return ((body as Found).entry ?? []).map(({ resource }) => names.get(resource.id) ?? resource.id).sort()
}

const url = (id: string) => `http://example.org/${id}`
const others = ['http://loinc.org|2-2', 'urn:other|red']

const searches: readonly [what: string, query: () => string, expected: readonly string[]][] = [
  ['a filter on a stored code system', () => `Observation?code:in=${url('warm')}`, ['crimson', 'red']],
  ['the version that is stored', () => `Observation?code:in=${url('warm')}|2`, ['crimson', 'red']],
  ['a reference', () => 'Observation?code:in=ValueSet/warm', ['crimson', 'red']],
  ['a reference to a version', () => 'Observation?code:in=ValueSet/warm/_history/1', ['crimson', 'red']],
  ['an absolute reference', () => `Observation?code:in=${server.base}/ValueSet/warm`, ['crimson', 'red']],
  ['codes of a system that nobody has here', () => `Observation?code:in=${url('listed')}`, ['http://loinc.org|2-2']],
  ['others included and excluded', () => `Observation?code:in=${url('nested')}`, ['blue', 'crimson', 'red']],
  [
    'the whole of a stored code system',
    () => `Observation?code:in=${url('whole')}`,
    ['blue', 'crimson', 'navy', 'red', 'white'],
  ],
  ['several', () => `Observation?code:in=${url('warm')},${url('listed')}`, ['crimson', 'http://loinc.org|2-2', 'red']],
  ['the end of a chain', () => `Patient?_has:Observation:subject:code:in=${url('warm')}`, ['patient']],
  ['what is not in it', () => `Observation?code:not-in=${url('whole')}`, others],
  ['below a code', () => `Observation?code:below=${system}|red`, ['crimson', 'red']],
  ['above a code', () => `Observation?code:above=${system}|navy`, ['blue', 'navy']],
]

describe('tokens by terminology that is stored here', () => {
  for (const [what, query, expected] of searches) {
    test(`${what} finds ${expected.join(', ')}`, async () => {
      assert.deepEqual(await found(query()), expected)
    })
  }

  test('a search by POST and one inside a batch find the same', async () => {
    const text = `code:in=${url('warm')}`
    const { body } = await admin.raw('post')('Observation/_search').type('form').send(text).expect(200)
    assert.equal(body.entry.length, 2)
    const entry = [{ request: { method: 'GET', url: `Observation?${text}` } }]
    for (const type of ['batch', 'transaction']) {
      const answer = await admin.post('', { resourceType: 'Bundle', type, entry }).expect(200)
      assert.equal(answer.body.entry[0].resource.total, 2, type)
    }
  })

  test('what is changed counts from then on', async () => {
    await admin.put('ValueSet/changing', { ...set('changing', { include: [isA('red')] }) }).expect(201)
    assert.deepEqual(await found(`Observation?code:in=${url('changing')}`), ['crimson', 'red'])
    await admin.put('ValueSet/changing', { ...set('changing', { include: [isA('blue')] }) }).expect(200)
    assert.deepEqual(await found(`Observation?code:in=${url('changing')}`), ['blue', 'navy'])
    assert.deepEqual(await found('Observation?code:in=ValueSet/changing/_history/1'), ['crimson', 'red'])
    await admin.delete('ValueSet/changing').expect(204)
    await admin.get(`Observation?code:in=${url('changing')}`).expect(400)
    await admin.get('Observation?code:in=ValueSet/changing').expect(400)
  })
})

describe('refusals', () => {
  const wrong: readonly [query: string, text: RegExp][] = [
    [`code:in=${url('nothing')}`, /not known here/],
    [`code:not-in=${url('nothing')}`, /not known here/],
    [`code:in=${url('warm')}|3`, /not known here/],
    ['code:in=ValueSet/nothing', /not known here/],
    ['code:in=CodeSystem/colours', /not known here/],
    ['code:in=ValueSet/warm/_history/9', /not known here/],
    [`code:in=${url('open')}`, /nobody\.example/],
    [`code:in=${url('large')}`, /more than 5000 codes/],
    [`code:in=${url('circle')}`, /not on board/],
    ['code:below=http://nobody.example/codes|1', /not on board/],
    [`code:in=${Array.from({ length: 6 }, (_, n) => url(`n${n}`)).join(',')}`, /not known here/],
  ]
  for (const [query, text] of wrong) {
    test(query.slice(0, 80), async () => {
      const { body } = await admin.get(`Observation?${query}`).expect(400)
      assert.match(body.issue[0].diagnostics, text)
    })
  }

  test('more stored value sets than one search may name', async () => {
    for (let n = 0; n < 6; n++) {
      await admin.put(`ValueSet/n${n}`, set(`n${n}`, { include: [{ system, concept: [{ code: 'red' }] }] })).expect(201)
    }
    const named = (count: number) => Array.from({ length: count }, (_, n) => url(`n${n}`)).join(',')
    assert.deepEqual(await found(`Observation?code:in=${named(5)}`), ['red'])
    const { body } = await admin.get(`Observation?code:in=${named(6)}`).expect(400)
    assert.match(body.issue[0].diagnostics, /5 stored value sets/)
  })
})

describe('access', () => {
  const as = (...granted: string[]) => server.as({ ...administrator(), scopes: scopes(...granted) })

  test('a value set or code system that the caller may not see is as unknown as one that is not there', async () => {
    const without = as('user/Observation.rs')
    const partly = as('user/Observation.rs', 'user/ValueSet.rs')
    const unread = as('user/Observation.rs', 'user/ValueSet.s', 'user/CodeSystem.rs')
    for (const query of [`code:in=${url('warm')}`, 'code:in=ValueSet/warm', `code:not-in=${url('warm')}`]) {
      for (const client of [without, partly, unread]) await client.get(`Observation?${query}`).expect(400)
    }
    const { body: hidden } = await without.get(`Observation?code:in=${url('warm')}`).expect(400)
    const { body: absent } = await without.get(`Observation?code:in=${url('none')}`).expect(400)
    assert.equal(hidden.issue[0].diagnostics.replace('warm', ''), absent.issue[0].diagnostics.replace('none', ''))
    await without.get(`Observation?code:below=${system}|red`).expect(400)
    const all = as('user/Observation.rs', 'user/ValueSet.rs', 'user/CodeSystem.rs')
    assert.deepEqual(await found(`Observation?code:in=${url('warm')}`, all), ['crimson', 'red'])
  })

  test('a granular scope on value sets decides which of them a search may name', async () => {
    const query: [string, string][] = [['url', url('pale')]]
    const some = server.as({
      ...administrator(),
      scopes: [{ level: 'user', type: 'ValueSet', actions: 'rs', query }, ...scopes('user/Observation.rs')],
    })
    assert.deepEqual(await found(`Observation?code:in=${url('pale')}`, some), ['white'])
    await some.get(`Observation?code:in=${url('listed')}`).expect(400)
  })

  test('a granular scope that names a stored value set allows nothing: scopes are decided without looking anything up', async () => {
    const query: [string, string][] = [['code:in', url('warm')]]
    const scope = { level: 'user' as const, type: 'Observation', actions: 'rs', query }
    const client = server.as({ ...administrator(), scopes: [scope] })
    assert.deepEqual(await found('Observation', client), [])
  })
})

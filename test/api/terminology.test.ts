import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
const ids: Record<string, string> = {}

const sets = 'http://hl7.org/fhir/ValueSet/'
const roleCodes = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'

const colours = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/colours',
  version: '2',
  name: 'Colours',
  status: 'active',
  content: 'complete',
  concept: [
    {
      code: 'red',
      display: 'Red',
      definition: 'The colour of blood',
      designation: [{ language: 'de', value: 'Rot' }],
      concept: [{ code: 'crimson', display: 'Crimson' }],
    },
    { code: 'blue', display: 'Blue' },
    { code: 'group', property: [{ code: 'notSelectable', valueBoolean: true }] },
  ],
}
const warm = {
  resourceType: 'ValueSet',
  url: 'http://example.org/warm',
  version: '1',
  status: 'active',
  compose: {
    include: [
      { system: colours.url, filter: [{ property: 'concept', op: 'is-a', value: 'red' }] },
      { system: colours.url, concept: [{ code: 'group' }] },
    ],
  },
}
const blue = { include: [{ system: colours.url, concept: [{ code: 'blue' }] }] }
const nested = {
  resourceType: 'ValueSet',
  url: 'http://example.org/nested',
  status: 'draft',
  compose: { include: [{ valueSet: [warm.url] }, { valueSet: [`${sets}administrative-gender`] }] },
}

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  for (const [name, resource] of Object.entries({ colours, warm, nested })) {
    const { body } = await admin.post(resource.resourceType, resource).expect(201)
    ids[name] = body.id
  }
})
after(() => server.close())

type Values = Record<string, string>
const path = (operation: string, query: Values) => `${operation}?${new URLSearchParams(query)}`

async function expanded(query: Values, target = 'ValueSet/$expand') {
  const { body } = await admin.get(path(target, query)).expect(200)
  assert.equal(body.resourceType, 'ValueSet')
  return body
}
type Contains = { code: string; display?: string; designation?: object[]; abstract?: boolean }[]
const codesOf = (valueSet: { expansion: { contains?: Contains } }) =>
  (valueSet.expansion.contains ?? []).map(({ code }) => code)

async function answer(target: string, query: Values): Promise<Record<string, unknown>> {
  return valuesOf((await admin.get(path(target, query)).expect(200)).body)
}
type Parameters = { parameter: ({ name: string } & Record<string, unknown>)[] }
function valuesOf({ parameter }: Parameters): Record<string, unknown> {
  return Object.fromEntries(
    parameter.map(({ name, ...rest }) => [name, Object.entries(rest).find(([key]) => /^value|part/.test(key))![1]]),
  )
}

async function refused(target: string, query: Values, status: number, code: string): Promise<string> {
  const { body } = await admin.get(path(target, query)).expect(status)
  assert.equal(body.issue[0].code, code)
  return body.issue[0].diagnostics
}

const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })

describe('ValueSet/$expand', () => {
  test('lists what is on board, with the versions of the code systems and what was asked', async () => {
    const body = await expanded({ url: `${sets}administrative-gender`, count: '2', offset: '1' })
    assert.deepEqual(codesOf(body), ['female', 'other'])
    assert.deepEqual([body.expansion.total, body.expansion.offset], [4, 1])
    assert.deepEqual(body.expansion.parameter, [
      { name: 'offset', valueInteger: 1 },
      { name: 'count', valueInteger: 2 },
      { name: 'version', valueUri: 'http://hl7.org/fhir/administrative-gender|4.0.1' },
    ])
    assert.equal(body.compose, undefined)
  })

  test('the answer is a valid ValueSet', async () => {
    const body = await expanded({ url: `${sets}administrative-gender`, includeDefinition: 'true' })
    const { body: outcome } = await admin.post('ValueSet', body)
    assert.equal(outcome.resourceType, 'ValueSet', JSON.stringify(outcome))
    await admin.delete(`ValueSet/${outcome.id}`)
  })

  test('a text filter, a language and designations', async () => {
    const german = await expanded({
      url: warm.url,
      filter: 'rot',
      displayLanguage: 'de-CH',
      includeDesignations: 'true',
    })
    assert.deepEqual(german.expansion.contains, [
      {
        system: colours.url,
        code: 'red',
        display: 'Rot',
        designation: [{ value: 'Red' }, { language: 'de', value: 'Rot' }],
      },
    ])
    assert.equal((await expanded({ url: warm.url, filter: 'nothing' })).expansion.contains, undefined)
  })

  test('count=0 answers how many there are', async () => {
    const { expansion } = await expanded({ url: `${sets}languages`, count: '0' })
    assert.equal(expansion.contains, undefined)
    assert.equal(expansion.total, 56)
  })

  test('value sets that were stored are found by url and by id, with what they draw on', async () => {
    assert.deepEqual(codesOf(await expanded({ url: warm.url })), ['red', 'crimson', 'group'])
    assert.deepEqual(codesOf(await expanded({ url: `${warm.url}|1` })), ['red', 'crimson', 'group'])
    assert.deepEqual(codesOf(await expanded({}, `ValueSet/${ids['warm']}/$expand`)), ['red', 'crimson', 'group'])
    const all = codesOf(await expanded({ url: nested.url }))
    assert.deepEqual(all, ['red', 'crimson', 'group', 'male', 'female', 'other', 'unknown'])
  })

  test('an active one goes before any number of newer drafts', async () => {
    const drafts = await Promise.all(
      ['2', '3', '4', '5'].map((version) =>
        admin.post('ValueSet', { ...warm, version, status: 'draft', compose: blue }),
      ),
    )
    assert.deepEqual(codesOf(await expanded({ url: warm.url })), ['red', 'crimson', 'group'])
    assert.deepEqual(codesOf(await expanded({ url: `${warm.url}|5` })), ['blue'])
    for (const { body } of drafts) await admin.delete(`ValueSet/${body.id}`).expect(204)
  })

  test('a value set may come along, in Parameters or as the body', async () => {
    const { url: _, ...valueSet } = warm
    const given = [
      { name: 'valueSet', resource: valueSet },
      { name: 'count', valueInteger: 1 },
    ]
    const { body } = await admin.post('ValueSet/$expand', parameters(...given)).expect(200)
    assert.deepEqual(codesOf(body), ['red'])
    const { body: whole } = await admin.post('ValueSet/$expand', valueSet).expect(200)
    assert.equal(whole.expansion.total, 3)
    const { body: outcome } = await admin.post('ValueSet/$expand', { ...valueSet, status: 'odd' }).expect(422)
    assert.deepEqual(outcome.issue[0].expression, ['ValueSet.status'])
  })

  test('what cannot be answered is refused with its reason', async () => {
    const run = 'ValueSet/$expand'
    await refused(run, { url: 'http://example.org/none' }, 404, 'not-found')
    await refused(run, { url: `${warm.url}|9` }, 404, 'not-found')
    await refused(run, {}, 400, 'invalid')
    await refused(run, { url: warm.url, count: '-1' }, 400, 'invalid')
    await refused(run, { url: warm.url, count: 'many' }, 400, 'invalid')
    await refused(run, { url: warm.url, date: '2020-01-01' }, 400, 'not-supported')
    await refused(run, { url: `${sets}all-languages` }, 422, 'too-costly')
    assert.match(await refused(run, { url: `${sets}observation-codes` }, 422, 'processing'), /loinc.*not on board/)
    await admin.get(`ValueSet/nobody/$expand`).expect(404)
    await admin.get(`ValueSet/${ids['warm']}/$expand?url=${warm.url}`).expect(400)
  })
})

describe('ValueSet/$validate-code', () => {
  const run = 'ValueSet/$validate-code'

  test('a code, a Coding or one of the codings of a CodeableConcept', async () => {
    assert.deepEqual(await answer(run, { url: warm.url, system: colours.url, code: 'crimson' }), {
      result: true,
      display: 'Crimson',
    })
    const no = await answer(`ValueSet/${ids['warm']}/$validate-code`, { system: colours.url, code: 'blue' })
    assert.equal(no['result'], false)
    assert.match(String(no['message']), /not in the value set/)
    const codings = [
      { system: 'urn:x', code: 'x' },
      { system: colours.url, code: 'red', display: 'ROT' },
    ]
    const asked = (name: string, value: object) =>
      admin.post(run, parameters({ name: 'url', valueUri: warm.url }, { name, ...value })).expect(200)
    const { body: concept } = await asked('codeableConcept', { valueCodeableConcept: { coding: codings } })
    assert.equal(valuesOf(concept)['result'], true)
    const { body: coding } = await asked('coding', { valueCoding: codings[0] })
    assert.equal(valuesOf(coding)['result'], false)
  })

  test('a display that is none of the code makes it false, and the right one is told', async () => {
    const asked = { url: warm.url, system: colours.url, code: 'red', display: 'Blue' }
    const wrong = await answer(run, asked)
    assert.deepEqual([wrong['result'], wrong['display']], [false, 'Red'])
    const german = await answer(run, { ...asked, display: 'Rot', displayLanguage: 'de' })
    assert.deepEqual([german['result'], german['display']], [true, 'Rot'])
  })

  test('an abstract code is in it, unless abstract=false', async () => {
    const asked = { url: warm.url, system: colours.url, code: 'group' }
    assert.equal((await answer(run, asked))['result'], true)
    assert.equal((await answer(run, { ...asked, abstract: 'false' }))['result'], false)
  })

  test('what cannot be told is refused, and never called wrong', async () => {
    const asked = { url: `${sets}observation-codes`, system: 'http://loinc.org', code: '8867-4' }
    await refused(run, asked, 422, 'processing')
    await refused(run, { ...asked, url: 'urn:none' }, 404, 'not-found')
    await refused(run, { url: warm.url, code: 'red' }, 400, 'invalid')
    await refused(run, { url: warm.url }, 400, 'invalid')
    await refused(run, { system: colours.url, code: 'red' }, 400, 'invalid')
  })
})

describe('CodeSystem', () => {
  test('$lookup answers name, version, display, designations and properties', async () => {
    const { body } = await admin.get(path('CodeSystem/$lookup', { system: colours.url, code: 'red' })).expect(200)
    assert.deepEqual(body.parameter, [
      { name: 'name', valueString: 'Colours' },
      { name: 'version', valueString: '2' },
      { name: 'display', valueString: 'Red' },
      {
        name: 'designation',
        part: [
          { name: 'language', valueCode: 'de' },
          { name: 'value', valueString: 'Rot' },
        ],
      },
      ...[
        ['definition', { valueString: 'The colour of blood' }],
        ['inactive', { valueBoolean: false }],
        ['child', { valueCode: 'crimson' }],
      ].map(([code, value]) => ({
        name: 'property',
        part: [
          { name: 'code', valueCode: code },
          { name: 'value', ...(value as object) },
        ],
      })),
    ])
    const { body: mother } = await admin
      .post('CodeSystem/$lookup', parameters({ name: 'coding', valueCoding: { system: roleCodes, code: 'MTH' } }))
      .expect(200)
    assert.equal(valuesOf(mother)['display'], 'mother')
    const parent = { system: roleCodes, code: 'MTH', property: 'parent' }
    const { body: one } = await admin.get(path('CodeSystem/$lookup', parent)).expect(200)
    assert.deepEqual(one.parameter.at(-1).part[1], { name: 'value', valueCode: 'PRN' })
    assert.equal(one.parameter.length, 4)
    assert.equal(
      (await answer('CodeSystem/$lookup', { system: 'urn:ietf:bcp:47', code: 'de-CH' }))['display'],
      'Swiss High German',
    )
  })

  test('$lookup of an unknown code, system or version answers 404', async () => {
    const run = 'CodeSystem/$lookup'
    await refused(run, { system: roleCodes, code: 'nobody' }, 404, 'not-found')
    await refused(run, { system: 'http://loinc.org', code: '1-8' }, 404, 'not-found')
    await refused(run, { system: colours.url, code: 'red', version: '1' }, 404, 'not-found')
    await refused(run, { code: 'red' }, 400, 'invalid')
  })

  test('$validate-code on a type, an instance and one that comes along', async () => {
    const run = 'CodeSystem/$validate-code'
    assert.equal((await answer(run, { url: roleCodes, code: 'MTH', display: 'Mother' }))['result'], true)
    assert.equal((await answer(run, { url: roleCodes, code: 'nobody' }))['result'], false)
    assert.equal((await answer(`CodeSystem/${ids['colours']}/$validate-code`, { code: 'red' }))['result'], true)
    assert.equal((await answer(run, { url: 'urn:ietf:bcp:13', code: 'text/plain' }))['result'], true)
    const own = { ...colours, url: 'urn:own' }
    const given = [
      { name: 'codeSystem', resource: own },
      { name: 'code', valueCode: 'red' },
    ]
    assert.equal(valuesOf((await admin.post(run, parameters(...given)).expect(200)).body)['result'], true)
    const other = { name: 'coding', valueCoding: { system: 'urn:other', code: 'red' } }
    const { body } = await admin.post(run, parameters({ name: 'url', valueUri: roleCodes }, other)).expect(200)
    assert.equal(valuesOf(body)['result'], false)
    await refused(run, { url: 'http://loinc.org', code: '1-8' }, 404, 'not-found')
    await refused(run, { url: colours.url, code: 'red', version: '1' }, 404, 'not-found')
  })

  test('$subsumes tells how two codes stand to each other', async () => {
    const run = 'CodeSystem/$subsumes'
    const outcome = async (codeA: string, codeB: string) =>
      (await answer(run, { system: colours.url, codeA, codeB }))['outcome']
    assert.equal(await outcome('red', 'crimson'), 'subsumes')
    assert.equal(await outcome('crimson', 'red'), 'subsumed-by')
    assert.equal(await outcome('red', 'red'), 'equivalent')
    assert.equal(await outcome('red', 'blue'), 'not-subsumed')
    const onInstance = `CodeSystem/${ids['colours']}/$subsumes`
    assert.equal((await answer(onInstance, { codeA: 'red', codeB: 'crimson' }))['outcome'], 'subsumes')
    const codings = ['MTH', 'PRN'].map((code, n) => ({
      name: `coding${'AB'[n]}`,
      valueCoding: { system: roleCodes, code },
    }))
    const { body } = await admin.post(run, parameters(...codings)).expect(200)
    assert.equal(valuesOf(body)['outcome'], 'subsumed-by')
    await refused(run, { system: colours.url, codeA: 'red' }, 400, 'invalid')
    await refused(run, { system: colours.url, codeA: 'red', codeB: 'green' }, 404, 'not-found')
    await refused(run, { codeA: 'red', codeB: 'blue' }, 400, 'invalid')
  })
})

describe('access', () => {
  test('without a scope for the type nothing is answered, not even what is on board', async () => {
    const other = server.as({ ...administrator(), scopes: scopes('user/Observation.cruds', 'user/CodeSystem.rs') })
    await other.get(path('ValueSet/$expand', { url: `${sets}administrative-gender` })).expect(403)
    await other.get(path('CodeSystem/$lookup', { system: colours.url, code: 'red' })).expect(200)
  })

  test('what may not be seen is as unknown as what is not there, by url, by id and inside of another', async () => {
    const sets = server.as({ ...administrator(), scopes: scopes('user/ValueSet.rs') })
    const { body } = await sets.get(path('ValueSet/$expand', { url: warm.url })).expect(422)
    assert.match(body.issue[0].diagnostics, /colours, which is not on board/)
    const query: [string, string][] = [['status', 'draft']]
    const drafts = server.as({
      ...administrator(),
      scopes: [{ level: 'user', type: 'ValueSet', actions: 'rs', query }, ...scopes('user/CodeSystem.rs')],
    })
    await drafts.get(path('ValueSet/$expand', { url: warm.url })).expect(404)
    await drafts.get(`ValueSet/${ids['warm']}/$expand`).expect(404)
    await drafts.get(path('ValueSet/$expand', { url: nested.url })).expect(422)
  })

  test('each operation stands in the audit trail', async () => {
    await admin.get(path('ValueSet/$expand', { url: warm.url })).expect(200)
    const rows = await server.composed.store.query<{ n: number }>(
      `select count(*)::int as n from audit where interaction = 'operation' and type = 'ValueSet'`,
    )
    assert.ok(rows[0]!.n > 0)
  })
})

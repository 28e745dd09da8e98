import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clause } from '../../../src/search/clause.ts'
import { documentationOf } from '../../../src/search/documentation.ts'
import { definitions, parse, refusal, rid, search, where } from './search-parts.ts'

test('all conditions of a query together ask for a bounded number of values', () => {
  const values = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`).join()
  const many = (name: string, times: number, count = 1_000) => `${name}=${values(count)}&`.repeat(times)
  const tooMany = {
    problem: 'invalidQuery',
    text: 'The search asks for too many values, over too many types: name fewer of them.',
  }
  assert.equal(where('Patient', many('identifier', 20)).op, 'and')
  for (const query of [many('identifier', 150), many('_list', 150), many('_has:Observation:subject:code', 150)])
    assert.deepEqual(
      refusal(() => parse('Patient', query)),
      tooMany,
      query.slice(0, 40),
    )
  const system = new URLSearchParams(many('_tag', 2))
  assert.deepEqual(
    refusal(() => search.parseSystem(system, { lenient: false, principalKey: 'anna' })),
    tooMany,
  )
  assert.equal(refusal(() => parse('Patient', many('_list', 1, 1_001)))?.problem, 'invalidQuery')
})

describe('what to return', () => {
  test('a page has 20 matches unless another number is asked for, and 1,000 at most', () => {
    assert.equal(parse('Patient', '').count, 20)
    assert.equal(parse('Patient', '_count=5').count, 5)
    assert.equal(parse('Patient', '_count=5000').count, 1000)
    assert.deepEqual(parse('Patient', '_count=5000').used, [['_count', '1000']])
  })

  test('_count=0 and _summary=count ask for the number of matches alone', () => {
    assert.equal(parse('Patient', '_count=0').count, 0)
    assert.equal(parse('Patient', '_summary=count').count, 0)
  })

  test('all forms of _summary and _total are read, and _elements', () => {
    for (const summary of ['true', 'text', 'data', 'count', 'false']) {
      assert.equal(parse('Patient', `_summary=${summary}`).summary, summary)
    }
    for (const total of ['none', 'estimate', 'accurate']) assert.equal(parse('Patient', `_total=${total}`).total, total)
    assert.deepEqual(parse('Patient', '_elements=name,birthDate').elements, ['name', 'birthDate'])
  })

  test('_sort takes dates, strings, _id and _lastUpdated, in both directions', () => {
    assert.deepEqual(
      parse('Observation', '_sort=-date,_lastUpdated,-_id').sort.map(({ by, descending }) => [by, descending]),
      [
        ['date', true],
        ['lastUpdated', false],
        ['id', true],
      ],
    )
    assert.equal(parse('Patient', '_sort=family').sort[0]?.by, 'string')
  })

  test('the parameters that were used are told in order, without those of http and of paging', () => {
    assert.deepEqual(parse('Patient', '_format=json&name=a&_sort=family&_pretty=true').used, [
      ['name', 'a'],
      ['_sort', 'family'],
    ])
  })
})

describe('includes', () => {
  test('a reference to several types is several includes, one per type', () => {
    const targets = parse('Observation', '_include=Observation:subject').includes.map(({ target }) => target)
    assert.deepEqual([...new Set(targets)].sort(), ['Device', 'Group', 'Location', 'Patient'])
    const only = parse('Observation', '_include=Observation:subject:Patient').includes
    assert.deepEqual(only, [{ direction: 'forward', source: 'Observation', target: 'Patient', by: 'patient' }])
  })

  test('_revinclude leads from the type that refers', () => {
    const [first] = parse('DocumentReference', '_revinclude=Provenance:target').includes
    assert.equal(first?.direction, 'reverse')
    assert.equal(first?.source, 'Provenance')
    assert.equal(first?.target, 'DocumentReference')
  })
})

/** The chain itself, beside the contained resources that it may lead to. */
function chainIn(clause: Clause): Clause {
  return clause.op === 'or' ? clause.of.find(({ op }) => op === 'chain')! : clause
}

describe('chains', () => {
  test('a chain over the patient goes by `pat`, over others by key', () => {
    const chain = where('Observation', 'patient.identifier=urn:mrn|1')
    assert.equal(chain.op, 'chain')
    assert.equal(chain.op === 'chain' && chain.by, 'patient')
    const other = chainIn(where('Observation', 'encounter.status=planned'))
    assert.equal(other.op === 'chain' && typeof other.by, 'bigint')
  })

  test('chains nest, and mix with _has', () => {
    const nested = where('Observation', 'patient.organization.name=house')
    assert.equal(nested.op === 'chain' && chainIn(nested.where).op, 'chain')
    const reverse = where('Organization', '_has:Patient:organization:_has:Observation:patient:code=1')
    assert.equal(reverse.op === 'has' && reverse.where.op, 'has')
    const mixed = where('Encounter', '_has:Observation:encounter:patient.name=a')
    assert.equal(mixed.op === 'has' && mixed.where.op, 'chain')
  })

  test('a chain looks inside of contained resources, but for those of the patient, of other chains and of no values', () => {
    assert.equal(where('Observation', 'encounter.status=planned').op, 'or')
    assert.equal(where('Observation', 'patient.identifier=1').op, 'chain')
    assert.equal(where('Observation', 'encounter._id=1').op, 'chain')
    assert.equal(where('Observation', 'encounter.service-provider.name=x').op, 'chain')
  })

  test('a chain without a type goes to the types that have the parameter', () => {
    const clause = where('Observation', 'subject.birthdate=1980')
    assert.equal(clause.op === 'chain' && clause.target, 'Patient')
  })

  test('a canonical reference is followed by the URL of what it names', () => {
    const clause = where('QuestionnaireResponse', 'questionnaire.title=a')
    const ways = clause.op === 'or' ? clause.of : [clause]
    assert.ok(ways.some((way) => way.op === 'chain' && way.via !== undefined))
  })
})

describe('refusals', () => {
  const unsupported = [
    ['Patient', 'foo=1'],
    ['Patient', 'name:foo=1'],
    ['Patient', 'name:exact:contains=1'],
    ['Patient', 'birthdate:exact=1980'],
    ['Patient', 'identifier:in=http://x'],
    ['Patient', 'active:below=http://x|1'],
    ['Observation', 'status:text=x'],
    ['Observation', 'code:of-type=a|b|c'],
    ['Observation', 'subject:below=Patient/1'],
    ['Observation', 'value-quantity:text=1'],
    ['Observation', 'code-value-quantity:not=1$2'],
    ['Observation', 'subject:Practitioner=1'],
    ['Observation', 'subject:Practitioner.name=1'],
    ['Patient', 'name.family=1'],
    ['Patient', 'organization.foo=1'],
    ['Patient', '_has:Foo:patient:code=1'],
    ['Patient', '_has:Observation:encounter:code=1'],
    ['Patient', '_has:Observation:patient:foo=1'],
    ['Patient', '_has:Observation:patient=1'],
    ['Patient', '_list=$current-problems'],
    ['Patient', '_contained=true'],
    ['Patient', '_containedType=container'],
    ['Patient', '_type=Patient'],
    ['Patient', '_query=a'],
    ['Observation', '_sort=code-value-quantity'],
    ['Patient', '_sort=foo'],
    ['Patient', '_include:recurse=Patient:organization'],
    ['Patient', '_include:iterate=Patient:foo'],
    ['Patient', '_revinclude:iterate=*'],
    ['Patient', '_include=Patient:foo'],
    ['Patient', '_include=Patient:name'],
    ['Patient', '_include=Observation:patient'],
    ['Patient', '_include=Patient:organization:Patient'],
    ['Patient', '_revinclude=Patient:organization'],
    ['Patient', '_revinclude=Foo:patient'],
  ] as const

  test('what is not supported is refused, and only with leniency left out', () => {
    for (const [type, query] of unsupported) {
      assert.equal(refusal(() => parse(type, query))?.problem, 'unsupportedParameter', query)
      const lenient = parse(type, `${query}&_id=1`, true)
      assert.deepEqual(lenient.where, { op: 'rid', any: [rid(type, '1')] }, query)
      assert.deepEqual(lenient.used, [['_id', '1']], query)
    }
  })

  test('a refusal names the parameter and lists what is supported', () => {
    const { text } = refusal(() => parse('Patient', 'foo=1'))!
    assert.match(text, /"foo"/)
    assert.match(text, /birthdate.*gender.*name/)
    assert.match(refusal(() => parse('Patient', 'name:foo=1'))!.text, /:missing, :exact, :contains/)
    assert.match(refusal(() => parse('Patient', '_sort=foo'))!.text, /birthdate/)
  })

  test('what cannot be read is refused, leniently or not', () => {
    for (const [type, query] of [
      ['Patient', 'birthdate=foo'],
      ['Patient', 'birthdate=1973-02-30'],
      ['Patient', 'birthdate=xx1973'],
      ['Patient', '_lastUpdated=yesterday'],
      ['RiskAssessment', 'probability=many'],
      ['RiskAssessment', 'probability=1e999'],
      ['Observation', 'value-quantity=5|a|b|c'],
      ['Observation', 'value-quantity=5|http://unitsofmeasure.org'],
      ['Observation', 'code=a|b|c'],
      ['Observation', 'code=|'],
      ['Observation', 'subject=Foo/1'],
      ['Observation', 'subject=a b'],
      ['Observation', 'code:text=-'],
      ['Observation', 'code:in=http://x'],
      ['Observation', 'code:not-in=ValueSet/1'],
      ['Observation', 'code:below=1234-5'],
      ['Observation', 'code:below=http://nobody.example|1'],
      ['Observation', `code:text=${'a'.repeat(3000)}`],
      ['Observation', 'code-value-quantity=a'],
      ['Observation', 'code-value-quantity=a$1$2'],
      ['Observation', 'code-value-quantity=a$'],
      ['Observation', 'code-value-quantity=a$b'],
      ['Patient', 'identifier:of-type=a|b'],
      ['Patient', 'identifier:of-type=a|b|c|d'],
      ['Patient', 'identifier:of-type=|b|c'],
      ['Location', 'near=1'],
      ['Location', 'near=91|0'],
      ['Location', 'near=0|181'],
      ['Location', 'near=1|2|-3'],
      ['Location', 'near=1|2|3|kg'],
      ['Location', 'near=1|2|3|km|4'],
      ['Location', 'near=1e1|2'],
      ['Observation', 'subject:Patient=Group/1'],
      ['Patient', 'name='],
      ['Patient', 'name=a,,b'],
      ['Patient', 'name=-'],
      ['Patient', 'name=a\\b'],
      ['Patient', `name=${'a'.repeat(3000)}`],
      ['Patient', `name=${'a,'.repeat(2000)}a`],
      ['Patient', 'gender:missing=maybe'],
      ['Patient', '_count=-1'],
      ['Patient', '_count=many'],
      ['Patient', '_count=1&_count=2'],
      ['Patient', '_summary=all'],
      ['Patient', '_total=all'],
      ['Patient', '_elements=a.b'],
      ['Patient', '_summary=text&_include=Patient:organization'],
      ['Patient', '_elements=name&_summary=true'],
      ['Patient', `${'link.'.repeat(20)}name=a`],
      ['Composition', 'subject.subject.subject.name=a'],
      ['Patient', `_id=1${'&active=true'.repeat(300)}`],
    ] as const) {
      for (const lenient of [false, true]) {
        assert.equal(refusal(() => parse(type, query, lenient))?.problem, 'invalidQuery', query.slice(0, 80))
      }
    }
  })

  test('an id that no resource can have finds nothing, and is no error', () => {
    assert.deepEqual(where('Patient', '_id=a/b'), { op: 'none' })
  })
})

describe('what is said to be supported', () => {
  test('every parameter that is told is parsed, for every type', () => {
    const values: Record<string, string> = {
      date: '2020',
      number: '1',
      quantity: '1',
      reference: 'a',
      uri: 'http://a.b',
      special: '1|2',
    }
    for (const type of definitions.resourceTypes) {
      for (const { code, type: kind } of search.supported(type).parameters) {
        const parts = definitions.searchParameter(type, code)!.components.map((component) => component.type)
        const value = (parts.length > 0 ? parts : [kind]).map((one) => values[one] ?? 'a').join('$')
        assert.equal(
          refusal(() => parse(type, `${code}=${value}`)),
          undefined,
          `${type}.${code}`,
        )
        assert.equal(
          refusal(() => parse(type, `${code}:missing=true`)),
          undefined,
          `${type}.${code}:missing`,
        )
      }
    }
  })

  test('the documentation names the modifiers that work, types as one, and prefixes where numbers are compared', () => {
    const told = (type: string, code: string) =>
      documentationOf(definitions.searchParameter(type, code)!.type, search.supported(type).modifiers(code))
    assert.equal(told('Patient', 'name'), 'Modifiers: :missing :exact :contains.')
    assert.equal(told('Patient', 'birthdate'), 'Modifiers: :missing. Prefixes: eq ne gt lt ge le sa eb ap.')
    assert.equal(told('Observation', 'subject'), 'Modifiers: :missing :identifier :text :[type].')
  })

  test('every include that is told is parsed, for every type', () => {
    for (const type of definitions.resourceTypes) {
      const { includes, revIncludes } = search.supported(type)
      for (const value of includes)
        assert.equal(
          refusal(() => parse(type, `_include=${value}`)),
          undefined,
          value,
        )
      for (const value of revIncludes)
        assert.equal(
          refusal(() => parse(type, `_revinclude=${value}`)),
          undefined,
          value,
        )
    }
  })
})

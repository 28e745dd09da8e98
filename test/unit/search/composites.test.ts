import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { base, definitions, finds, keys, refusal, search, where } from './search-parts.ts'
import { createSearch } from '../../../src/search/create-search.ts'
import { labelsOf } from '../../../src/access/labels.ts'
import { firstMeaning } from '../../../src/search/index-state.ts'

const coded = (system: string | undefined, code: string) => ({ coding: [{ ...(system ? { system } : {}), code }] })
const mmHg = (value: number) => ({ value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' })

function table(resource: Resource, rows: readonly (readonly [query: string, found: boolean])[]): void {
  for (const [query, found] of rows) {
    assert.equal(finds(query, resource), found, `${resource.resourceType}?${query} is to be ${found}`)
  }
}

describe('components are matched on the same element', () => {
  const pressure: Resource = {
    resourceType: 'Observation',
    code: coded('http://loinc.org', '85354-9'),
    component: [
      { code: coded('http://loinc.org', '8480-6'), valueQuantity: mmHg(150) },
      { code: coded('http://loinc.org', '8462-4'), valueQuantity: mmHg(80) },
      { code: coded(undefined, 'pos'), valueCodeableConcept: coded('s', 'sitting') },
    ],
  }

  test('a code with a quantity', () => {
    table(pressure, [
      ['component-code-value-quantity=8480-6$gt140', true],
      ['component-code-value-quantity=8462-4$gt140', false],
      ['component-code-value-quantity=http://loinc.org|8480-6$150||mm[Hg]', true],
      ['component-code-value-quantity=http://loinc.org|8480-6$gt140|http://unitsofmeasure.org|mm[Hg]', true],
      ['component-code-value-quantity=http://loinc.org|8480-6$gt19|http://unitsofmeasure.org|kPa', true],
      ['component-code-value-quantity=http://loinc.org|8480-6$gt20|http://unitsofmeasure.org|kPa', false],
      ['component-code-value-quantity=http://loinc.org|$lt81', true],
      ['component-code-value-quantity=http://loinc.org|$lt79', false],
      ['component-code-value-quantity=85354-9$gt1', false],
      ['component-code-value-quantity=8462-4$gt140,8480-6$gt140', true],
      ['combo-code-value-quantity=8480-6$gt140', true],
      ['combo-code-value-quantity=8480-6$lt100', false],
      ['code-value-quantity=85354-9$gt1', false],
    ])
  })

  test('a code with a concept', () => {
    table(pressure, [
      ['component-code-value-concept=|pos$s|sitting', true],
      ['component-code-value-concept=pos$sitting', true],
      ['component-code-value-concept=8480-6$sitting', false],
      ['combo-code-value-concept=pos$sitting', true],
      ['code-value-concept=85354-9$sitting', false],
    ])
  })

  test('presence is that of an element with all components', () => {
    table(pressure, [
      ['component-code-value-quantity:missing=false', true],
      ['combo-code-value-quantity:missing=false', true],
      ['code-value-quantity:missing=true', true],
      ['code-value-date:missing=true', true],
    ])
    table({ resourceType: 'Observation', code: coded('s', 'c'), component: [{ code: coded('s', 'c') }] }, [
      ['component-code-value-quantity:missing=true', true],
    ])
  })
})

test('a composite of the resource itself: code with quantity, concept, date and text', () => {
  const weight: Resource = {
    resourceType: 'Observation',
    code: coded('http://loinc.org', '29463-7'),
    valueQuantity: { value: 80, system: 'http://unitsofmeasure.org', code: 'kg' },
  }
  table(weight, [
    ['code-value-quantity=http://loinc.org|29463-7$80', true],
    ['code-value-quantity=29463-7$gt79000|http://unitsofmeasure.org|g', true],
    ['code-value-quantity=29463-7$gt81', false],
    ['code-value-quantity=other$80', false],
    ['combo-code-value-quantity=29463-7$80', true],
    ['code-value-quantity:missing=false', true],
  ])
  const code = coded('s', 'c')
  table({ resourceType: 'Observation', code, valueString: 'Grün, $5' }, [
    ['code-value-string=s|c$grun', true],
    ['code-value-string=s|c$Grün\\, \\$5', true],
    ['code-value-string=s|d$grun', false],
  ])
  table({ resourceType: 'Observation', code, valueCodeableConcept: { text: 'grün' } }, [
    ['code-value-string=c$grun', false],
    ['value-string=grun', true],
  ])
  table({ resourceType: 'Observation', code, valueDateTime: '2020-02-03T23:30:00-05:00' }, [
    ['code-value-date=c$2020-02-03', true],
    ['code-value-date=c$gt2020-02-03', false],
    ['code-value-date=c$le2020-02-04T05:00:00Z', true],
  ])
})

test('a context of use: its type with its value, of whatever kind', () => {
  const context = (code: string, value: object) => ({ code: { system: 't', code }, ...value })
  table(
    {
      resourceType: 'ValueSet',
      useContext: [
        context('focus', { valueCodeableConcept: coded('s', 'flu') }),
        context('age', { valueRange: { low: { value: 18, code: 'a', system: 'http://unitsofmeasure.org' } } }),
      ],
    },
    [
      ['context-type-value=focus$flu', true],
      ['context-type-value=t|focus$s|flu', true],
      ['context-type-value=age$flu', false],
      ['context-type-quantity=age$gt100', true],
      ['context-type-quantity=focus$gt100', false],
      ['context-type-quantity=age$lt10', false],
    ],
  )
})

test('a relationship: a code with a reference', () => {
  const target = (id: string) => ({ reference: `DocumentReference/${id}` })
  table(
    {
      resourceType: 'DocumentReference',
      relatesTo: [
        { code: 'replaces', target: target('old') },
        { code: 'appends', target: target('other') },
      ],
    },
    [
      ['relationship=replaces$DocumentReference/old', true],
      ['relationship=replaces$old', true],
      ['relationship=appends$DocumentReference/old', false],
    ],
  )
})

test('a characteristic: a code with a value that is a code; quantities are none', () => {
  const characteristic = [
    { code: coded('s', 'gender'), valueCodeableConcept: coded('g', 'female'), exclude: false },
    { code: coded('s', 'smoker'), valueBoolean: true, exclude: false },
    { code: coded('s', 'age'), valueQuantity: { value: 5, code: 'a' }, exclude: false },
  ]
  table({ resourceType: 'Group', characteristic }, [
    ['characteristic-value=gender$female', true],
    ['characteristic-value=s|smoker$true', true],
    ['characteristic-value=gender$true', false],
    ['characteristic-value=age$a', false],
  ])
})

test('coordinates: a chromosome with two numbers', () => {
  const sequence: Resource = {
    resourceType: 'MolecularSequence',
    referenceSeq: { chromosome: coded('h', '1'), referenceSeqId: coded('n', 'NC'), windowStart: 100, windowEnd: 200 },
    variant: [
      { start: 110, end: 120 },
      { start: 150, end: 160 },
    ],
  }
  table(sequence, [
    ['chromosome-variant-coordinate=1$ge110$le120', true],
    ['chromosome-variant-coordinate=1$gt115$lt130', false],
    ['chromosome-variant-coordinate=2$ge110$le120', false],
    ['chromosome-window-coordinate=1$100$200', true],
    ['referenceseqid-variant-coordinate=NC$150$160', true],
    ['referenceseqid-variant-coordinate=NC$110$160', false],
    ['referenceseqid-window-coordinate=NC$100$201', false],
  ])
})

test('every composite of R4 is there', () => {
  const composites = definitions.resourceTypes.flatMap((type) =>
    definitions.searchParameters(type).filter((parameter) => parameter.type === 'composite'),
  )
  assert.equal(new Set(composites.map(({ url }) => url)).size, 46)
})

test('a composite of elements starts from the codes that the index holds', () => {
  const clause = where('Observation', 'component-code-value-quantity=8480-6$gt140')
  assert.equal(clause.op, 'and')
  assert.ok(clause.op === 'and' && clause.of[0]?.op === 'keys')
})

describe('what is not indexed yet', () => {
  /** The same search, with some of the index pending. */
  function lacking(...pending: string[]) {
    const index = { isPending: (type: string, code: string) => pending.includes(`${type}.${code}`), revision: () => 0 }
    return createSearch({ definitions, keys, base, cursorSecret: Buffer.alloc(32), labels: labelsOf, index })
  }
  const asked = (pending: string, type: string, query: string) =>
    refusal(() => {
      const [name = '', value = ''] = query.split('=')
      lacking(pending).parameter(type, name, value)
    })

  test('refuses the composites that lean on it', () => {
    const cases = [
      ['Group.characteristic', 'Group', 'characteristic-value=a$b'],
      ['Observation.code', 'Observation', 'code-value-quantity=8480-6$gt140'],
      ['Observation.component-code', 'Observation', 'component-code-value-quantity=8480-6$gt140'],
    ] as const
    for (const [pending, type, query] of cases) {
      assert.equal(asked('Patient.name', type, query), undefined, query)
      assert.match(asked(pending, type, query)?.text ?? '', /is not indexed yet/, query)
    }
    const supported = lacking('Observation.code')
      .supported('Observation')
      .parameters.map(({ code }) => code)
    assert.ok(!supported.includes('code-value-quantity'))
    assert.ok(supported.includes('combo-code'))
  })

  test('is not chosen for a composite while the parameter that the composite names is there', () => {
    const code = definitions.searchParameter('Observation', 'code')!
    const own = { ...code, code: 'own-code', url: 'http://hospital.example.org/SearchParameter/own-code' }
    const more = {
      ...definitions,
      searchParameters: (type: string) => [
        ...(type === 'Observation' ? [own] : []),
        ...definitions.searchParameters(type),
      ],
      searchParameter: (type: string, name: string) =>
        name === own.code ? own : definitions.searchParameter(type, name),
    }
    const other = createSearch({ definitions: more, keys, base, cursorSecret: Buffer.alloc(32), labels: labelsOf })
    const asked = ['Observation', 'code-value-quantity', '8480-6$gt140'] as const
    assert.deepEqual(other.parameter(...asked), search.parameter(...asked))
  })

  test('refuses _list', () => {
    assert.equal(asked('List.code', 'Patient', '_list=a'), undefined)
    assert.match(asked('List.item', 'Patient', '_list=a')?.text ?? '', /is not indexed yet/)
  })

  test('may be a modifier alone, and then what is asked without it is answered', () => {
    assert.equal(asked('Observation.code:text', 'Observation', 'code=a'), undefined)
    assert.equal(asked('Observation.code:text', 'Observation', 'code:not=a'), undefined)
    assert.match(asked('Observation.code:text', 'Observation', 'code:text=a')?.text ?? '', /"code:text" of Observation/)
    const { modifiers } = lacking('Observation.code:text').supported('Observation')
    assert.deepEqual([modifiers('code').includes('text'), modifiers('code').includes('not')], [false, true])
  })

  test('is, after the first release, what is indexed in another way since', () => {
    const first = firstMeaning(definitions)
    const today = search.indexed()
    const same = (type: string, code: string) => today.get(type)![code] === first(type, code)
    for (const code of ['code', 'subject', '_lastUpdated', '_id', '_profile'])
      assert.ok(same('Observation', code), code)
    for (const code of ['date', 'value-quantity', 'code:text', 'subject:text', '_profile:below', 'code-value-quantity'])
      assert.ok(code in today.get('Observation')! && !same('Observation', code), code)
  })
})

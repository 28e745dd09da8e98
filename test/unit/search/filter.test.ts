import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { refusedOr, runs } from '../../support/fuzz.ts'
import { anObservation, aPatient } from '../../support/resources.ts'
import { finds, parse, refusal, where } from './search-parts.ts'

const query = (filter: string) => new URLSearchParams({ _filter: filter }).toString()
const meets = (filter: string, resource: object) => finds(query(filter), resource as Resource)

const peter = aPatient({
  ...{ id: 'p', active: true, birthDate: '2014-10-10', gender: 'male' },
  name: [{ given: ['Peter', 'Karl'], family: 'Müller-Lüdenscheid' }, { text: 'a) b, "c"' }],
  identifier: [{ system: 'urn:mrn', value: '12,3' }],
  managingOrganization: { reference: 'Organization/o' },
})
const bare = { resourceType: 'Patient', id: 'b' }

function table(resource: object, rows: readonly (readonly [filter: string, met: boolean])[]): void {
  for (const [filter, met] of rows) assert.equal(meets(filter, resource), met, filter)
}

describe('a comparison', () => {
  test('of a string: eq, co, sw and ew compare without case and accents', () => {
    table(peter, [
      ['name co "ete"', true],
      ['given eq "PETER"', true],
      ['given eq pet', false],
      ['given sw pet', true],
      ['given sw ter', false],
      ['given ew ter', true],
      ['given ew pet', false],
      ['family ew ludenscheid', true],
      ['name co "a) b, \\"c"', true],
    ])
  })

  test('of a date: the prefixes, po and co', () => {
    table(peter, [
      ['birthdate ge 2014-10-10', true],
      ['birthdate gt 2014-10-10', false],
      ['birthdate eq 2014', true],
      ['birthdate ne 2014', false],
      ['birthdate sa 2013', true],
      ['birthdate eb "2015"', true],
      ['birthdate po 2014-10', true],
      ['birthdate po 2014-11', false],
      ['birthdate co 2014-10-10', true],
      ['birthdate co 2014-10', false],
    ])
    const span = { resourceType: 'Encounter', id: 'e', period: { start: '2020-01-01', end: '2020-03-31' } }
    table(span, [
      ['date co 2020-02', true],
      ['date po 2020-03', true],
      ['date eq 2020-02', false],
      ['date co 2020-04', false],
      ['date po 2020-04', false],
    ])
  })

  test('of a token, a quantity, a reference and a composite has the form of the parameter, and names of code systems', () => {
    table(peter, [
      ['identifier eq urn:mrn|12,3', true],
      ['identifier eq 12', false],
      ['gender eq MALE', true],
      ['active eq true', true],
      ['organization re Organization/o', true],
      ['organization eq o', true],
      ['organization re Organization/x', false],
    ])
    table(anObservation('Patient/p', { id: 'o' }), [
      ['code eq loinc|8867-4', true],
      ['code eq http://loinc.org|8867-4', true],
      ['code eq snomed|8867-4', false],
      ['value-quantity gt 70|ucum|/min', true],
      ['value-quantity lt 70|http://unitsofmeasure.org|/min', false],
      ['value-quantity eq 72', true],
      ['code-value-quantity eq http://loinc.org|8867-4$72', true],
      ['status in http://hl7.org/fhir/ValueSet/observation-status', true],
      ['status ni http://hl7.org/fhir/ValueSet/observation-status', false],
    ])
  })

  test('ne needs a value: where there is none, nothing is unequal; not(… eq …) asks for no value as well', () => {
    table(peter, [
      ['gender ne female', true],
      ['gender ne male', false],
      ['family ne Smith', true],
      ['given ne peter', false],
      ['birthdate ne 2015', true],
    ])
    table(bare, [
      ['gender ne female', false],
      ['birthdate ne 2015', false],
      ['family ne Smith', false],
      ['not(gender eq female)', true],
      ['gender pr false', true],
      ['gender pr true', false],
    ])
    assert.equal(meets('gender pr true', peter), true)
  })
})

describe('and, or and not', () => {
  test('are evaluated from left to right, without precedence, parentheses first', () => {
    table(peter, [
      ['gender eq male or gender eq female and active eq false', false],
      ['gender eq male or (gender eq female and active eq false)', true],
      ['active eq false and gender eq male or birthdate eq 2014', true],
      ['name co "pet" and (birthdate ge 1980 or not(active eq true))', true],
      ['not (name co pet)or(active eq true)', true],
      ['not(not(active eq true))', true],
    ])
  })

  test('several filters must all be met, beside other parameters', () => {
    assert.equal(finds(`${query('active eq true')}&${query('gender eq female')}`, peter as never), false)
    assert.equal(finds(`${query('active eq true')}&gender=male`, peter as never), true)
  })

  test('chains lead to other types, of whom all are asked that have the parameter', () => {
    const of = where('Observation', query('subject.name co "pet"'))
    assert.deepEqual(of, where('Observation', 'subject.name:contains=pet'))
    assert.deepEqual(
      where('Patient', query('_has:Observation:patient:code eq loinc|1-1')),
      where('Patient', '_has:Observation:patient:code=http://loinc.org|1-1'),
    )
    assert.deepEqual(
      where('Observation', query('patient.organization.name sw "A" or subject:Patient.name co b')).op,
      'or',
    )
  })
})

describe('a filter that cannot be read', () => {
  const deep = (depth: number) => `${'('.repeat(depth)}active eq true${')'.repeat(depth)}`

  test('is refused, and told where', () => {
    for (const [filter, problem, text] of [
      ['', 'invalidQuery', /at character 1: a comparison/],
      ['name', 'invalidQuery', /at character 5: behind "name" an operator/],
      ['name co', 'invalidQuery', /behind "name" an operator|a value is missing/],
      ['name co "a', 'invalidQuery', /at character 9: behind "name co" a value is missing/],
      ['name co ""', 'invalidQuery', /a value is missing/],
      ['name co "\\x"', 'invalidQuery', /as in JSON/],
      ['name co "\\u0000"', 'invalidQuery', /no text/],
      ['name co "\\ud800"', 'invalidQuery', /no text/],
      ['name co pet and', 'invalidQuery', /at character 13: "and" does not belong/],
      ['name co pet birthdate ge 1980', 'invalidQuery', /at character 13: "birthdate ge 1980" does not/],
      ['(name co pet', 'invalidQuery', /at character 1: the parenthesis is not closed/],
      ['name co pet)', 'invalidQuery', /at character 12: "\)"/],
      ['not active eq true', 'invalidQuery', /an operator/],
      ['name pr yes', 'invalidQuery', /true or false/],
      ['birthdate ge yesterday', 'invalidQuery', /at character 1: .*no date/],
      ['birthdate po ge2014', 'invalidQuery', /no date/],
      [
        'active eq true and name gt a',
        'unsupportedParameter',
        /at character 20: "gt" does not fit Patient.name, a string; eq, ne, co, sw, ew, pr do/,
      ],
      ['gender co male', 'unsupportedParameter', /does not fit/],
      ['name constructor a', 'invalidQuery', /operator/],
      ['foo eq 1', 'unsupportedParameter', /"foo:eq"|"foo"/],
      ['name:exact co a', 'unsupportedParameter', /not supported/],
      ['telecom[system eq "phone"].value eq 1', 'unsupportedParameter', /at character 8: filters in brackets/],
      ['_lastUpdated po 2020', 'unsupportedParameter', /moment/],
      [deep(1_000), 'invalidQuery', /deeper than 20/],
      [`not(`.repeat(3_000), 'invalidQuery', /deeper than 20/],
      [Array.from({ length: 10_000 }, () => 'active eq true').join(' or '), 'invalidQuery', /longer than/],
      [Array.from({ length: 500 }, () => '_id eq a').join(' or '), 'invalidQuery', /more than 100 comparisons/],
    ] as const) {
      const refused = refusal(() => parse('Patient', query(filter)))
      assert.equal(refused?.problem, problem, `${filter.slice(0, 60)} ${refused?.text}`)
      assert.match(refused.text, text)
      assert.ok(refused.text.length < 3_000)
    }
    assert.equal(
      refusal(() => parse('List', query(Array.from({ length: 50 }, () => 'item._id eq a').join(' or '))))?.problem,
      'invalidQuery',
    )
    assert.equal(
      refusal(() =>
        parse(
          'List',
          new URLSearchParams({ 'item._filter': Array.from({ length: 50 }, () => '_id eq a').join(' or ') }).toString(),
        ),
      )?.problem,
      'invalidQuery',
    )
    assert.equal(
      refusal(() => parse('Patient', query(`${'link:Patient.'.repeat(20)}name eq a`)))?.problem,
      'invalidQuery',
    )
    assert.ok(parse('Patient', query(deep(19))))
  })

  test('or is any text at all: it is read or refused', () => {
    const word = fc.constantFrom(
      ...[
        'name',
        'birthdate',
        'active',
        'identifier',
        'subject.name',
        '_id',
        '_lastUpdated',
        '_has:Observation:patient:code',
        'general-practitioner',
      ],
      ...[
        'eq',
        'ne',
        'co',
        'sw',
        'ew',
        'gt',
        'ap',
        'po',
        'pr',
        're',
        'in',
        'ss',
        'and',
        'or',
        'not',
        '(',
        ')',
        '[',
        ']',
        '"',
        '\\',
      ],
      ...[
        '"a b"',
        'true',
        '2020',
        '2020-02-30',
        'loinc|1',
        '5|ucum|mg',
        ',',
        '$',
        '\u0000',
        '\ud800',
        '__proto__',
        'constructor',
      ],
    )
    const comparison = fc
      .tuple(
        fc.constantFrom('name', 'birthdate', 'active', 'gender'),
        fc.constantFrom('eq', 'ne', 'co', 'pr', 'ge'),
        fc.constantFrom('true', '2020', '"a b"'),
      )
      .map((parts) => parts.join(' '))
    const filter = fc
      .array(
        fc.oneof(
          word,
          comparison,
          fc.constantFrom(' and ', ' or ', 'not('),
          fc.string({ unit: 'binary', maxLength: 3 }),
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join(' '))
    let accepted = 0
    fc.assert(
      fc.property(filter, (text) => {
        const request = refusedOr(() => parse('Patient', query(text)))
        if (request instanceof FhirError) return assert.equal(request.status, 400)
        accepted++
        assert.deepEqual(parse('Patient', query(text)).where, request.where)
      }),
      runs(3_000),
    )
    assert.ok(accepted > 20, `${accepted}`)
  })
})

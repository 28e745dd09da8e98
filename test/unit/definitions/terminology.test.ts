import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTerminology } from '../../../src/definitions/terminology/create-terminology.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import type { CodeSystem, ValueSet } from '../../../src/definitions/terminology.ts'

const { terminology } = await loadDefinitions()
const hl7 = 'http://terminology.hl7.org/CodeSystem/'
const sets = 'http://hl7.org/fhir/ValueSet/'

const colours: CodeSystem = {
  resourceType: 'CodeSystem',
  url: 'urn:colours',
  version: '2',
  status: 'active',
  content: 'complete',
  property: [{ code: 'warm', type: 'boolean' }],
  concept: [
    {
      code: 'red',
      display: 'Red',
      designation: [{ language: 'de', value: 'Rot' }],
      property: [{ code: 'warm', valueBoolean: true }],
      concept: [
        { code: 'crimson', display: 'Crimson' },
        { code: 'rust', property: [{ code: 'inactive', valueBoolean: true }] },
      ],
    },
    { code: 'blue', display: 'Blue', concept: [{ code: 'navy' }] },
  ],
}

function set(name: string, compose: ValueSet['compose']): ValueSet {
  return { resourceType: 'ValueSet', url: `urn:set:${name}`, status: 'active', compose }
}

function codesOf(valueSet: ValueSet, ...more: (ValueSet | CodeSystem)[]): string[] | string {
  const expansion = terminology.with([colours, ...more]).expand(valueSet)
  return 'problem' in expansion ? expansion.problem : expansion.members.map(({ code }) => code)
}

function filtered(property: string, op: string, value: string): string[] | string {
  const filter = [{ property, op: op as '=', value }]
  return codesOf(set('filtered', { include: [{ system: 'urn:colours', filter }] }))
}

describe('whether a code is in a value set', () => {
  const verdict = (valueSet: string, code: string, system?: string) =>
    terminology.validateCode({ valueSet: sets + valueSet, code, system }).result

  test('an element of type code names no system, and any that the value set draws on will do', () => {
    assert.equal(verdict('administrative-gender|4.0.1', 'female'), 'yes')
    assert.equal(verdict('administrative-gender|4.0.1', 'feminine'), 'no')
  })

  test('the same code of another system is not in it', () => {
    assert.equal(verdict('administrative-gender', 'female', 'http://hl7.org/fhir/administrative-gender'), 'yes')
    assert.equal(verdict('administrative-gender', 'female', 'urn:other'), 'no')
  })

  test('what is drawn from a code system that is not on board is unknown, other systems are not in it', () => {
    assert.equal(verdict('observation-codes', '8867-4', 'http://loinc.org'), 'unknown')
    assert.equal(verdict('observation-codes', '8867-4', 'urn:other'), 'no')
    assert.equal(verdict('no-such-set', 'x'), 'unknown')
  })

  test('languages, media types, units and currencies are known by their rules', () => {
    const known: [string, string, string][] = [
      ['all-languages', 'de-CH', 'yes'],
      ['all-languages', 'sr-Latn-RS', 'yes'],
      ['all-languages', 'xx', 'no'],
      ['all-languages', 'en_US', 'no'],
      ['all-languages', 'aaa', 'unknown'],
      ['mimetypes', 'text/plain; charset=utf-8', 'yes'],
      ['mimetypes', 'application/fhir+json', 'yes'],
      ['mimetypes', 'text', 'no'],
      ['mimetypes', 'text/plain; charset', 'no'],
      ['ucum-units', 'mm[Hg]', 'yes'],
      ['ucum-units', '10*3/uL', 'yes'],
      ['ucum-units', '{beats}/min', 'yes'],
      ['ucum-units', 'furlongs per fortnight', 'no'],
      ['ucum-units', 'xyzzy', 'no'],
      ['currencies', 'EUR', 'yes'],
      ['currencies', 'EURO', 'no'],
      ['timezones', 'Europe/Zurich', 'yes'],
      ['timezones', 'Europe/Atlantis', 'no'],
    ]
    for (const [valueSet, code, expected] of known)
      assert.equal(verdict(valueSet, code), expected, `${valueSet} ${code}`)
  })

  test('a wrong display is told, whatever its case, and designations are right ones', () => {
    const ask = (display: string) =>
      terminology.with([colours]).validateCode({ system: 'urn:colours', code: 'red', display })
    assert.equal(ask('RED').hasWrongDisplay, undefined)
    assert.equal(ask('Rot').hasWrongDisplay, undefined)
    assert.equal(ask('Blue').hasWrongDisplay, true)
    assert.match(ask('Blue').text!, /which is "Red"/)
  })

  test('a version of a code system that is not on board is unknown', () => {
    const asked = { system: 'urn:colours', code: 'red', version: '1' }
    assert.equal(terminology.with([colours]).validateCode(asked).result, 'unknown')
  })
})

describe('the expansion of a value set', () => {
  test('filters choose by hierarchy, property, code and pattern', () => {
    assert.deepEqual(filtered('concept', 'is-a', 'red'), ['red', 'crimson', 'rust'])
    assert.deepEqual(filtered('concept', 'descendent-of', 'red'), ['crimson', 'rust'])
    assert.deepEqual(filtered('concept', 'is-not-a', 'red'), ['blue', 'navy'])
    assert.deepEqual(filtered('concept', 'generalizes', 'navy'), ['blue', 'navy'])
    assert.deepEqual(filtered('warm', '=', 'true'), ['red'])
    assert.deepEqual(filtered('warm', 'exists', 'false'), ['crimson', 'rust', 'blue', 'navy'])
    assert.deepEqual(filtered('code', 'in', 'red, navy'), ['red', 'navy'])
    assert.deepEqual(filtered('code', 'not-in', 'red,navy'), ['crimson', 'rust', 'blue'])
    assert.deepEqual(filtered('code', 'regex', 'r.*'), ['red', 'rust'])
    assert.equal(filtered('weight', '=', '3'), 'unknown')
  })

  test('a pattern takes time that grows with the text alone', () => {
    const evil = { ...colours, concept: [{ code: `${'a'.repeat(5000)}!` }] }
    const filter = [{ property: 'code', op: 'regex' as const, value: '(a+)+' }]
    const asked = set('evil', { include: [{ system: 'urn:evil', filter }] })
    assert.deepEqual(codesOf(asked, { ...evil, url: 'urn:evil' }), [])
  })

  test('several value sets and a system in one include are intersected, includes are united, excludes taken away', () => {
    const warm = set('warm', { include: [{ system: 'urn:colours', concept: [{ code: 'red' }, { code: 'crimson' }] }] })
    const dark = set('dark', { include: [{ system: 'urn:colours', concept: [{ code: 'navy' }, { code: 'crimson' }] }] })
    const both = set('both', { include: [{ valueSet: ['urn:set:warm', 'urn:set:dark'] }] })
    const either = set('either', { include: [{ valueSet: ['urn:set:warm'] }, { valueSet: ['urn:set:dark|'] }] })
    const without = set('without', {
      include: [{ system: 'urn:colours' }],
      exclude: [{ valueSet: ['urn:set:either'] }],
    })
    assert.deepEqual(codesOf(both, warm, dark), ['crimson'])
    assert.deepEqual(codesOf(either, warm, dark), ['red', 'crimson', 'navy'])
    assert.deepEqual(codesOf(without, warm, dark, either), ['rust', 'blue'])
  })

  test('inactive codes stay out where the value set says so', () => {
    const include = [{ system: 'urn:colours' }]
    assert.ok(!codesOf(set('active', { inactive: false, include })).includes('rust'))
    assert.ok(codesOf(set('all', { include })).includes('rust'))
  })

  test('a value set that includes itself, or one that is not here, cannot be listed', () => {
    const circle = set('circle', { include: [{ valueSet: ['urn:set:back'] }] })
    const back = set('back', { include: [{ valueSet: ['urn:set:circle'] }] })
    assert.equal(codesOf(circle, circle, back), 'unknown')
    assert.equal(codesOf(set('lost', { include: [{ valueSet: ['urn:set:nowhere'] }] })), 'unknown')
  })

  test('the value set that a code system calls its own is all of its codes', () => {
    const expansion = terminology.expand(`${sets}dicom-dcim`, { count: 1 })
    assert.ok(!('problem' in expansion))
    assert.equal(expansion.members[0]!.system, 'http://dicom.nema.org/resources/ontology/DCM')
    assert.ok(expansion.total > 1000)
  })

  test('what is known by its rules has no list', () => {
    const expansion = terminology.expand(`${sets}all-languages`)
    assert.equal('problem' in expansion && expansion.problem, 'endless')
  })

  test('the text filter looks for all its words in codes, displays and designations; the total goes before paging', () => {
    const page = terminology.expand(`${sets}languages`, { filter: 'german', offset: 1, count: 2 })
    assert.ok(!('problem' in page))
    assert.deepEqual(
      page.members.map(({ code }) => code),
      ['de-AT', 'de-CH'],
    )
    assert.equal(page.total, 4)
  })

  test('what costs too much is refused', () => {
    const concept = Array.from({ length: 3000 }, (_, n) => ({ code: `c${n}` }))
    const many = Array.from({ length: 3000 }, () => ({ system: 'urn:big' }))
    const big: CodeSystem = { ...colours, url: 'urn:big', concept }
    assert.throws(() => codesOf(set('costly', { include: many }), big), { problem: 'tooCostly' })
  })
})

describe('the hierarchy of a code system', () => {
  test('what is below and above a code, nested or by its property child', () => {
    const { descendants, ancestors, subsumes } = terminology
    assert.deepEqual([...descendants(`${hl7}v3-RoleCode`, 'NMTH')!], ['NMTH', 'NMTHF'])
    assert.ok(ancestors(`${hl7}v3-RoleCode`, 'MTH')!.has('PRN'))
    assert.equal(subsumes(`${hl7}v3-ActCode`, '_ActEncounterCode', 'AMB'), 'subsumes')
    assert.equal(subsumes(`${hl7}v3-ActCode`, 'AMB', '_ActEncounterCode'), 'subsumed-by')
    assert.equal(subsumes(`${hl7}v3-ActCode`, 'AMB', 'IMP'), 'not-subsumed')
    assert.equal(subsumes(`${hl7}v3-ActCode`, 'AMB', 'AMB'), 'equivalent')
    assert.equal(subsumes(`${hl7}v3-ActCode`, 'AMB', 'nothing'), undefined)
    assert.equal(descendants('http://loinc.org', 'x'), undefined)
    assert.equal(descendants(`${hl7}v3-ActCode`, 'nothing')!.size, 0)
  })

  test('a code system that is not case sensitive finds a code in any case', () => {
    const insensitive: CodeSystem = { ...colours, caseSensitive: false, url: 'urn:folded' }
    const wider = terminology.with([insensitive])
    assert.equal(wider.validateCode({ system: 'urn:folded', code: 'RED' }).result, 'yes')
    assert.equal(wider.subsumes('urn:folded', 'RED', 'Crimson'), 'subsumes')
  })
})

test('a lookup answers display, designations, parents and children', () => {
  const mother = terminology.lookup(`${hl7}v3-RoleCode`, 'MTH')
  assert.ok(mother !== undefined && mother !== 'unknown')
  assert.deepEqual([mother.display, mother.parents], ['mother', ['PRN']])
  const male = terminology.lookup(`${hl7}v2-0001`, 'M')
  assert.ok(male !== undefined && male !== 'unknown')
  assert.deepEqual(male.designations[1], { language: 'nl', value: 'Man' })
  assert.equal(terminology.lookup(`${hl7}v3-RoleCode`, 'nobody'), undefined)
  assert.equal(terminology.lookup('http://loinc.org', 'nobody'), 'unknown')
})

test('what is on board is prepared once, whatever version is asked for, and what is not leaves nothing behind', () => {
  const onBoard = new Set<string>()
  const asked: string[] = []
  const own = createTerminology({
    valueSet: (url) =>
      onBoard.has(url) ? { ...set('all', { include: [{ system: 'urn:colours' }] }), url } : undefined,
    codeSystem: (url) => (asked.push(url), onBoard.has(url) ? { ...colours, url } : undefined),
  })
  const resultOf = (code: string, system: string, valueSet?: string) =>
    own.validateCode({ code, system, ...(valueSet === undefined ? {} : { valueSet }) }).result
  assert.equal(resultOf('red', 'urn:colours'), 'unknown')
  assert.equal(resultOf('red', 'urn:colours', 'urn:set:all'), 'unknown')
  onBoard.add('urn:colours').add('urn:set:all')
  assert.equal(resultOf('red', 'urn:colours'), 'yes')
  assert.equal(resultOf('red', 'urn:colours', 'urn:set:all'), 'yes')
  asked.length = 0
  for (let version = 0; version < 10; version++) assert.equal(resultOf('red', `urn:colours|${version}`), 'yes')
  assert.deepEqual(asked, [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { openEnd, openStart } from '../../../src/search/date-column.ts'
import { keys, refusal, rid, search, where } from './search-parts.ts'

const observation: Resource = {
  resourceType: 'Observation',
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
  ],
  code: { coding: [{ system: 'http://loinc.org', code: '1234-5' }] },
  subject: { reference: 'Patient/anna' },
  encounter: { reference: 'Encounter/e' },
  performer: [{ reference: 'Practitioner/gp' }],
  method: { coding: [{ code: 'm' }] },
  effectiveDateTime: '2020-02-03',
  valueQuantity: { value: 5.4, system: 'http://unitsofmeasure.org', code: 'mg' },
}

function keyOf(type: string, parameter: string, code: string): bigint {
  return search.codeKey(type, parameter, code)
}

test('the single patient stands in `pat` and needs no key; several patients are keys, and `pat` is empty', () => {
  const one = search.extract(observation, 'o')
  assert.equal(one.pat, rid('Patient', 'anna'))
  assert.ok(!one.keys.includes(search.refKey('Observation', 'patient', 'Patient', 'anna')))
  assert.ok(!one.keys.includes(keys.reference('subject', 'Patient', rid('Patient', 'anna'))))

  const actor = (reference: string) => ({ actor: { reference }, status: 'accepted' })
  const several = search.extract(
    { resourceType: 'Appointment', participant: [actor('Patient/anna'), actor('Patient/ben')] },
    'a',
  )
  assert.equal(several.pat, null)
  for (const id of ['anna', 'ben'])
    assert.ok(several.keys.includes(search.refKey('Appointment', 'patient', 'Patient', id)))
})

test('a Patient is about itself; what is about nobody has no patient', () => {
  assert.equal(search.extract({ resourceType: 'Patient' }, 'anna').pat, rid('Patient', 'anna'))
  assert.equal(search.extract({ resourceType: 'Organization' }, 'o').pat, null)
  assert.equal(search.extract({ ...observation, subject: { reference: 'Group/g' } }, 'o').pat, null)
})

test('a type without a `patient` parameter has its patient from the subject of the compartment', () => {
  const event: Resource = { resourceType: 'AdverseEvent', subject: { reference: 'Patient/anna' } }
  assert.equal(search.extract(event, 'e').pat, rid('Patient', 'anna'))
})

test('very frequent values only filter; rare ones are indexed', () => {
  const { keys: indexed, fkeys } = search.extract(observation, 'o')
  assert.ok(fkeys.includes(keyOf('Observation', 'status', 'final')))
  assert.ok(fkeys.includes(keyOf('Observation', 'category', 'laboratory')))
  assert.ok(indexed.includes(keyOf('Observation', 'code', '1234-5')))
  const unusual = search.extract({ ...observation, status: 'cancelled' }, 'o')
  assert.ok(unusual.keys.includes(keyOf('Observation', 'status', 'cancelled')))
})

test('the keys that access needs stand beside each version: people, category and codes, and nothing else', () => {
  const { akeys } = search.extract(observation, 'o')
  assert.ok(akeys.includes(search.refKey('Observation', 'performer', 'Practitioner', 'gp')))
  assert.ok(akeys.includes(keyOf('Observation', 'category', 'laboratory')))
  assert.ok(akeys.includes(keyOf('Observation', 'status', 'final')))
  assert.ok(!akeys.includes(keyOf('Observation', 'method', 'm')))
})

test('keys are sorted, unique, and stand in one of the two arrays only', () => {
  const { keys: indexed, fkeys } = search.extract(observation, 'o')
  for (const list of [indexed, fkeys]) {
    assert.deepEqual(
      list,
      [...new Set(list)].sort((a, b) => (a < b ? -1 : 1)),
    )
  }
  assert.ok(!fkeys.some((key) => indexed.includes(key)))
})

test('each date parameter has the range of its value; a repeating one its outer limits, and each value on its own', () => {
  const day = Date.UTC(2020, 1, 3)
  const { dates, periods } = search.extract(observation, 'o')
  assert.deepEqual(dates, { date: [day, day + 86_400_000] })
  assert.deepEqual(periods, [])

  const event = (at: string) => ({ timing: { event: [at] } })
  const request: Resource = {
    resourceType: 'MedicationRequest',
    dosageInstruction: [event('2020-01-01'), event('2022-01-01')],
  }
  const repeating = search.extract(request, 'm')
  assert.deepEqual(repeating.dates['date'], [Date.UTC(2020, 0, 1), Date.UTC(2022, 0, 2)])
  assert.equal(repeating.periods.length, 2)
})

test('an open period reaches to the first and the last moment there is', () => {
  const period = (value: object): Resource => ({ resourceType: 'Encounter', period: value })
  assert.deepEqual(search.extract(period({ start: '2020-01-01' }), 'e').dates['date'], [Date.UTC(2020, 0, 1), openEnd])
  assert.deepEqual(search.extract(period({ end: '2020-01-01' }), 'e').dates['date'], [openStart, Date.UTC(2020, 0, 2)])
})

test('a quantity has a number for each way to ask for its unit', () => {
  const { numbers } = search.extract(observation, 'o')
  const ways = new Set(numbers.map(([key]) => key))
  // Alone, by code, in base units; each for value-quantity and combo-value-quantity.
  assert.equal(ways.size, 6)
  assert.deepEqual(numbers.map(([, lo]) => lo).sort(), [0.0054, 0.0054, 5.4, 5.4, 5.4, 5.4])
  assert.ok(numbers.every(([, lo, hi]) => lo === hi))
})

test('composites of the resource itself need no rows, those of its elements one for each element that holds all parts', () => {
  assert.deepEqual(search.extract(observation, 'o').elements, [])
  const component = (code: string, value?: number) => ({
    code: { coding: [{ code }] },
    ...(value === undefined ? { dataAbsentReason: { text: 'unknown' } } : { valueQuantity: { value } }),
  })
  const pressure = { ...observation, component: [component('sys', 140), component('dia', 90), component('none')] }
  assert.equal(search.extract(pressure, 'o').elements.length, 2)
})

test('a text beside a code is kept once, whichever parameters find it', () => {
  const code = { coding: [{ code: 'w', display: 'Body Weight' }], text: 'body-weight' }
  const { texts } = search.extract({ ...observation, code }, 'o')
  assert.deepEqual(
    texts.map(([, text]) => text),
    ['bodyweight', 'body weight'],
  )
})

test('decimals keep their value beyond what a double writes', () => {
  const resource = parseJson('{"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":0.10}]}') as Resource
  assert.deepEqual(
    search.extract(resource, 'r').numbers.map(([, lo, hi]) => [lo, hi]),
    [[0.1, 0.1]],
  )
})

test('strings are stored normalised, without duplicates, and never longer than an index entry', () => {
  const resource: Resource = { resourceType: 'Patient', name: [{ family: 'Müller' }, { family: 'MULLER' }] }
  const values = search.extract(resource, 'p').strings.map(([, value]) => value)
  assert.deepEqual([...new Set(values)], ['muller'])
  assert.equal(values.length, new Set(search.extract(resource, 'p').strings.map(([key]) => key)).size)
  const long = search.extract({ resourceType: 'Organization', name: '語'.repeat(5_000) }, 'o')
  assert.ok(long.strings.every(([, value]) => Buffer.byteLength(value) <= 2_000))
})

test('parameters that read the same texts share them: one that is asked by its other name looks where the first is indexed', () => {
  const { strings } = search.extract({ resourceType: 'Patient', name: [{ given: ['Anna'] }] }, 'p')
  assert.deepEqual(
    strings.map(([, value]) => value),
    ['anna', 'anna'],
    'for name and phonetic, and for given',
  )
  assert.deepEqual(where('Patient', 'phonetic=Anna'), where('Patient', 'name=Anna'))
  assert.notDeepEqual(where('Patient', 'given=Anna'), where('Patient', 'name=Anna'))
})

test('the same resource gives the same values, and its labels a mask', () => {
  assert.deepEqual(search.extract(observation, 'o'), search.extract(structuredClone(observation), 'o'))
  assert.equal(search.extract(observation, 'o').labels, 0)
  const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }]
  assert.notEqual(search.extract({ ...observation, meta: { security } }, 'o').labels, 0)
})

test('the units of what is to be stored are bounded, and those of what is stored are not', () => {
  const component = Array.from({ length: 501 }, (_, n) => ({
    code: { text: 'x' },
    valueQuantity: { value: n, system: 'http://unitsofmeasure.org', code: `mg/{n${n}}` },
  }))
  const resource = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, component } as Resource
  const isNew = { isNew: true }
  assert.match(refusal(() => search.extract(resource, 'x', isNew))?.text ?? '', /more than 500 units of measure/)
  const few = { ...resource, component: [...component.slice(1), ...component.slice(1)] } as Resource
  assert.equal(
    refusal(() => search.extract(few, 'x', isNew)),
    undefined,
  )
  assert.ok(search.extract(resource, 'x').numbers.length > 501)
})

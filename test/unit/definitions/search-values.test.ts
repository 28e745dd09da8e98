import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TypedValue } from '../../../src/definitions/definitions.ts'
import { loadFhirPath } from '../../../src/definitions/fhirpath-expression.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { stringifyJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { r4Examples } from '../../support/r4-examples.ts'

const definitions = await loadDefinitions()

function values(resource: Resource, code: string): TypedValue[] {
  return definitions.searchParameter(resource.resourceType, code)!.values(resource)
}

const parameter = (type: string, code: string) => definitions.searchParameter(type, code)!

test('every search expression of R4 is a path that a walker can walk', () => {
  let count = 0
  for (const type of definitions.resourceTypes) {
    for (const { valueTypes, components, code } of definitions.searchParameters(type)) {
      assert.notEqual(valueTypes, undefined, `${type}.${code} needs FHIRPath itself`)
      count += 1 + components.length
    }
  }
  assert.ok(count > 2500)
})

test('walkers and FHIRPath find the same values of the same types in all examples', async () => {
  const fhirPath = await loadFhirPath()
  const compiled = new Map<string, (resource: unknown) => TypedValue[]>()
  /** Part by part, since the library cannot unite quantities that have a comparator. */
  const byFhirPath = (expression: string, resource: Resource): TypedValue[] =>
    expression
      .split(/\s*\|\s*/)
      .filter((part) => part.includes(resource.resourceType) || part.includes('Resource'))
      .flatMap((part) => {
        const evaluate = compiled.get(part) ?? fhirPath(part, resource.resourceType)
        compiled.set(part, evaluate)
        return evaluate(resource)
      })
  /** Of a composite: what the expression of a component finds in the elements that the composite's own finds. */
  const partsByFhirPath = (expression: string, component: string, resource: Resource): TypedValue[] => {
    const elements = expression.split(/\s*\|\s*/).filter((part) => part.includes(resource.resourceType))
    const ofResource = component.startsWith('%resource')
    if (ofResource && byFhirPath(expression, resource).length === 0) return []
    if (ofResource) return byFhirPath(component.replace('%resource', resource.resourceType), resource)
    const parts = component.split(/\s*\|\s*/)
    return elements.flatMap((element) =>
      parts.flatMap((part) => fhirPath(`${element}.select(${part})`, resource.resourceType)(resource)),
    )
  }
  // To FHIRPath the id of a resource is a System.String; to us an id.
  const shown = (found: TypedValue[]) =>
    [...new Set(found.map(({ type, value }) => stringifyJson([type === 'id' ? 'string' : type, value])))].sort()
  let compared = 0
  for (const { name, resource } of r4Examples()) {
    for (const { code, expression, values, components } of definitions.searchParameters(resource.resourceType)) {
      const walked = shown(values(resource))
      assert.deepEqual(walked, shown(byFhirPath(expression, resource)), `${name}: ${code}: ${expression}`)
      compared += walked.length
      for (const part of components) {
        const walkedParts = shown(values(resource).flatMap((element) => part.values(element, resource)))
        const told = `${name}: ${code}: ${part.expression}`
        assert.deepEqual(walkedParts, shown(partsByFhirPath(expression, part.expression, resource)), told)
        compared += walkedParts.length
      }
    }
  }
  assert.ok(compared > 500)
})

test('values carry the type of the choice that the resource made', () => {
  const observation = { resourceType: 'Observation', valueQuantity: { value: 1 }, effectivePeriod: { start: '2020' } }
  assert.deepEqual(values(observation, 'value-quantity'), [{ type: 'Quantity', value: { value: 1 } }])
  assert.deepEqual(values(observation, 'value-string'), [])
  assert.deepEqual(values(observation, 'date'), [{ type: 'Period', value: { start: '2020' } }])
  assert.deepEqual(values({ resourceType: 'Observation', valueCodeableConcept: { text: 'a' } }, 'value-string'), [
    { type: 'string', value: 'a' },
  ])
})

test('primitives keep their JSON form, ids and meta are found by the parameters of Resource', () => {
  const patient = {
    resourceType: 'Patient',
    id: 'a',
    meta: { tag: [{ code: 't' }], lastUpdated: '2020-01-01T00:00:00Z' },
    active: false,
  }
  assert.deepEqual(values(patient, '_id'), [{ type: 'id', value: 'a' }])
  assert.deepEqual(values(patient, '_tag'), [{ type: 'Coding', value: { code: 't' } }])
  assert.deepEqual(values(patient, '_lastUpdated'), [{ type: 'instant', value: '2020-01-01T00:00:00Z' }])
  assert.deepEqual(values(patient, 'active'), [{ type: 'boolean', value: false }])
})

test('criteria choose among the values of a list', () => {
  const patient = {
    resourceType: 'Patient',
    telecom: [{ system: 'phone', value: '1' }, { system: 'email', value: 'a@b' }, { value: '2' }],
  }
  assert.deepEqual(
    values(patient, 'email').map(({ value }) => (value as { value: string }).value),
    ['a@b'],
  )
})

test('resolve() is told from the reference itself', () => {
  const subject = (reference: object) => values({ resourceType: 'Observation', subject: reference }, 'patient').length
  assert.equal(subject({ reference: 'Patient/1' }), 1)
  assert.equal(subject({ reference: 'http://other.example/fhir/Patient/1/_history/2' }), 1)
  assert.equal(subject({ type: 'Patient', identifier: { value: '1' } }), 1)
  assert.equal(subject({ reference: 'Group/1' }), 0)
  assert.equal(subject({ reference: 'Group/1', type: 'Patient' }), 0)
  assert.equal(subject({ reference: '#p' }), 0)
  assert.equal(subject({ reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' }), 0)
})

test('whether a dead person is dead', () => {
  const deceased = (members: object) => values({ resourceType: 'Patient', ...members }, 'deceased')[0]?.value
  assert.equal(deceased({}), false)
  assert.equal(deceased({ deceasedBoolean: false }), false)
  assert.equal(deceased({ deceasedBoolean: true }), true)
  assert.equal(deceased({ deceasedDateTime: '2020' }), true)
})

test('the first entry of a document is its composition', () => {
  const entry = [
    { resource: { resourceType: 'Composition', id: 'c' } },
    { resource: { resourceType: 'Composition', id: 'd' } },
  ]
  assert.deepEqual(values({ resourceType: 'Bundle', entry }, 'composition'), [
    { type: 'Composition', value: { resourceType: 'Composition', id: 'c' } },
  ])
})

test('no value is made of null, of an empty list or of what is no object', () => {
  for (const name of [null, [], [null], 'Anna', 7, [{ family: null }], [[]]]) {
    assert.deepEqual(values({ resourceType: 'Patient', name }, 'family'), [])
  }
  assert.deepEqual(values({ resourceType: 'Bundle', entry: [] }, 'composition'), [])
})

test('a parameter repeats when a list lies on its path, or when two of its paths can hold at once', () => {
  const repeats = (type: string, code: string) => parameter(type, code).repeats
  assert.ok(repeats('Patient', 'name') && repeats('Patient', 'given') && repeats('Observation', 'combo-value-quantity'))
  assert.ok(!repeats('Patient', 'birthdate') && !repeats('Observation', 'date') && !repeats('Observation', 'patient'))
  assert.ok(!repeats('Condition', 'onset-date') && !repeats('Observation', 'value-string'))
  assert.ok(!repeats('Bundle', 'composition') && repeats('Specimen', 'container'))
})

test('the targets of a parameter are those of its element, narrowed by resolve()', () => {
  assert.deepEqual(parameter('Observation', 'patient').targets, ['Patient'])
  assert.deepEqual(parameter('AllergyIntolerance', 'patient').targets, ['Patient'])
  assert.deepEqual([...parameter('Observation', 'subject').targets].sort(), ['Device', 'Group', 'Location', 'Patient'])
  assert.deepEqual(parameter('Observation', 'code').targets, [])
})

test('what has no expression is special, whatever its type says', () => {
  for (const code of ['_text', '_content', '_query']) {
    assert.equal(parameter('Patient', code).type, 'special')
    assert.deepEqual(values({ resourceType: 'Patient', text: { div: 'x' } }, code), [])
  }
  assert.equal(parameter('Location', 'near').type, 'special')
})

test('the components of a composite are found together', () => {
  const observation = {
    resourceType: 'Observation',
    code: { text: 'panel' },
    component: [
      { code: { text: 'systolic' }, valueQuantity: { value: 120 } },
      { code: { text: 'remark' }, valueString: 'none' },
    ],
  }
  const { components, values } = parameter('Observation', 'combo-code-value-quantity')
  const pairs = values(observation).map((element) =>
    components.map((part) => part.values(element, observation).map(({ value }) => value)),
  )
  assert.deepEqual(
    components.map(({ type }) => type),
    ['token', 'quantity'],
  )
  assert.deepEqual(pairs, [
    [[{ text: 'panel' }], []],
    [[{ text: 'systolic' }], [{ value: 120 }]],
    [[{ text: 'remark' }], []],
  ])
})

test('a component may stand outside of the element that repeats', () => {
  const sequence = {
    resourceType: 'MolecularSequence',
    referenceSeq: { chromosome: { text: '1' } },
    variant: [{ start: 5, end: 6 }],
  }
  const { components, values } = parameter('MolecularSequence', 'chromosome-variant-coordinate')
  const [element] = values(sequence)
  assert.deepEqual(
    components.map((part) => part.values(element!, sequence)[0]?.value),
    [{ text: '1' }, 5, 6],
  )
})

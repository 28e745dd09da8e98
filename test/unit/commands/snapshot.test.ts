import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Element, snapshotOf, type StructureDefinition } from '../../../src/commands/snapshot.ts'

const types = 'http://hl7.org/fhir/StructureDefinition/'

function definition(type: string, element: Element[]): StructureDefinition {
  return {
    ...{ resourceType: 'StructureDefinition', version: '1', kind: 'resource', abstract: false },
    ...{ name: type, type, url: types + type, derivation: 'specialization', baseDefinition: `${types}Element` },
    snapshot: { element },
  }
}

const base = [
  definition('Thing', [
    { path: 'Thing' },
    { path: 'Thing.part', min: 0, max: '*', type: [{ code: 'BackboneElement' }], constraint: [{ key: 'th-1' }] },
    { path: 'Thing.part.code', min: 0, max: '1', type: [{ code: 'Coding' }] },
    { path: 'Thing.last', min: 0, max: '1', type: [{ code: 'Coding' }] },
  ]),
  definition('Coding', [
    { path: 'Coding' },
    { path: 'Coding.system', min: 0, max: '1', type: [{ code: 'uri' }] },
    { path: 'Coding.code', min: 0, max: '1', type: [{ code: 'code' }] },
  ]),
]

function snapshot(...element: Element[]): Element[] {
  const profile = { ...definition('Thing', []), snapshot: undefined, differential: { element } }
  const find = (url: string) => base.find((one) => one.url === url)
  return snapshotOf({ ...profile, baseDefinition: `${types}Thing`, derivation: 'constraint' }, find)
}
const names = (elements: readonly Element[]) => elements.map(({ id, path }) => id ?? path)

test('what the differential says goes on top, and constraints are added to those of the base', () => {
  const [, part] = snapshot({ path: 'Thing.part', min: 1, constraint: [{ key: 'own-1' }] })
  assert.deepEqual([part!['min'], part!['max']], [1, '*'])
  assert.deepEqual(part!.constraint, [{ key: 'th-1' }, { key: 'own-1' }])
})

test('the parts of a data type are laid open where one of them is constrained', () => {
  const elements = snapshot({ path: 'Thing.part.code.system', min: 1 })
  assert.deepEqual(names(elements), [
    'Thing',
    'Thing.part',
    'Thing.part.code',
    'Thing.part.code.system',
    'Thing.part.code.code',
    'Thing.last',
  ])
  assert.equal(elements[3]!['min'], 1)
})

test('slices stand behind all of what they slice, with their own parts, which do not reach the base', () => {
  const elements = snapshot(
    { path: 'Thing.part', slicing: { rules: 'open' } },
    { id: 'Thing.part:a', path: 'Thing.part', sliceName: 'a', max: '1' },
    { id: 'Thing.part:a.code', path: 'Thing.part.code', min: 1 },
    { id: 'Thing.part:a.code.code', path: 'Thing.part.code.code', fixedCode: 'x' },
    { id: 'Thing.part:b', path: 'Thing.part', sliceName: 'b' },
  )
  assert.deepEqual(names(elements), [
    'Thing',
    'Thing.part',
    'Thing.part.code',
    'Thing.part:a',
    'Thing.part:a.code',
    'Thing.part:a.code.system',
    'Thing.part:a.code.code',
    'Thing.part:b',
    'Thing.last',
  ])
  const [part, code, slice, sliceCode] = elements.slice(1)
  assert.deepEqual([part!['slicing'], slice!['slicing']], [{ rules: 'open' }, undefined])
  assert.deepEqual([code!['min'], slice!['max'], sliceCode!['min']], [0, '1', 1])
})

test('an element that the base does not have is a mistake of the source', () => {
  assert.throws(() => snapshot({ path: 'Thing.part.code.none', min: 1 }), /There is no element Thing\.part\.code\.none/)
  assert.throws(() => snapshot({ id: 'Thing.none:a', path: 'Thing.none', sliceName: 'a' }), /slices nothing/)
})

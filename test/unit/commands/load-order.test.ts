import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadOrder } from '../../../src/commands/import/load-order.ts'
import type { InspectedFile } from '../../../src/commands/import/load-order.ts'

function file(path: string, provides: string[], needs: string[] = []): InspectedFile {
  return { path, bytes: 1, hash: path, provides: new Set(provides), needs: new Set(needs) }
}

function names(files: InspectedFile[]): string[] {
  return loadOrder(files).map(({ path }) => path)
}

test('a file comes after the files with what it refers to, whatever they are called', () => {
  const patients = ['anna', 'ben'].map((name) =>
    file(name, ['Patient', 'Encounter'], ['Patient', 'Practitioner', 'Organization']),
  )
  const hospitals = file('hospitals', ['Organization', 'Location'])
  const doctors = file('doctors', ['Practitioner', 'PractitionerRole'], ['Organization'])
  assert.deepEqual(names([...patients, doctors, hospitals]), ['hospitals', 'doctors', 'anna', 'ben'])
})

test('what a file holds itself it does not wait for', () => {
  assert.deepEqual(names([file('b', ['Patient'], ['Patient']), file('a', ['Patient'], ['Patient'])]), ['a', 'b'])
})

test('files that need each other are all loaded, in the order of their names', () => {
  const one = file('one', ['Patient'], ['Encounter'])
  const two = file('two', ['Encounter'], ['Patient'])
  const base = file('zero', ['Organization'])
  assert.deepEqual(names([two, one, base]), ['zero', 'one', 'two'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { stringifyJson } from '../../../src/fhir/json.ts'
import { hasFullSet, r4Examples, toleratedExamples, wrongExamples } from '../../support/r4-examples.ts'

const definitions = await loadDefinitions()

test(
  'the full set of official examples',
  { skip: hasFullSet ? false : 'TEST_DATA is not set: only test/fixtures' },
  () => {
    assert.ok(r4Examples().length >= 253)
  },
)

for (const asked of ['to be stored', 'by $validate']) {
  const advises = asked === 'by $validate'
  test(`the official examples are valid when asked ${asked}, but for those that break R4’s own rules`, () => {
    for (const { name, resource } of r4Examples()) {
      const errors = definitions
        .validate(resource, { advises })
        .filter(({ severity }) => severity === 'error')
        .map(({ expression, diagnostics }) => `${expression?.join()} ${diagnostics}`)
      const rule = wrongExamples[name] ?? (advises ? toleratedExamples[name] : undefined)
      if (!rule) assert.deepEqual(errors, [], name)
      else assert.notDeepEqual(errors, [], name)
      for (const error of errors) assert.match(error, rule!)
    }
  })
}

test('the official examples come back from parsing with every literal as it was', () => {
  const numbers = (text: string) => text.match(/(?<=[:[,]\s*)-?\d[\d.eE+-]*(?=\s*[,\]}])/g)
  for (const { name, text, resource } of r4Examples()) {
    const back = stringifyJson(resource)
    assert.deepEqual(JSON.parse(back), JSON.parse(text), name)
    assert.deepEqual(numbers(back), numbers(text), name)
  }
})

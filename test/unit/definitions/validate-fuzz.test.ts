import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { copyJson } from '../../../src/fhir/json.ts'
import { aMutant, anyJson, runs } from '../../support/fuzz.ts'

const { attachments, references, validate } = await loadDefinitions()

test('the validator judges anything, changes nothing, and says where', () => {
  fc.assert(
    fc.property(fc.oneof(aMutant, anyJson), (value) => {
      const before = copyJson(value)
      for (const { severity, diagnostics, expression } of validate(value)) {
        assert.ok(['fatal', 'error', 'warning', 'information'].includes(severity))
        assert.ok(diagnostics !== undefined && diagnostics !== '')
        assert.match(expression![0]!, /^[A-Z]\w*/)
      }
      assert.deepEqual(value, before)
    }),
    runs(400),
  )
})

test('references and attachments are looked for in anything that has a type', () => {
  fc.assert(
    fc.property(aMutant, (resource) => {
      if (typeof resource.resourceType !== 'string') return
      references(resource)
      attachments(resource)
    }),
    runs(300),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantObligation, isForeignObligation, obligationsOf } from '../../../src/access/obligations.ts'

const elsewhere = 'https://example.org/fhir/StructureDefinition/grant-obligation'

test('other extensions oblige to nothing', () => {
  assert.equal(obligationsOf({ extension: [{ url: 'https://example.org/colour', valueCode: 'view-only' }, {}] }), 0)
  assert.equal(obligationsOf({}), 0)
})

test('obligations add up, below whatever base they were stored', () => {
  const extension = [
    { url: grantObligation, valueCode: 'no-print' },
    { url: elsewhere, valueCode: 'view-only' },
  ]
  assert.equal(obligationsOf({ extension }), 10)
})

test('an obligation is foreign below another base alone', () => {
  assert.ok(isForeignObligation({ url: elsewhere }))
  assert.ok(!isForeignObligation({ url: grantObligation }))
  assert.ok(!isForeignObligation({ url: 'https://example.org/colour' }))
})

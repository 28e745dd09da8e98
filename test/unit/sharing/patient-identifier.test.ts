import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { patientIdentifier } from '../../../src/sharing/patient-identifier.ts'
import { isPatientNumber, newPatientNumber } from '../../../src/sharing/patient-number.ts'
import { change, codes, refusal } from './request-desk.ts'

const rule = patientIdentifier({ codes })
const own = (...values: string[]): Resource => ({
  resourceType: 'Patient',
  identifier: [{ system: 'other', value: '1' }, ...values.map((value) => ({ system: codes.patientNumber, value }))],
})
const right = newPatientNumber()
const another = newPatientNumber()
const wrong = right.slice(0, -1) + (right.endsWith('0') ? '1' : '0')

const settled = (before: Resource | undefined, after: Resource | undefined, more: object = {}) =>
  rule.settle!({ ...change(before, after), ...more })
const numbersIn = (patient: Resource | undefined) =>
  (patient!['identifier'] as { system: string; value: string }[])
    .filter(({ system }) => system === codes.patientNumber)
    .map(({ value }) => value)
const refused = refusal(422, 'Patient.identifier')
const throws = (...asked: Parameters<typeof settled>) => assert.throws(() => settled(...asked), refused)

describe('a patient number', () => {
  test('has a check character that tells each wrong one', () => {
    for (let n = 0; n < 200; n++) assert.ok(isPatientNumber(newPatientNumber()))
    const longer = `${right.slice(0, -1)}X${right.at(-1)}`
    for (const text of [wrong, longer, right.slice(1), `${right}0`, '', '!234567890*'])
      assert.ok(!isPatientNumber(text), text)
  })

  test('is made by the server for every new patient', () => {
    assert.equal(numbersIn(settled(undefined, own())).length, 1)
    assert.ok(isPatientNumber(numbersIn(settled(undefined, own()))[0]!))
    throws(undefined, own(right))
  })

  test('is kept where it is left out, and changes for nobody', () => {
    assert.deepEqual(numbersIn(settled(own(right), own())), [right])
    assert.equal(settled(own(right), own(right)), undefined)
    throws(own(right), own(another))
    throws(own(right), own(right, another))
    assert.equal(settled(own(right), undefined), undefined)
  })

  test('of who is brought from elsewhere is right, and one at most', () => {
    for (const [before, more] of [
      [undefined, { interaction: 'update' }],
      [own(), {}],
    ] as const) {
      assert.equal(settled(before, own(right), more), undefined)
      assert.equal(settled(before, own(), more), undefined)
      throws(before, own(wrong), more)
      throws(before, own(right, another), more)
    }
  })
})

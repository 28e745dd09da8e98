import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { decisionOf } from '../../../src/sharing/approval-task.ts'

const task = (more: object): Resource => ({ resourceType: 'Task', status: 'completed', intent: 'order', ...more })
const concept = (code: string) => ({ coding: [{ code }] })

describe('what a Task decides about a registration', () => {
  test('completed is accepted', () => {
    assert.equal(decisionOf(task({})), 'accepted')
    assert.equal(decisionOf(task({ businessStatus: concept('accepted') })), 'accepted')
  })

  test('rejected is rejected', () => {
    assert.equal(decisionOf(task({ status: 'rejected' })), 'rejected')
  })

  test('completed with a rejection, in the business status or an output, is rejected', () => {
    assert.equal(decisionOf(task({ businessStatus: concept('rejected') })), 'rejected')
    assert.equal(decisionOf(task({ output: [{ type: { text: 'decision' }, valueCode: 'rejected' }] })), 'rejected')
    const output = [{ type: { text: 'decision' }, valueCodeableConcept: concept('rejected') }]
    assert.equal(decisionOf(task({ output })), 'rejected')
  })

  test('both at once is refused', () => {
    const both = task({ businessStatus: concept('accepted'), output: [{ type: {}, valueCode: 'rejected' }] })
    assert.throws(() => decisionOf(both), /both "accepted" and "rejected"/)
  })

  for (const status of ['draft', 'requested', 'in-progress', 'on-hold', 'cancelled']) {
    test(`${status} decides nothing`, () => {
      assert.equal(decisionOf(task({ status, businessStatus: concept('accepted') })), undefined)
    })
  }
})

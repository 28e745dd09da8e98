import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { labelMasks, labelsOf } from '../../../src/access/labels.ts'
import type { Coding, Resource } from '../../../src/fhir/resource.ts'

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const sensitivity = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

function labelled(...security: Coding[]): Resource {
  return { resourceType: 'Observation', meta: { security } }
}

describe('security labels', () => {
  test('up to normal confidentiality set no bit', () => {
    for (const code of ['U', 'L', 'M', 'N']) {
      assert.equal(labelsOf(labelled({ system: confidentiality, code })), labelMasks.normal)
    }
    assert.equal(labelsOf({ resourceType: 'Observation' }), labelMasks.normal)
  })

  test('restricted and very restricted are outside of what administrators open', () => {
    for (const code of ['R', 'V']) {
      assert.notEqual(labelsOf(labelled({ system: confidentiality, code })) & ~labelMasks.unrestricted, 0)
    }
  })

  test('sensitive ones are above normal, and within what administrators open', () => {
    for (const code of ['ETH', 'ETHUD', 'OPIOIDUD', 'PSY', 'SDV', 'HIV']) {
      const mask = labelsOf(labelled({ system: sensitivity, code }))
      assert.notEqual(mask, 0)
      assert.equal(mask & ~labelMasks.unrestricted, 0)
    }
  })

  test('add up, those that a document declares for its content included', () => {
    const document: Resource = {
      ...labelled({ system: sensitivity, code: 'HIV' }),
      resourceType: 'DocumentReference',
      securityLabel: [{ coding: [{ system: confidentiality, code: 'R' }] }],
    }
    assert.equal(
      labelsOf(document),
      labelsOf(labelled({ system: sensitivity, code: 'HIV' }, { system: confidentiality, code: 'R' })),
    )
  })

  test('count in their own system alone', () => {
    assert.equal(labelsOf(labelled({ system: 'http://example.org', code: 'R' }, { code: 'V' })), 0)
  })
})

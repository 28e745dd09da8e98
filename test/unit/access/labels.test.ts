import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deniesLabels, labelMasks, labelsOf, maskOf, namedBy, permitsLabels } from '../../../src/access/labels.ts'
import type { Coding, Resource } from '../../../src/fhir/resource.ts'
import { labelBits } from '../../../src/search/label-bits.ts'

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

const coding = (code: string): Coding => ({
  system: ['N', 'L', 'M', 'U', 'R', 'V'].includes(code) ? confidentiality : sensitivity,
  code,
})
const named = (...codes: string[]) => namedBy(codes.map(coding)).mask
const has = (...codes: string[]) => maskOf(codes.map(coding))

describe('the labels of a provision', () => {
  test('name data without any by each code up to normal', () => {
    for (const code of ['N', 'L', 'M', 'U']) {
      assert.deepEqual(namedBy([coding(code)]), { mask: labelBits.normal, unknown: false }, code)
    }
  })

  test('name what they say, and nothing normal', () => {
    assert.deepEqual(namedBy([coding('R')]), { mask: has('R'), unknown: false })
    assert.deepEqual(namedBy([coding('HIV'), coding('N')]), { mask: has('HIV') | labelBits.normal, unknown: false })
    assert.deepEqual(namedBy([]), { mask: 0, unknown: false })
  })

  test('may mean nothing here, which is said', () => {
    const strange: Coding[] = [
      { system: 'http://example.org', code: 'N' },
      { code: 'N' },
      { system: sensitivity, code: 'N' },
    ]
    for (const one of [...strange, { system: confidentiality, code: 'X' }, { system: confidentiality }]) {
      assert.deepEqual(namedBy([one]), { mask: 0, unknown: true }, JSON.stringify(one))
      assert.deepEqual(namedBy([coding('R'), one]), { mask: has('R'), unknown: true })
    }
  })
})

describe('a permit that names labels', () => {
  const cases: readonly [provision: string[], row: string[], covers: boolean][] = [
    [['N'], [], true],
    [['R', 'HIV'], [], false],
    [[], [], false],
    [['R'], ['R'], true],
    [['N'], ['R'], false],
    [['V'], ['R'], false],
    [['R'], ['R', 'V'], false],
    [['R', 'V'], ['R', 'V'], true],
    [['HIV'], ['HIV'], true],
    [['PSY'], ['HIV'], false],
    [['HIV'], ['HIV', 'PSY'], false],
    [['HIV', 'PSY'], ['HIV', 'PSY'], true],
    // What is restricted for its topic alone is covered by who names the topic; what is very restricted is not.
    [['HIV'], ['HIV', 'R'], true],
    [['HIV'], ['HIV', 'V'], false],
    [['HIV'], ['R'], false],
    // Who names the confidentiality covers whatever the topic; but a topic alone has none.
    [['R'], ['R', 'HIV'], true],
    [['R'], ['HIV'], false],
    [['V'], ['V', 'HIV'], true],
  ]
  for (const [provision, row, covers] of cases) {
    test(`${provision.join() || 'none'} ${covers ? 'covers' : 'does not cover'} what has ${row.join() || 'none'}`, () => {
      assert.equal(permitsLabels(named(...provision), has(...row)), covers)
    })
  }
})

describe('a deny that names labels', () => {
  const cases: readonly [provision: string[], row: string[], covers: boolean][] = [
    [['HIV'], ['HIV'], true],
    [['HIV'], ['HIV', 'R'], true],
    [['HIV'], ['R'], false],
    [['HIV'], [], false],
    [['N'], [], true],
    [['N'], ['HIV'], false],
    [['N', 'R'], ['R'], true],
    [[], [], false],
  ]
  for (const [provision, row, covers] of cases) {
    test(`${provision.join() || 'none'} ${covers ? 'covers' : 'does not cover'} what has ${row.join() || 'none'}`, () => {
      assert.equal(deniesLabels(named(...provision), has(...row)), covers)
    })
  }
})

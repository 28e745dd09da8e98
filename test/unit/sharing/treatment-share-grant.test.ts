import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { ownCodes } from '../../../src/sharing/codes.ts'
import { sharedDocuments, treatmentShareGrant } from '../../../src/sharing/treatment-share-grant.ts'

const base = 'https://example.org/fhir'

function aShare(): Resource {
  return treatmentShareGrant(
    {
      patient: 'Patient/anna',
      performer: 'Practitioner/berg',
      recipient: 'Practitioner/cohn',
      documents: ['DocumentReference/letter'],
      source: 'Communication/1',
      starts: new Date('2026-01-01T00:00:00Z'),
      ends: new Date('2026-01-31T00:00:00Z'),
    },
    ownCodes(base),
  )
}

function refusal(change: (provision: Record<string, unknown>) => void): string | undefined {
  const consent = aShare()
  change(consent['provision'] as Record<string, unknown>)
  try {
    sharedDocuments(consent, base)
  } catch (error) {
    assert.ok(error instanceof FhirError)
    assert.equal(error.status, 422)
    return error.issues[0]?.expression?.[0]
  }
  return undefined
}

describe('what a doctor may grant alone', () => {
  test('is the share that a message makes', () => {
    assert.deepEqual(sharedDocuments(aShare(), base), [{ id: 'letter', path: 'Consent.provision.data[0].reference' }])
  })

  const data = (meaning: string, reference: string) => [{ meaning, reference: { reference } }]
  const cases: [title: string, expression: string, change: (provision: Record<string, unknown>) => void][] = [
    ['a deny', 'Consent.provision.type', (p) => (p['type'] = 'deny')],
    ['no type', 'Consent.provision.type', (p) => delete p['type']],
    ['a whole record', 'Consent.provision.data', (p) => delete p['data']],
    ['an empty list of data', 'Consent.provision.data', (p) => (p['data'] = [])],
    ['related data', 'Consent.provision.data[0].meaning', (p) => (p['data'] = data('related', 'DocumentReference/1'))],
    ['dependents', 'Consent.provision.data[0].meaning', (p) => (p['data'] = data('dependents', 'DocumentReference/1'))],
    ['authoredby', 'Consent.provision.data[0].meaning', (p) => (p['data'] = data('authoredby', 'DocumentReference/1'))],
    [
      'the patient as an instance',
      'Consent.provision.data[0].reference',
      (p) => (p['data'] = data('instance', 'Patient/anna')),
    ],
    ['no recipient', 'Consent.provision.actor', (p) => delete p['actor']],
    [
      'a group',
      'Consent.provision.actor[0].reference',
      (p) => (p['actor'] = [{ reference: { reference: 'Group/1' } }]),
    ],
    [
      'a care team',
      'Consent.provision.actor[0].reference',
      (p) => (p['actor'] = [{ reference: { reference: 'CareTeam/1' } }]),
    ],
    ['exceptions', 'Consent.provision.provision', (p) => (p['provision'] = [{ type: 'deny' }])],
    ['a class', 'Consent.provision.class', (p) => (p['class'] = [{ code: 'x' }])],
  ]
  for (const [title, expression, change] of cases) {
    test(`is not ${title}: 422 at ${expression}`, () => {
      assert.equal(refusal(change), expression)
    })
  }
})

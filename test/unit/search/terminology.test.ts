import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { finds, refusal, where } from './search-parts.ts'

const roles = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
const statuses = 'http://terminology.hl7.org/CodeSystem/condition-clinical'

function table(resource: Resource, rows: readonly (readonly [query: string, found: boolean])[]): void {
  for (const [query, found] of rows) {
    assert.equal(finds(query, resource), found, `${resource.resourceType}?${query} is to be ${found}`)
  }
}

const condition: Resource = {
  resourceType: 'Condition',
  clinicalStatus: { coding: [{ system: statuses, code: 'relapse' }] },
}

test(':in finds what is in a value set, :not-in what is not, also where there is nothing', () => {
  const set = 'http://hl7.org/fhir/ValueSet/condition-clinical'
  table(condition, [
    [`clinical-status:in=${set}`, true],
    [`clinical-status:in=${set}|4.0.1`, true],
    [`clinical-status:not-in=${set}`, false],
    ['clinical-status:in=http://hl7.org/fhir/ValueSet/condition-ver-status', false],
    ['clinical-status:not-in=http://hl7.org/fhir/ValueSet/condition-ver-status', true],
    [`verification-status:not-in=${set}`, true],
  ])
  table({ resourceType: 'Condition', clinicalStatus: { coding: [{ system: 'http://other', code: 'relapse' }] } }, [
    [`clinical-status:in=${set}`, false],
  ])
})

test('a code without a system of its own is compared by the code', () => {
  table({ resourceType: 'Patient', gender: 'female' }, [
    ['gender:in=http://hl7.org/fhir/ValueSet/administrative-gender', true],
    ['gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender', false],
    ['gender:in=http://hl7.org/fhir/ValueSet/name-use', false],
  ])
})

test(':below finds what is subsumed by the code, :above what subsumes it; both find the code itself', () => {
  table(condition, [
    [`clinical-status:below=${statuses}|active`, true],
    [`clinical-status:below=${statuses}|relapse`, true],
    [`clinical-status:below=${statuses}|inactive`, false],
    [`clinical-status:above=${statuses}|relapse`, true],
    [`clinical-status:above=${statuses}|active`, false],
  ])
  const active = { resourceType: 'Condition', clinicalStatus: { coding: [{ system: statuses, code: 'active' }] } }
  table(active, [
    [`clinical-status:above=${statuses}|relapse`, true],
    [`clinical-status:below=${statuses}|relapse`, false],
  ])
})

test('what cannot be listed is refused with the reason', () => {
  const text = (query: string) => refusal(() => where('Patient', query))?.text
  assert.match(text('language:in=http://hl7.org/fhir/ValueSet/all-languages')!, /cannot be answered/)
  assert.match(text('language:in=http://nobody.example/vs')!, /not on board/)
  assert.match(refusal(() => where('RelatedPerson', `relationship:below=${roles}`))!.text, /system\|code/)
})

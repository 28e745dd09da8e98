import fc from 'fast-check'
import type { Provision } from '../../src/access/consent-rules.ts'
import type { Resource } from '../../src/fhir/resource.ts'

/** The patient whose general practitioner is Practitioner/me. */
export const treated = 'Patient/treated'
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const label = (code: string) => ({ system: 'NRV'.includes(code) ? confidentiality : act, code })
const labelled = (...codes: string[]) => ({ meta: { security: codes.map(label) } })
const by = (name: string) => ({ performer: [{ reference: name }] })

function result(id: string, patient: string, more: object): Resource {
  const code = { coding: [{ system: 'http://loinc.org', code: '8867-4' }] }
  return { resourceType: 'Observation', id, status: 'final', code, subject: { reference: patient }, ...more }
}

function letter(id: string, more: object): Resource {
  const content = [{ attachment: { url: 'https://elsewhere.example/1' } }]
  return { resourceType: 'DocumentReference', id, status: 'current', subject: { reference: treated }, content, ...more }
}

/** Of two patients, of several authors, times, labels and visits. */
export function records(): Resource[] {
  const visit = { encounter: { reference: 'Encounter/visit' } }
  const practitioner = (id: string) => ({ resourceType: 'Practitioner', id, active: true, name: [{ family: id }] })
  return [
    ...['me', 'other', 'author'].map(practitioner),
    { resourceType: 'Organization', id: 'ward', name: 'Ward' },
    { resourceType: 'Patient', id: 'treated', generalPractitioner: [{ reference: 'Practitioner/me' }] },
    { resourceType: 'Patient', id: 'stranger' },
    {
      ...{ resourceType: 'Encounter', id: 'visit', status: 'finished', subject: { reference: treated } },
      ...{ class: { system: act, code: 'AMB' }, period: { start: '2021-03-01', end: '2021-03-09' } },
    },
    result('plain', treated, { ...visit, ...by('Practitioner/author'), effectiveDateTime: '2021-03-02' }),
    result('restricted', treated, { ...labelled('R'), ...by('Organization/ward'), effectiveDateTime: '2022-06-01' }),
    result('mood', treated, { ...labelled('R', 'PSY'), ...visit, ...by('Practitioner/author') }),
    result('topic', treated, { ...labelled('ETHUD'), effectiveDateTime: '2022-06-02' }),
    result('secret', treated, { ...labelled('V', 'PSY'), effectiveDateTime: '2020-01-01' }),
    result('mine', treated, { ...by('Practitioner/me'), effectiveDateTime: '2020-01-01' }),
    result('foreign', 'Patient/stranger', { ...by('Practitioner/author'), effectiveDateTime: '2021-03-02' }),
    letter('letter', { author: [{ reference: 'Practitioner/author' }], date: '2021-03-03T10:00:00Z' }),
    letter('discharge', { context: { encounter: [{ reference: 'Encounter/visit' }] } }),
    letter('closed', labelled('R')),
  ] as Resource[]
}

const ofRecord = (name: string) => ({ reference: name })
const actors = ['me', 'other', 'author'].map((id) => `Practitioner/${id}`)
const actor = fc.record(
  {
    role: fc.constantFrom('IRCP', 'PRCP', 'AUT').map((code) => ({ coding: [{ code }] })),
    reference: fc
      .constantFrom(...actors, 'Organization/ward', 'PractitionerRole/mine', 'Organization/other', 'Group/all')
      .map(ofRecord),
  },
  { requiredKeys: ['reference'] },
)
const datum = fc.oneof(
  fc
    .constantFrom('Observation/plain', 'Observation/mood', 'DocumentReference/letter', 'Patient/treated')
    .map((name) => ({ meaning: 'instance', reference: ofRecord(name) })),
  fc.constantFrom('Encounter/visit', 'Encounter/other').map((name) => ({
    meaning: 'related',
    reference: ofRecord(name),
  })),
  fc.constantFrom('Practitioner/author', 'Organization/ward', 'Practitioner/me').map((name) => ({
    meaning: 'authoredby',
    reference: ofRecord(name),
  })),
  fc.constant({ meaning: 'dependents', reference: ofRecord('Encounter/visit') }),
)
const period = fc.constantFrom(
  { start: '2020-01-01' },
  { end: '2026-12-31' },
  { start: '2020', end: '2030' },
  { start: '2019', end: '2020' },
  { start: '2030' },
)
const dataPeriod = fc.constantFrom(
  { start: '2021', end: '2021' },
  { start: '2021-03-02' },
  { end: '2020-06' },
  { start: '2026-01-01' },
  { start: '2023', end: '2022' },
)
const labels = fc.array(fc.constantFrom('N', 'R', 'V', 'PSY', 'ETHUD', 'X').map(label), { minLength: 1, maxLength: 3 })
const purpose = fc.array(
  fc.constantFrom('TREAT', 'TREAT', 'HRESCH', 'FooBar').map((code) => ({ code })),
  { minLength: 1, maxLength: 2 },
)

function aProvision(depth: number): fc.Arbitrary<Provision> {
  const fields = fc.record({
    type: fc.constantFrom('permit', 'permit', 'deny', undefined),
    actor: fc.option(fc.array(actor, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 }),
    purpose: sometimes(purpose),
    period: sometimes(period),
    securityLabel: sometimes(labels),
    dataPeriod: sometimes(dataPeriod),
    data: sometimes(fc.array(datum, { minLength: 1, maxLength: 2 })),
    class: sometimes(fc.constant([{ code: 'x' }]), 12),
    provision: depth === 0 ? fc.constant(undefined) : sometimes(fc.array(aProvision(depth - 1), { maxLength: 2 }), 1),
  })
  return fields.map((provision) => JSON.parse(JSON.stringify(provision)) as Provision)
}

/** One time in so many. */
function sometimes<T>(value: fc.Arbitrary<T>, rarity = 3): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: rarity, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
}

/** Any Consent, most of them active and about the patient who is treated. */
export const aConsent: fc.Arbitrary<Resource> = fc
  .tuple(
    fc.constantFrom('active', 'active', 'active', 'inactive'),
    fc.constantFrom(treated, treated, treated, 'Patient/stranger'),
    aProvision(2),
  )
  .map(([status, patient, provision]) => ({
    ...{ resourceType: 'Consent', status, patient: { reference: patient } },
    provision,
  }))

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { backend, base, doctor } from './build-access.ts'
import { judging, me, to } from './judge-cases.ts'

const { mustSee } = judging()
const anybody = to('Group/1')

describe('who writes sees what the write ties to a person, or makes visible', () => {
  const written: readonly [path: string, resource: object][] = [
    ['Observation.subject', { resourceType: 'Observation', subject: to('Location/1') }],
    ['AllergyIntolerance.patient', { resourceType: 'AllergyIntolerance', patient: anybody }],
    ['Task.for', { resourceType: 'Task', for: anybody, requester: me }],
    ['Task.focus', { resourceType: 'Task', focus: to('DocumentReference/1'), requester: me }],
    ['Coverage.beneficiary', { resourceType: 'Coverage', beneficiary: anybody }],
    ['ResearchSubject.individual', { resourceType: 'ResearchSubject', individual: anybody }],
    ['DocumentReference.context.encounter[0]', document({ context: { encounter: [to('EpisodeOfCare/1')] } })],
    ['Communication.payload[0].content', message({ payload: [{ contentReference: to('DocumentReference/1') }] })],
    ['Provenance.target[0]', { resourceType: 'Provenance', target: [to('Observation/1')] }],
    ['Appointment.participant[0].actor', { resourceType: 'Appointment', participant: [{ actor: to('Location/1') }] }],
    ['Binary.securityContext', { resourceType: 'Binary', securityContext: to('DocumentReference/1') }],
    // Whatever element names them.
    ['Observation.performer[0]', { resourceType: 'Observation', performer: [to('RelatedPerson/1')] }],
    ['Observation.performer[0]', { resourceType: 'Observation', performer: [to('Patient/1')] }],
    ['Encounter.partOf', { resourceType: 'Encounter', partOf: to('Encounter/1') }],
    ['Consent.provision.actor[0].reference', consent({ actor: [{ reference: to('Practitioner/1') }] })],
    ['Consent.provision.data[0].reference', consent({ data: [{ reference: to('DocumentReference/1') }] })],
    [
      'DocumentReference.content[0].attachment.url',
      document({ content: [{ attachment: { url: `${base}/Binary/1` } }] }),
    ],
  ]
  for (const [path, resource] of written) {
    test(`${path}, ${JSON.stringify(resource).match(/[A-Z]\w+\/1/)![0]}`, () => {
      // Doctors bring no Provenance.
      const who = path.startsWith('Provenance') ? backend() : doctor()
      assert.deepEqual(mustSee(who, undefined, resource), [path])
      assert.deepEqual(mustSee(who, resource, resource), [], 'what stands there already is left')
    })
  }

  test('not who performed it, nor what is elsewhere', () => {
    assert.deepEqual(
      mustSee(doctor(), undefined, { resourceType: 'Observation', performer: [to('Practitioner/1')] }),
      [],
    )
    const elsewhere = { resourceType: 'Observation', focus: [to('https://elsewhere.org/Observation/1')] }
    assert.deepEqual(mustSee(doctor(), undefined, elsewhere), [])
  })
})

function document(parts: object): object {
  return { resourceType: 'DocumentReference', author: [me], ...parts }
}

function message(parts: object): object {
  return { resourceType: 'Communication', status: 'preparation', sender: me, ...parts }
}

function consent(provision: object): object {
  return { resourceType: 'Consent', performer: [me], provision }
}

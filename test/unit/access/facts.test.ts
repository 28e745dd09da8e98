import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createFacts } from '../../../src/access/facts.ts'
import { base, buildAccess } from './build-access.ts'

let factsOf: ReturnType<typeof createFacts>
before(async () => {
  const { definitions, search } = await buildAccess()
  factsOf = createFacts({ definitions, extract: (...of) => search.extract(...of), base })
})

const to = (reference: string) => ({ reference })
const result = (more: object) => factsOf({ resourceType: 'Observation', id: '1', ...more })

test('a resource is about one patient of this server, or about none', () => {
  assert.equal(result({ subject: to('Patient/1') }).patient, 'Patient/1')
  assert.equal(result({ subject: to(`${base}/Patient/1`) }).patient, 'Patient/1')
  assert.equal(result({ subject: to('https://elsewhere.org/Patient/1') }).patient, undefined)
  assert.equal(result({ subject: to('Group/1') }).patient, undefined)
  assert.equal(factsOf({ resourceType: 'Patient', id: '1' }).patient, 'Patient/1')
})

test('what is about two patients is nobody’s to open alone', () => {
  const subject = [to('Patient/1'), to('Patient/2')]
  assert.equal(factsOf({ resourceType: 'Account', id: '1', subject }).patient, undefined)
  assert.equal(factsOf({ resourceType: 'Account', id: '1', subject: [subject[0], subject[0]] }).patient, 'Patient/1')
})

test('who wrote it and what it belongs to are of this server', () => {
  const { authors, belongsTo } = result({
    performer: [to('Practitioner/1'), to('https://elsewhere.org/Practitioner/2'), { display: 'somebody' }],
    encounter: to('Encounter/1'),
    subject: to('Patient/1'),
  })
  assert.deepEqual(authors, ['Practitioner/1'])
  assert.deepEqual(belongsTo, ['Observation/1', 'Encounter/1'])
})

test('data is from the time that it tells, or from its last change', () => {
  const meta = { lastUpdated: '2026-03-01T12:00:00Z' }
  const changed = Date.UTC(2026, 2, 1, 12)
  const dated = result({ meta, effectiveDateTime: '2020-05-05' })
  assert.deepEqual([dated.from, dated.to], [Date.UTC(2020, 4, 5), Date.UTC(2020, 4, 6)])
  for (const undated of [result({ meta }), factsOf({ resourceType: 'Medication', id: '1', meta })]) {
    assert.deepEqual([undated.from, undated.to], [changed, changed + 1])
  }
})

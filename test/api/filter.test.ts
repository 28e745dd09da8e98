import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { bounded, refused, search, useServer, admin, server } from '../support/hostile.ts'
import { anObservation, aPatient } from '../support/resources.ts'
import { scopes } from '../support/server.ts'
import type { Client } from '../support/server.ts'

useServer()

const resources: { resourceType: string; id: string; [element: string]: unknown }[] = [
  { resourceType: 'Practitioner', id: 'doctor', active: true },
  {
    ...aPatient({ birthDate: '1979-01-01', active: true, name: [{ given: ['Peter'] }] }),
    ...{ id: 'peter', generalPractitioner: [{ reference: 'Practitioner/doctor' }] },
  },
  { ...aPatient({ birthDate: '1990-01-01', active: true, name: [{ given: ['Petra'] }] }), id: 'petra' },
  { ...aPatient({ birthDate: '1970-01-01', name: [{ given: ['Carpet'] }] }), id: 'carpet' },
  { ...aPatient({ birthDate: '1990-01-01', name: [{ family: 'O"Hara) %_' }] }), id: 'ohara' },
  { ...anObservation('Patient/peter'), id: 'of-peter' },
  { ...anObservation('Patient/petra', { valueQuantity: { value: 90 } }), id: 'of-petra' },
]

let doctor: Client

async function ids(type: string, filter: string, { client = admin, more = '' } = {}): Promise<string[]> {
  const { status, body } = await client.get(`${type}?_filter=${encodeURIComponent(filter)}${more}`)
  assert.equal(status, 200, `${filter}: ${JSON.stringify(body)}`)
  return ((body.entry ?? []) as { resource: { id: string } }[]).map(({ resource }) => resource.id).sort()
}

describe('_filter', () => {
  before(async () => {
    for (const resource of resources) {
      const { status, body } = await admin.put(`${resource.resourceType}/${resource.id}`, resource)
      assert.equal(status, 201, JSON.stringify(body))
    }
  })
  before(() => {
    const rid = server.composed.keys.ridOf('Practitioner', 'doctor')
    doctor = server.as({
      ...{ kind: 'person', roles: ['practitioner'], scopes: scopes('user/*.cruds') },
      person: { type: 'Practitioner', id: 'doctor', rid },
    })
  })

  test('answers the example of R4, and the other way round', async () => {
    assert.deepEqual(await ids('Patient', 'name co "pet" and (birthdate ge 1980 or not(active eq true))'), [
      'carpet',
      'petra',
    ])
    assert.deepEqual(await ids('Patient', 'name sw "pet"'), ['peter', 'petra'])
    assert.deepEqual(await ids('Patient', 'name ew "pet"'), ['carpet'])
    assert.deepEqual(await ids('Patient', 'family eq "o\\"hara) %_"'), ['ohara'])
    assert.deepEqual(await ids('Patient', 'given eq petra or birthdate lt 1975'), ['carpet', 'petra'])
    assert.deepEqual(await ids('Patient', 'active ne false and given pr true'), ['peter', 'petra'])
    assert.deepEqual(await ids('Patient', '_id eq peter or _id eq ohara'), ['ohara', 'peter'])
    assert.deepEqual(await ids('Patient', '_lastUpdated lt 2000'), [])
  })

  test('follows chains, combines with other parameters, and stands in the self link', async () => {
    assert.deepEqual(await ids('Observation', 'subject.name co "pet" and value-quantity gt 80'), ['of-petra'])
    assert.deepEqual(await ids('Patient', '_has:Observation:patient:value-quantity gt 80'), ['petra'])
    assert.deepEqual(await ids('Patient', 'given sw pet', { more: '&_filter=active%20eq%20true&birthdate=1979' }), [
      'peter',
    ])
    const { body } = await admin
      .get('Patient?_filter=given%20sw%20pet&_count=1&_total=accurate&_sort=birthdate')
      .expect(200)
    assert.equal(body.total, 2)
    const self = body.link.find(({ relation }: { relation: string }) => relation === 'self').url as string
    assert.equal(new URL(self).searchParams.get('_filter'), 'given sw pet')
    const next = body.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
    const second = (await admin.get(next.slice(server.base.length + 1)).expect(200)).body
    assert.equal(second.entry[0].resource.id, 'petra')
    assert.deepEqual(await ids('', '_id eq peter', { more: '&_type=Patient,Observation' }), ['peter'])
  })

  test('shows a doctor nothing that may not be seen, by itself, under not, in chains and in totals', async () => {
    assert.deepEqual(await ids('Patient', 'name co "pet"', { client: doctor }), ['peter'])
    assert.deepEqual(await ids('Patient', 'not(name co "x")', { client: doctor }), ['peter'])
    assert.deepEqual(await ids('Observation', 'subject.name sw "pet"', { client: doctor }), ['of-peter'])
    assert.deepEqual(await ids('Patient', '_has:Observation:patient:value-quantity gt 80', { client: doctor }), [])
    const { body } = await doctor.get('Patient?_filter=name%20co%20pet&_summary=count').expect(200)
    assert.equal(body.total, 1)
  })

  test('that is hostile is refused with the place, in bounded time', bounded, async () => {
    const many = (count: number, text: string, between: string) =>
      Array.from({ length: count }, () => text).join(between)
    for (const filter of [
      `${'('.repeat(100_000)}`,
      `${'not('.repeat(5_000)}active eq true${')'.repeat(5_000)}`,
      many(10_000, 'active eq true', ' or '),
      many(101, '_id eq a', ' and '),
      'name co "unbalanced',
      '"',
      'name co "\\u0000"',
      'name co "\\ud800"',
      `name co "${'\\'.repeat(9_999)}"`,
      `${'link:Patient.'.repeat(20)}name co a`,
      many(3_000, 'a.', ''),
      '[[[[',
    ]) {
      const issue = await refused(search('Patient', `_filter=${encodeURIComponent(filter)}`), 400)
      assert.match(issue.diagnostics!, /_filter/)
    }
    await refused(search('Patient', '_filter=name%20co%20%00'), 400)
    assert.ok([200, 400].includes((await admin.get('Patient?_filter=name%20co%20%ED%A0%80')).status))
    assert.deepEqual(await ids('Patient', many(100, 'name co "zz"', ' or ')), [])
    assert.deepEqual(await ids('Patient', `${'('.repeat(19)}given eq petra${')'.repeat(19)}`), ['petra'])
  })

  test('that cannot be read fails as well when a search is lenient; one that is not supported is left out', async () => {
    const lenient = (filter: string) =>
      admin.get(`Patient?_id=peter&_filter=${encodeURIComponent(filter)}`).set('prefer', 'handling=lenient')
    assert.equal((await lenient('name co')).status, 400)
    const { body } = await lenient('name gt a').expect(200)
    assert.doesNotMatch(JSON.stringify(body.link), /_filter/)
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { grantObligation } from '../../src/access/obligations.ts'
import { labelsOf } from '../../src/access/labels.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { partiesSql } from '../../src/oauth/accounts/parties.ts'
import { createSearch } from '../../src/search/create-search.ts'
import { partyKeys } from '../../src/sharing/active-practitioner.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { person, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let author: SomePerson
let doctor: SomePerson
let patient: SomePerson
let letters: string[]

const codes = {
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  policyRule: { text: 'as agreed' },
}
const actor = ({ reference }: SomePerson) => ({ role: { coding: [{ code: 'IRCP' }] }, reference })
const instance = (reference: string) => ({ meaning: 'instance', reference: { reference } })
const sees = async (who: SomePerson, name: string) => (await who.client.get(name)).status === 200

function aConsent(provision: object = {}, more: object = {}) {
  return {
    ...{ resourceType: 'Consent', status: 'active', ...codes, patient: patient.reference },
    provision: { type: 'permit', actor: [actor(doctor)], ...provision },
    ...more,
  }
}

async function gives(by: Pick<SomePerson, 'client'>, consent: object) {
  const { status, body } = await by.client.post('Consent', consent)
  assert.equal(status, 201, JSON.stringify(body))
  return body as { id: string; status: string }
}

before(async () => {
  server = await startServer()
  people = peopleOf(server)
})
after(() => server.close())

/** A patient with ten letters by the author, and a doctor who sees none of them. */
async function fresh(count = 10): Promise<void> {
  author = await people.doctor()
  doctor = await people.doctor()
  patient = await people.patient({ generalPractitioner: [author.reference] })
  letters = []
  for (let n = 0; n < count; n++) {
    const { status, body } = await author.client.post('DocumentReference', aDocumentReference(patient.name))
    assert.equal(status, 201, JSON.stringify(body))
    letters.push(`DocumentReference/${body.id}`)
  }
}

const total = async (query: string) => (await doctor.client.get(`DocumentReference?${query}`)).body.total as number

describe('what a search says of hidden documents', () => {
  before(() => fresh())

  test('AR-10: with a grant of three of ten, every page and every count says three', async () => {
    await gives(patient, aConsent({ data: letters.slice(0, 3).map(instance) }))
    assert.equal(await total('_summary=count'), 3)
    let path = `DocumentReference?patient=${patient.id}&_count=1&_total=accurate`
    const seen: string[] = []
    while (path) {
      const { body } = await doctor.client.get(path)
      assert.equal(body.total, 3)
      for (const { resource } of body.entry ?? []) seen.push(`DocumentReference/${resource.id}`)
      const next = body.link.find((link: { relation: string }) => link.relation === 'next')
      path = next ? next.url.slice(next.url.indexOf('DocumentReference')) : ''
    }
    assert.deepEqual(seen.sort(), letters.slice(0, 3).sort())
  })

  test('PCF-7: what a Consent forbids is absent from entries, totals, includes, chains, history and content', async () => {
    await gives(patient, aConsent({ type: 'deny', data: [instance(letters[0]!)] }))
    assert.equal(await total('_summary=count'), 2)
    assert.equal(await total(`patient=${patient.id}`), 2)
    const included = await doctor.client.get(`Patient?_id=${patient.id}&_revinclude=DocumentReference:patient`)
    assert.ok(!JSON.stringify(included.body).includes(letters[0]!.split('/')[1]!))
    assert.equal((await doctor.client.get(letters[0]!)).status, 404)
    assert.equal((await doctor.client.get(`${letters[0]!}/_history/1`)).status, 404)
    assert.equal((await doctor.client.get(`${letters[0]!}/_history`)).status, 404)
    const own = await patient.client.get(letters[0]!)
    const url = new URL(own.body.content[0].attachment.url).pathname
    assert.equal((await doctor.client.get(url)).status, 404)
    assert.equal((await patient.client.get(url)).status, 200)
  })
})

test('PCF-1: a Consent is created, read, read by version, updated and found by patient and status, by GET and POST; never deleted', async () => {
  await fresh(0)
  const identifier = { system: 'urn:example:records', value: randomBytes(6).toString('hex') }
  patient = await people.patient({ identifier: [identifier] })
  const { id } = await gives(patient, aConsent())
  const path = `Consent/${id}`
  const { body } = await patient.client.get(path)
  assert.deepEqual([body.id, body.meta.versionId], [id, '1'])
  assert.equal((await patient.client.put(path, { ...body, policyRule: { text: 'as agreed again' } })).status, 200)
  assert.equal((await patient.client.get(`${path}/_history/1`)).body.policyRule.text, 'as agreed')
  assert.equal((await patient.client.get(`${path}/_history/2`)).body.policyRule.text, 'as agreed again')
  const { system, value } = identifier
  for (const query of [
    `patient=${patient.name}&status=active`,
    `patient.identifier=${system}|${value}&status=active`,
  ]) {
    const form = patient.client.raw('post')('/fhir/Consent/_search').type('form').send(query)
    for (const answer of [await patient.client.get(`Consent?${query}`), await form]) {
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      assert.deepEqual(
        answer.body.entry.map(({ resource }: { resource: { id: string } }) => resource.id),
        [id],
      )
    }
  }
  assert.equal((await patient.client.get(`Consent?patient=${patient.id}&status=inactive&_summary=count`)).body.total, 0)
  // What was agreed stays in the record: it is withdrawn by its status (PCF-10).
  assert.equal((await patient.client.raw('delete')(`/fhir/${path}`)).status, 403)
})

describe('the end of a Consent', () => {
  test('PCF-10: withdrawn by the patient, it has no effect on the next request', async () => {
    await fresh(1)
    const consent = await gives(patient, aConsent())
    assert.ok(await sees(doctor, letters[0]!))
    assert.equal((await patient.client.put(`Consent/${consent.id}`, { ...consent, status: 'inactive' })).status, 200)
    assert.ok(!(await sees(doctor, letters[0]!)))
  })

  test('AR-4: revoked, it closes the bytes on the next request for a part of them', async () => {
    await fresh(1)
    const consent = await gives(patient, aConsent({ data: [instance(letters[0]!)] }))
    const document = await doctor.client.get(letters[0]!)
    const url = new URL(document.body.content[0].attachment.url).pathname
    const part = () => doctor.client.get(url).set('range', 'bytes=0-1')
    assert.equal((await part()).status, 206)
    assert.equal((await patient.client.put(`Consent/${consent.id}`, { ...consent, status: 'inactive' })).status, 200)
    assert.equal((await part()).status, 404)
  })

  test('AR-3: past its period, it has no effect, without any job', async () => {
    await fresh(1)
    const consent = await gives(patient, aConsent())
    assert.ok(await sees(doctor, letters[0]!))
    const rid = server.composed.keys.ridOf('Consent', consent.id)
    // The clock moves on, seen from the grant.
    await server.composed.store.query('update access_grant set ends = $1 where consent = $2', [Date.now(), rid])
    assert.ok(!(await sees(doctor, letters[0]!)))
  })

  test('PCF-9: one that is over when it is written, not active, or not yet begun, has no effect', async () => {
    await fresh(1)
    for (const [provision, more] of [
      [{ period: { start: '2020-01-01', end: '2021-01-01' } }, {}],
      [{ period: { start: '2999-01-01' } }, {}],
      [{}, { status: 'proposed' }],
    ] as const) {
      await gives(patient, aConsent(provision, more))
      assert.ok(!(await sees(doctor, letters[0]!)))
    }
  })
})

describe('whose word counts', () => {
  test('AR-9: a deny of the patient beats a permit of an administrator', async () => {
    await fresh(1)
    await gives({ client: people.admin }, aConsent({ data: [instance(letters[0]!)] }))
    assert.ok(await sees(doctor, letters[0]!))
    await gives(patient, aConsent({ type: 'deny' }))
    assert.ok(!(await sees(doctor, letters[0]!)))
  })

  test('a permit for an organization is for whoever holds an active role there now, by the statement on the token', async () => {
    await fresh(1)
    const { keys, base, store } = server.composed
    const stored = async (resource: { resourceType: string }) => {
      const { status, body } = await people.admin.post(resource.resourceType, resource)
      assert.equal(status, 201, JSON.stringify(body))
      return `${resource.resourceType}/${body.id}`
    }
    const ward = await stored({ resourceType: 'Organization', name: 'Ward' } as { resourceType: string })
    const role = (more: object) =>
      stored({
        ...{ resourceType: 'PractitionerRole', active: true, practitioner: doctor.reference },
        ...{ organization: { reference: ward }, ...more },
      } as { resourceType: string })
    const search = createSearch({
      ...{ definitions: await loadDefinitions(), keys, base },
      ...{ cursorSecret: randomBytes(32), labels: labelsOf },
    })
    const { salts, active } = partyKeys(search, keys)
    const rid = (name: string) => keys.ridOf(...(name.split('/') as [string, string]))
    const parties = async () => {
      const account = `(select 'Practitioner' as person_type, $3::bigint as person_rid) a`
      const [row] = await store.query<{ parties: string[] }>(
        `select ${partiesSql('$1', '$2')} as parties from ${account}`,
        [salts, active, rid(doctor.name)],
      )
      return row!.parties.map(BigInt).sort()
    }
    await role({ active: false })
    await role({ period: { end: '2020-01-01' } })
    await role({ period: { start: '2999-01-01' } })
    assert.deepEqual(await parties(), [])
    const held = await role({ period: { start: '2020-01-01' } })
    assert.deepEqual(await parties(), [rid(ward), rid(held)].sort())

    const reference = { reference: ward }
    await gives(patient, aConsent({ actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference }] }))
    assert.ok(!(await sees(doctor, letters[0]!)))
    const principal = person(server, 'practitioner', 'Practitioner', doctor.id)
    const acting = { ...principal, person: { ...principal.person!, parties: await parties() } }
    assert.equal((await server.as(acting).get(letters[0]!)).status, 200)
  })

  test('a permit without an actor is for who treats the patient, and for nobody else', async () => {
    await fresh(1)
    const second = await people.doctor()
    const { body } = await people.admin.get(patient.name)
    const practitioners = [author.reference, second.reference]
    await people.admin.put(patient.name, { ...body, generalPractitioner: practitioners })
    assert.ok(!(await sees(second, letters[0]!)))
    await gives(patient, aConsent({ actor: undefined }))
    assert.ok(await sees(second, letters[0]!))
    assert.ok(!(await sees(doctor, letters[0]!)))
  })
})

describe('what a Consent may say', () => {
  before(() => fresh(1))
  const treat = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }
  const foreign = { system: 'http://example.org/policies/purposeOfUse', code: 'FooBar' }
  const share = (provision: object = {}, more: object = {}) =>
    aConsent({ data: [instance(letters[0]!)], purpose: [treat], ...provision }, more)
  const profile = (name: string) => ({
    meta: { profile: [`https://chartshare.example/fhir/StructureDefinition/${name}`] },
  })
  const dated = (by: SomePerson) => ({ dateTime: '2020-01-01', performer: [by.reference] })
  const agreed = {
    organization: [{ display: 'Hospital' }],
    sourceReference: { display: 'Form' },
    policy: [{ uri: 'https://example.org/policy' }],
  }
  const far = new Date(Date.now() + 92 * 86_400_000).toISOString()

  const refusals: [title: string, by: () => SomePerson, expression: string, consent: () => object][] = [
    ['PCF-2: an unknown purpose', () => patient, 'Consent.provision.purpose', () => aConsent({ purpose: [foreign] })],
    [
      'PCF-2: an action',
      () => patient,
      'Consent.provision.action',
      () => aConsent({ action: [{ coding: [{ code: 'use' }] }] }),
    ],
    ['PCF-2: a class', () => patient, 'Consent.provision.class', () => aConsent({ class: [{ code: 'x' }] })],
    ['PCF-2: a code', () => patient, 'Consent.provision.code', () => aConsent({ code: [{ text: 'x' }] })],
    [
      'a label that nobody knows',
      () => patient,
      'Consent.provision.securityLabel',
      () => aConsent({ securityLabel: [{ system: 'https://example.org/labels', code: 'blue' }] }),
    ],
    [
      'an obligation that nobody knows',
      () => patient,
      'Consent.provision.extension[0].value',
      () => aConsent({ extension: [{ url: grantObligation, valueCode: 'no-photograph' }] }),
    ],
    [
      'an obligation of another base',
      () => patient,
      'Consent.extension[0]',
      () => {
        const url = `${server.base}/StructureDefinition/grant-obligation`
        return aConsent({}, { extension: [{ url, valueCode: 'view-only' }] })
      },
    ],
    [
      'PCF-2: a verification',
      () => patient,
      'Consent.verification',
      () => aConsent({}, { verification: [{ verified: true }] }),
    ],
    [
      'PCF-2: exceptions of exceptions',
      () => patient,
      'Consent.provision.provision[0].provision[0]',
      () => aConsent({ provision: [{ type: 'deny', provision: [{ type: 'permit' }] }] }),
    ],
    [
      'PCF-2: the profile of a doctor’s grant',
      () => patient,
      'Consent.performer[0]',
      () => {
        const period = { start: '2020-01-01', end: '2999-01-01' }
        return share({ period }, { ...profile('treatment-share-grant'), ...dated(patient) })
      },
    ],
    [
      'PCF-2: the profile of a patient’s consent',
      () => author,
      'Consent.performer[0]',
      () => share({}, { ...profile('patient-share-consent'), ...dated(author), ...agreed }),
    ],
    [
      'contained resources',
      () => patient,
      'Consent.contained',
      () =>
        aConsent(
          { actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: { reference: '#me' } }] },
          { contained: [{ resourceType: 'Practitioner', id: 'me' }] },
        ),
    ],
    [
      'a period beyond the maximum',
      () => author,
      'Consent.provision.period.end',
      () => share({ period: { end: far } }),
    ],
    [
      'AR-12: related data',
      () => author,
      'Consent.provision.data[0].meaning',
      () => share({ data: [{ ...instance(letters[0]!), meaning: 'related' }] }),
    ],
    [
      'AR-12: dependents',
      () => author,
      'Consent.provision.data[0].meaning',
      () => share({ data: [{ ...instance(letters[0]!), meaning: 'dependents' }] }),
    ],
    [
      'AR-12: authoredby',
      () => author,
      'Consent.provision.data[0].meaning',
      () => share({ data: [{ meaning: 'authoredby', reference: author.reference }] }),
    ],
    ['AR-12: a whole record', () => author, 'Consent.provision.data', () => aConsent()],
    [
      'AR-12: a Group',
      () => author,
      'Consent.provision.actor[0].reference',
      () => share({ actor: [{ role: actor(author).role, reference: { reference: 'Group/1' } }] }),
    ],
    [
      'AR-12: a CareTeam',
      () => author,
      'Consent.provision.actor[0].reference',
      () => share({ actor: [{ role: actor(author).role, reference: { reference: 'CareTeam/1' } }] }),
    ],
  ]
  for (const [title, by, expression, consent] of refusals) {
    test(`${title} is refused: 422, and gives nothing`, async () => {
      const { status, body } = await by().client.post('Consent', consent())
      assert.equal(status, 422, JSON.stringify(body))
      assert.deepEqual(body.issue[0].expression, [expression])
      assert.ok(!(await sees(doctor, letters[0]!)))
    })
  }

  test('PCF-2: the same is refused when a Consent is changed', async () => {
    const consent = await gives(patient, aConsent({ type: 'deny' }))
    const changed = { ...consent, provision: { type: 'permit', actor: [actor(doctor)], purpose: [foreign] } }
    assert.equal((await patient.client.put(`Consent/${consent.id}`, changed)).status, 422)
    assert.equal((await patient.client.put(`Consent/${consent.id}`, { ...consent, status: 'inactive' })).status, 200)
  })

  test('the document of another patient, given by the office, is refused: 422', async () => {
    const other = letters[0]!
    await fresh(1)
    const office = await people.admin.post('Consent', aConsent({ data: [instance(other)] }))
    assert.equal(office.status, 422, JSON.stringify(office.body))
    assert.ok(!(await sees(doctor, other)))
  })
})

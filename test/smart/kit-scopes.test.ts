import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createBrowser } from '../support/browser.ts'
import { authorizationRequest, authorizationUrl, decide, launch, redeem } from './app.ts'
import { categories, type Hospital, idsOf, startHospital } from './hospital.ts'
import { password } from './oauth-server.ts'

let hospital: Hospital
/** Anna's own token, for everything of hers: what exists. */
let all: string

before(async () => {
  hospital = await startHospital()
  all = await grantedTo(['patient/*.rs'])
})

after(() => hospital.close())

/** Anna signs in, and keeps these scopes of what was asked for. */
async function grantedTo(asked: readonly string[], keep?: readonly string[]): Promise<string> {
  const anna = { email: hospital.anna.email, ...(keep ? { keep: ['openid', 'launch/patient', ...keep] } : {}) }
  const { body } = await launch(hospital, anna, { scope: ['openid', 'launch/patient', ...asked].join(' ') })
  const granted = body.scope.split(' ').filter((scope) => scope.includes('/') && scope !== 'launch/patient')
  assert.deepEqual(new Set(granted), new Set(keep ?? asked))
  return body.access_token
}

const scoped = (type: string, system: string, code: string) => `patient/${type}.rs?category=${system}|${code}`

describe('a patient who keeps some types', () => {
  const kept = ['Patient', 'Condition', 'Observation', 'DocumentReference']
  const dropped = ['Encounter', 'Provenance']

  test('gives the app those, and the others are refused [g10_limited_scope_grant, g10_restricted_access, g10_document_reference_restricted_access]', async () => {
    const types = [...kept, ...dropped]
    for (const [given, refused] of [
      [kept, dropped],
      [dropped, kept],
    ] as const) {
      const token = await grantedTo(
        types.map((type) => `patient/${type}.rs`),
        given.map((type) => `patient/${type}.rs`),
      )
      for (const type of given) {
        const { status, body } = await hospital.get(type === 'Patient' ? hospital.anna.name : type, token)
        assert.equal(status, 200, type)
        assert.ok(type === 'Patient' || body.entry!.length > 0, type)
      }
      for (const type of refused) {
        const [id] = type === 'Patient' ? [hospital.anna.id] : idsOf(await hospital.get(type, all), type)
        for (const path of [`${type}?patient=${hospital.anna.id}`, `${type}/${id}`]) {
          assert.equal((await hospital.get(path, token)).status, 403, path)
        }
      }
    }
  })

  test('finds a box for each type on the consent page [attest_resource_choice]', async () => {
    const scope = [...kept, ...dropped].map((type) => `patient/${type}.rs`)
    const request = authorizationRequest(hospital, {
      client_id: 'chartshare-web',
      redirect_uri: `${hospital.url}/app`,
      scope: scope.join(' '),
    })
    const login = await createBrowser(hospital.url).open(authorizationUrl(hospital, request))
    const consent = await login.submit({ email: hospital.anna.email, password })
    const boxes = consent.forms[0]!.controls.filter(({ name, type }) => name === 'scope' && type === 'checkbox').map(
      ({ value }) => value,
    )
    for (const each of scope) assert.ok(boxes.includes(each), each)
    const done = await decide(consent, { email: hospital.anna.email, keep: [scope[0]!] })
    assert.equal((await redeem(hospital, request, done)).body.scope, scope[0])
  })

  test('may narrow types to categories that the app did not ask for [g10_smart_granular_scope_selection]', async () => {
    const granular = [
      scoped('Condition', categories.condition, 'problem-list-item'),
      scoped('Observation', categories.observation, 'laboratory'),
    ]
    const token = await grantedTo(
      ['patient/Condition.rs', 'patient/Observation.rs', 'patient/Patient.rs'],
      [...granular, 'patient/Patient.rs'],
    )
    assert.equal(idsOf(await hospital.get('Condition', token), 'Condition').length, 1)
    assert.equal(idsOf(await hospital.get('Observation', token), 'Observation').length, 1)
  })
})

const groups = [
  {
    id: 'us_core_granted_granular_scopes_group1',
    scopes: [
      ['Condition', categories.condition, 'encounter-diagnosis'],
      ['Condition', categories.usCondition, 'health-concern'],
      ['Observation', categories.observation, 'laboratory'],
      ['Observation', categories.observation, 'social-history'],
    ],
  },
  {
    id: 'us_core_granted_granular_scopes_group2',
    scopes: [
      ['Condition', categories.condition, 'problem-list-item'],
      ['Observation', categories.observation, 'vital-signs'],
      ['Observation', categories.observation, 'survey'],
      ['Observation', categories.usCore, 'sdoh'],
    ],
  },
] as const

describe('scopes for categories', () => {
  for (const { id, scopes } of groups) {
    test(`are granted as asked, search and read nothing else and everything inside [${id}, us_core_granular_scope_search, us_core_granular_scope_read]`, async () => {
      const token = await grantedTo([
        ...scopes.map(([type, system, code]) => scoped(type, system, code)),
        'patient/Patient.rs',
      ])
      for (const type of ['Condition', 'Observation']) {
        const own = scopes.filter((parts) => parts[0] === type)
        const inside = new Set<string>()
        for (const [, system, code] of own) {
          const query = `${type}?patient=${hospital.anna.id}&category=${system}|${code}`
          const expected = idsOf(await hospital.get(query, all), type)
          assert.equal(expected.length, 1, query)
          assert.deepEqual(idsOf(await hospital.get(query, token), type), expected)
          for (const each of expected) inside.add(each)
        }
        const everything = idsOf(await hospital.get(`${type}?patient=${hospital.anna.id}`, all), type)
        for (const query of [
          type,
          `${type}?patient=${hospital.anna.id}`,
          `${type}?_id=${everything.join(',')}`,
          `${type}?_lastUpdated=gt2000`,
        ]) {
          assert.deepEqual(new Set(idsOf(await hospital.get(query, token), type)), inside, query)
        }
        for (const each of everything) {
          assert.equal((await hospital.get(`${type}/${each}`, token)).status, inside.has(each) ? 200 : 404)
        }
      }
      for (const path of [`Observation?patient=${hospital.ben.id}`, `Condition?patient=${hospital.ben.id}`]) {
        assert.equal((await hospital.get(path, token)).body.entry?.length ?? 0, 0)
      }
    })
  }

  test('hide other documents from every way to them, and show the one inside', async () => {
    const token = await grantedTo([scoped('DocumentReference', categories.document, 'clinical-note')])
    const [inside, ...more] = idsOf(await hospital.get('DocumentReference', token), 'DocumentReference')
    assert.ok(inside)
    assert.deepEqual(more, [])
    const [outside] = idsOf(await hospital.get('DocumentReference', all), 'DocumentReference').filter(
      (id) => id !== inside,
    )
    assert.equal((await hospital.get(`DocumentReference/${inside}`, token)).status, 200)
    for (const path of [
      `DocumentReference/${outside}`,
      `DocumentReference/${outside}/_history`,
      `DocumentReference/${outside}/_history/1`,
    ]) {
      assert.equal((await hospital.get(path, token)).status, 404, path)
    }
    const total = await hospital.get('DocumentReference?_total=accurate&_summary=count', token)
    assert.equal(total.body.total, 1)
  })
})

describe('documents, with a token for one patient’s', () => {
  let token: string
  let notes: string[]

  before(async () => {
    token = await grantedTo(['patient/DocumentReference.rs', 'patient/Provenance.rs'])
    notes = idsOf(await hospital.get('DocumentReference', token), 'DocumentReference')
    assert.equal(notes.length, 2)
  })

  const found = async (query: string) =>
    idsOf(await hospital.get(`DocumentReference?${query}`, token), 'DocumentReference')
  const loinc = 'http://loinc.org|11488-4'
  const category = `${categories.document}|clinical-note`

  test('are found by their patient, by GET and by POST alike, and another’s are not [us_core_v800_document_reference_patient_search_test]', async () => {
    assert.deepEqual(new Set(await found(`patient=${hospital.anna.id}`)), new Set(notes))
    assert.deepEqual(new Set(await found(`patient=Patient/${hospital.anna.id}`)), new Set(notes))
    const posted = await fetch(`${hospital.fhir}/DocumentReference/_search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({ patient: hospital.anna.id }),
    })
    assert.equal(((await posted.json()) as { entry: unknown[] }).entry.length, notes.length)
    assert.deepEqual(await found(`patient=${hospital.ben.id}`), [])
  })

  const searches: [id: string, query: () => string, count: number][] = [
    ['us_core_v800_document_reference__id_search_test', () => `_id=${notes[0]}`, 1],
    ['us_core_v800_document_reference_patient_category_search_test', () => `category=${category}`, 1],
    [
      'us_core_v800_document_reference_patient_category_date_search_test',
      () => `category=${category}&date=ge2025-01-01&date=le2025-12-31`,
      1,
    ],
    ['us_core_v800_document_reference_patient_type_search_test', () => `type=${loinc}`, 2],
    ['us_core_v800_document_reference_patient_status_search_test', () => 'status=current,superseded', 2],
    [
      'us_core_v800_document_reference_patient_type_period_search_test',
      () => `type=${loinc}&period=gt2025-01-01&period=lt2025-12-31`,
      1,
    ],
  ]
  for (const [id, query, count] of searches) {
    test(`are found, and another patient’s are not, by what the search says [${id}]`, async () => {
      for (const more of ['', `&patient=${hospital.anna.id}`]) {
        const ids = await found(query() + more)
        assert.equal(ids.length, count)
        for (const each of ids) assert.ok(notes.includes(each))
      }
      assert.deepEqual(await found(`${query()}&patient=${hospital.ben.id}`), [])
    })
  }

  test('are read, and another patient’s are not [us_core_v800_document_reference_read_test]', async () => {
    for (const id of notes) {
      const { status, body } = await hospital.get(`DocumentReference/${id}`, token)
      assert.deepEqual([status, body.resourceType, body.id], [200, 'DocumentReference', id])
    }
    const { body: ben } = await launch(
      hospital,
      { email: hospital.ben.email },
      { scope: 'openid launch/patient patient/*.rs' },
    )
    const foreign = idsOf(await hospital.get('DocumentReference', ben.access_token), 'DocumentReference')
    assert.equal(foreign.length, 2)
    for (const id of foreign) assert.equal((await hospital.get(`DocumentReference/${id}`, token)).status, 404)
  })

  test('come with where they are from [us_core_v800_document_reference_provenance_revinclude_search_test]', async () => {
    const answer = await hospital.get(
      `DocumentReference?patient=${hospital.anna.id}&_revinclude=Provenance:target`,
      token,
    )
    assert.equal(idsOf(answer, 'Provenance').length, 1)
    const without = await grantedTo(['patient/DocumentReference.rs'])
    const narrow = await hospital.get(
      `DocumentReference?patient=${hospital.anna.id}&_revinclude=Provenance:target`,
      without,
    )
    assert.deepEqual(idsOf(narrow, 'Provenance'), [])
  })

  test('are answered by $docref for this patient, and for no other [us_core_v800_document_reference_docref]', async () => {
    const answer = await hospital.get(`DocumentReference/$docref?patient=${hospital.anna.id}`, token)
    assert.equal(answer.status, 200)
    for (const id of idsOf(answer, 'DocumentReference')) assert.ok(notes.includes(id))
    const foreign = await hospital.get(`DocumentReference/$docref?patient=${hospital.ben.id}`, token)
    assert.deepEqual(idsOf(foreign, 'DocumentReference'), [])
  })
})

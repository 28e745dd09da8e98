import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aCondition, aDocumentReference, anObservation, aPatient, aTransaction, posted } from '../support/resources.ts'
import { type Client, person, scopes, startServer, type TestServer } from '../support/server.ts'

interface Bundle {
  resourceType: string
  total?: number
  link: { relation: string; url: string }[]
  entry?: { fullUrl: string; resource: { resourceType: string; id: string }; search: { mode: string } }[]
}

let server: TestServer
let admin: Client
let doctor: SomePerson
let author: SomePerson
let anna: SomePerson
let ben: SomePerson
const names = new Map<string, string>()
let beforeTheLast: string

before(async () => {
  server = await startServer()
  const people = peopleOf(server)
  admin = people.admin
  doctor = await people.doctor()
  author = await people.doctor()
  anna = await people.patient({ generalPractitioner: [doctor.reference] })
  ben = await people.patient()
  await made('hospital', { resourceType: 'Organization', name: 'Hospital' })
  await made('visit', {
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: anna.reference,
    period: { start: '2024-03-01', end: '2024-03-02' },
    serviceProvider: { reference: names.get('hospital') },
  })
  const encounter = { reference: names.get('visit') }
  for (const day of ['2024-01-05', '2024-03-01', '2024-06-07']) {
    await made(day, anObservation(anna.name, { effectiveDateTime: day, encounter, performer: [author.reference] }))
  }
  await made('undated', aCondition(anna.name))
  const letter = {
    date: '2024-09-09T00:00:00Z',
    author: [author.reference],
    context: { period: { start: '2024-03-01', end: '2024-03-02' } },
  }
  await made('letter', aDocumentReference(anna.name, letter))
  await made('of Ben', anObservation(ben.name))
  beforeTheLast = new Date().toISOString()
  await made('last', anObservation(anna.name, { effectiveDateTime: '2024-12-12' }))
})
after(() => server.close())

async function made(name: string, resource: { resourceType: string; [element: string]: unknown }) {
  const { status, body } = await admin.post(resource.resourceType, resource)
  assert.equal(status, 201, JSON.stringify(body))
  names.set(name, `${body.resourceType}/${body.id}`)
}

async function ask(client: Client, path: string): Promise<Bundle> {
  const { status, body } = await client.get(path)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.resourceType, 'Bundle')
  return body
}

function found({ entry = [] }: Bundle, mode = 'match') {
  return entry
    .filter(({ search }) => search.mode === mode)
    .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
}

const named = (...list: string[]) => list.map((name) => names.get(name)!)
const sorted = (list: readonly string[]) => [...list].sort()
const dated = ['2024-01-05', '2024-03-01', '2024-06-07', 'last']

describe('Patient/$everything', () => {
  test('is the patient first, then the compartment, and as includes what that refers to', async () => {
    const bundle = await ask(admin, `${anna.name}/$everything`)
    assert.equal(found(bundle)[0], anna.name)
    assert.deepEqual(sorted(found(bundle)), sorted([anna.name, ...named('visit', ...dated, 'undated', 'letter')]))
    assert.deepEqual(sorted(found(bundle, 'include')), sorted([doctor.name, author.name, ...named('hospital')]))
    assert.equal(bundle.total, found(bundle).length)
    assert.equal(bundle.entry![0]!.fullUrl, `${server.base}/${anna.name}`)
    assert.deepEqual(bundle.link, [{ relation: 'self', url: `${server.base}/${anna.name}/$everything` }])
  })

  test('comes page by page, each match once, and a row that was changed meanwhile not twice', async () => {
    const seen: string[] = []
    let path: string | undefined = `${anna.name}/$everything?_count=2`
    for (let pages = 0; path !== undefined; pages++) {
      assert.ok(pages < 10)
      const bundle: Bundle = await ask(doctor.client, path)
      seen.push(...found(bundle))
      assert.ok(found(bundle).length <= 2)
      await admin.put(anna.name, {
        resourceType: 'Patient',
        id: anna.id,
        generalPractitioner: [doctor.reference],
        birthDate: `19${50 + pages}`,
      })
      path = bundle.link.find(({ relation }) => relation === 'next')?.url.slice(server.base.length + 1)
    }
    assert.deepEqual(sorted(seen), sorted([anna.name, ...named('visit', ...dated, 'undated')]))
  })

  test('start and end choose by the dates of care, and leave in what has none', async () => {
    const bundle = await ask(admin, `${anna.name}/$everything?start=2024-02-01&end=2024-04`)
    assert.deepEqual(sorted(found(bundle)), sorted([anna.name, ...named('visit', '2024-03-01', 'undated', 'letter')]))
    const later = await ask(admin, `${anna.name}/$everything?start=2024-06-07`)
    assert.deepEqual(sorted(found(later)), sorted([anna.name, ...named('2024-06-07', 'last', 'undated')]))
    assert.ok(found(later, 'include').includes(names.get('visit')!), 'what a match refers to, though out of the time')
  })

  test('_type and _since narrow matches and includes alike', async () => {
    const types = await ask(admin, `${anna.name}/$everything?_type=Condition,Encounter&_type=Organization`)
    assert.deepEqual(sorted(found(types)), sorted(named('visit', 'undated')))
    assert.deepEqual(found(types, 'include'), named('hospital'))
    const since = await ask(admin, `${anna.name}/$everything?_since=${beforeTheLast}&_type=Observation,Practitioner`)
    assert.deepEqual([found(since), found(since, 'include')], [named('last'), []])
  })

  test('by POST takes the same parameters', async () => {
    const parameter = [
      { name: 'start', valueDate: '2024-06-07' },
      { name: '_type', valueCode: 'Observation' },
    ]
    const { status, body } = await admin.post(`${anna.name}/$everything`, { resourceType: 'Parameters', parameter })
    assert.equal(status, 200)
    assert.deepEqual(sorted(found(body)), sorted(named('2024-06-07', 'last')))
  })

  test('holds what the caller may see, and nothing else', async () => {
    const charted = await ask(doctor.client, `${anna.name}/$everything`)
    assert.ok(!found(charted).includes(names.get('letter')!), 'a relation to the patient opens no document')
    const own = await ask(anna.client, `${anna.name}/$everything`)
    assert.ok(found(own).includes(names.get('letter')!))
    assert.equal((await author.client.get(`${anna.name}/$everything`)).status, 404)
    assert.equal((await ben.client.get(`${anna.name}/$everything`)).status, 404)
    assert.equal((await admin.get('Patient/nobody/$everything')).status, 404)
    assert.equal((await server.anonymous.get(`${anna.name}/$everything`)).status, 401)
  })

  test('scopes narrow it, type by type', async () => {
    const client = server.as(person(server, 'patient', 'Patient', anna.id, 'patient/Patient.rs'))
    assert.deepEqual(found(await ask(client, `${anna.name}/$everything`)), [anna.name])
    const more = {
      ...person(server, 'patient', 'Patient', anna.id),
      scopes: scopes('patient/Patient.r', 'patient/Observation.s'),
    }
    assert.deepEqual(
      sorted(found(await ask(server.as(more), `${anna.name}/$everything`))),
      sorted([anna.name, ...named(...dated)]),
    )
    const none = server.as(person(server, 'patient', 'Patient', anna.id, 'patient/Observation.rs'))
    assert.equal((await none.get(`${anna.name}/$everything`)).status, 403)
  })

  test('of no patient in particular is that of one’s own', async () => {
    assert.deepEqual(
      sorted(found(await ask(ben.client, 'Patient/$everything'))),
      sorted([ben.name, ...named('of Ben')]),
    )
    const treated = await ask(doctor.client, 'Patient/$everything?_type=Patient')
    assert.deepEqual(found(treated), [anna.name])
    assert.deepEqual(found(await ask(author.client, 'Patient/$everything')), [])
  })

  test('brings no more of what it refers to than a search includes, and says that there is more', async () => {
    const system = 'urn:staff'
    const staff = Array.from({ length: 2_010 }, (_, n) =>
      posted({ resourceType: 'Organization', name: `Ward ${n}` } as never, { fullUrl: `urn:uuid:${randomUUID()}` }),
    )
    const clara = posted(aPatient({ identifier: [{ system, value: 'clara' }] }))
    const subject = { reference: clara.fullUrl }
    const performer = staff.map(({ fullUrl }) => ({ reference: fullUrl }))
    const result = posted(anObservation(clara.fullUrl, { subject, performer }))
    const { body } = await admin.post('/fhir', aTransaction(clara, ...staff, result)).expect(200)
    const [name] = (body.entry[0].response.location as string).split('/_history')
    const bundle = await ask(admin, `${name}/$everything`)
    assert.deepEqual([found(bundle).length, found(bundle, 'include').length], [2, 2_000])
    const [told] = bundle.entry!.filter(({ search }) => search.mode === 'outcome')
    const { issue } = told!.resource as unknown as { issue: { code: string }[] }
    assert.deepEqual(
      issue.map(({ code }) => code),
      ['incomplete'],
    )
  })

  test('refuses what it does not know, where it stands', async () => {
    const refusals = {
      foo: 'foo=1',
      _type: '_type=Nothing',
      start: 'start=x',
      _count: '_count=0',
      _since: '_since=2024',
    }
    for (const [place, query] of Object.entries(refusals)) {
      const { status, body } = await admin.get(`${anna.name}/$everything?${query}`)
      assert.equal(status, 400, query)
      assert.deepEqual(body.issue[0].expression, [place])
    }
    const { link } = await ask(admin, `${anna.name}/$everything?_count=1`)
    const next = link.find(({ relation }) => relation === 'next')!.url.slice(server.base.length + 1)
    assert.equal((await doctor.client.get(next)).status, 400, 'the cursor of somebody else')
    assert.equal(
      (await admin.get(next.replace('_count=1', '_count=1&_type=Patient'))).status,
      400,
      'of another question',
    )
    assert.equal((await admin.get('Observation/$everything')).status, 404)
  })
})

describe('Encounter/$everything', () => {
  test('is the encounter, what happened in it, and what that refers to', async () => {
    const bundle = await ask(admin, `${names.get('visit')}/$everything`)
    assert.deepEqual(sorted(found(bundle)), sorted(named('visit', '2024-01-05', '2024-03-01', '2024-06-07')))
    assert.ok(found(bundle, 'include').includes(anna.name))
    assert.equal((await ben.client.get(`${names.get('visit')}/$everything`)).status, 404)
  })
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anObservation, aPatient, aPractitioner } from '../support/resources.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
const ids: Record<string, string> = {}

before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  const make = async (name: string, resource: object & { resourceType: string }) => {
    const { body } = await admin.post(resource.resourceType, resource).expect(201)
    ids[name] = body.id
    return `${resource.resourceType}/${body.id}`
  }
  const doctor = await make('doctor', aPractitioner({ name: [{ family: 'Østergård', given: ['Åse'] }] }))
  const anna = await make(
    'anna',
    aPatient({
      name: [{ family: 'Müller', given: ['Anna', 'Maria'] }],
      birthDate: '1980-05-06',
      identifier: [{ system: 'urn:mrn', value: 'A1' }],
      generalPractitioner: [{ reference: doctor }],
      telecom: [{ system: 'email', value: 'anna@example.org' }],
      active: true,
    }),
  )
  const ben = await make(
    'ben',
    aPatient({
      name: [{ family: 'Muller-Berg', given: ['Ben'] }],
      gender: 'male',
      birthDate: '1991',
      identifier: [{ system: 'urn:mrn', value: 'B1' }, { value: 'A1' }],
    }),
  )
  await make('pulse', anObservation(anna, { performer: [{ reference: doctor }] }))
  await make(
    'weight',
    anObservation(anna, {
      code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
      effectivePeriod: { start: '2024-01-01', end: '2024-01-31' },
      effectiveDateTime: undefined,
      valueQuantity: { value: 70.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
      status: 'preliminary',
    }),
  )
  await make('other', anObservation(ben, { effectiveDateTime: '2023-02', valueQuantity: { value: 80, unit: 'bpm' } }))
  await make('risk', {
    resourceType: 'RiskAssessment',
    status: 'final',
    subject: { reference: anna },
    prediction: [{ probabilityDecimal: 0.25 }],
  } as { resourceType: string })
  await make('set', { resourceType: 'ValueSet', status: 'draft', url: 'http://example.org/vs/one' } as {
    resourceType: string
  })
})
after(() => server.close())

/** The names that this file gave to what a search finds, sorted; includes marked with `+`. */
async function found(query: string): Promise<string[]> {
  const { body } = await admin.get(query).expect(200)
  const nameOf = (id: string) => Object.entries(ids).find(([, known]) => known === id)?.[0] ?? id
  return ((body.entry ?? []) as { resource: { id: string }; search: { mode: string } }[])
    .map(({ resource, search }) => (search.mode === 'include' ? '+' : '') + nameOf(resource.id))
    .sort()
}

const searches: [query: () => string, expected: string[]][] = [
  [() => 'Patient', ['anna', 'ben']],
  // string
  [() => 'Patient?family=mul', ['anna', 'ben']],
  [() => 'Patient?name=maria', ['anna']],
  [() => 'Patient?family:exact=Müller', ['anna']],
  [() => 'Patient?family:exact=müller', []],
  [() => 'Patient?family:contains=berg', ['ben']],
  [() => 'Patient?family=mul&given=ben', ['ben']],
  [() => 'Practitioner?name=ase', ['doctor']],
  // token
  [() => 'Patient?identifier=urn:mrn|A1', ['anna']],
  [() => 'Patient?identifier=A1', ['anna', 'ben']],
  [() => 'Patient?identifier=|A1', ['ben']],
  [() => 'Patient?identifier=urn:mrn|', ['anna', 'ben']],
  [() => 'Patient?identifier=urn:mrn|A1,urn:mrn|B1', ['anna', 'ben']],
  [() => 'Patient?gender=male', ['ben']],
  [() => 'Patient?gender:not=male', ['anna']],
  [() => 'Patient?email=anna@example.org', ['anna']],
  [() => 'Patient?active=true', ['anna']],
  [() => 'Patient?active:missing=true', ['ben']],
  [() => 'Observation?code=http://loinc.org|8867-4', ['other', 'pulse']],
  [() => 'Observation?status=preliminary,amended', ['weight']],
  [() => 'Observation?status:not=final', ['weight']],
  // date
  [() => 'Patient?birthdate=1980-05-06', ['anna']],
  [() => 'Patient?birthdate=1991', ['ben']],
  [() => 'Patient?birthdate=1991-05', []],
  [() => 'Patient?birthdate=lt1990', ['anna']],
  [() => 'Patient?birthdate=ge1991', ['ben']],
  [() => 'Observation?date=2024', ['pulse', 'weight']],
  [() => 'Observation?date=ge2024-01-15&date=le2024-02', ['weight']],
  [() => 'Observation?date=sa2024-01-31', ['pulse']],
  [() => 'Observation?date=eb2024', ['other']],
  [() => 'Observation?date=ne2024', ['other']],
  [() => 'Patient?_lastUpdated=gt2020-01-01', ['anna', 'ben']],
  // quantity, number, uri
  [() => 'Observation?value-quantity=72|http://unitsofmeasure.org|/min', ['pulse']],
  [() => 'Observation?value-quantity=gt70', ['other', 'pulse', 'weight']],
  [() => 'Observation?value-quantity=gt70||kg', ['weight']],
  [() => 'Observation?value-quantity=80||bpm', ['other']],
  [() => 'Observation?value-quantity=71', ['weight']],
  [() => 'Observation?value-quantity=71.0', []],
  [() => 'RiskAssessment?probability=0.25', ['risk']],
  [() => 'RiskAssessment?probability=gt0.5', []],
  [() => 'ValueSet?url=http://example.org/vs/one', ['set']],
  // reference
  [() => `Observation?patient=${ids['anna']}`, ['pulse', 'weight']],
  [() => `Observation?patient=Patient/${ids['anna']}`, ['pulse', 'weight']],
  [() => `Observation?subject=${server.base}/Patient/${ids['ben']}`, ['other']],
  [() => `Observation?subject:Patient=${ids['ben']}`, ['other']],
  [() => `Observation?performer=Practitioner/${ids['doctor']}`, ['pulse']],
  [() => 'Observation?performer:missing=true', ['other', 'weight']],
  [() => `Patient?general-practitioner=${ids['doctor']}`, ['anna']],
  // chains
  [() => 'Observation?patient.identifier=urn:mrn|B1', ['other']],
  [() => 'Observation?subject:Patient.family=müller', ['other', 'pulse', 'weight']],
  [() => 'Observation?subject:Patient.family:exact=Müller', ['pulse', 'weight']],
  [() => 'Observation?patient.general-practitioner.name=åse', ['pulse', 'weight']],
  [() => 'Observation?performer:Practitioner.name=øster', ['pulse']],
  [() => 'Patient?_has:Observation:patient:code=29463-7', ['anna']],
  [() => 'Patient?_has:Observation:patient:performer:Practitioner.name=ase', ['anna']],
  [() => 'Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=29463-7', ['doctor']],
  // ids and includes
  [() => `Patient?_id=${ids['anna']},${ids['ben']}`, ['anna', 'ben']],
  [
    () => `Observation?_id=${ids['pulse']}&_include=Observation:patient&_include=Observation:performer`,
    ['+anna', '+doctor', 'pulse'],
  ],
  [() => `Observation?_id=${ids['pulse']}&_include=Observation:subject:Patient`, ['+anna', 'pulse']],
  [() => `Patient?_id=${ids['anna']}&_revinclude=Observation:patient`, ['+pulse', '+weight', 'anna']],
  [() => `Practitioner?_id=${ids['doctor']}&_revinclude=Patient:general-practitioner`, ['+anna', 'doctor']],
]

for (const [query, expected] of searches) {
  test(`${String(query).slice(6)} finds ${expected.join(', ') || 'nothing'}`, async () => {
    assert.deepEqual(await found(query()), expected)
  })
}

test('a search by POST finds what GET finds', async () => {
  const { body } = await admin.raw('post')('Patient/_search').type('form').send('family=mul&gender=male').expect(200)
  assert.deepEqual(
    body.entry.map((e: { resource: { id: string } }) => e.resource.id),
    [ids['ben']],
  )
})

test('_summary=count answers the number alone', async () => {
  const { body } = await admin.get('Observation?_summary=count').expect(200)
  assert.equal(body.total, 3)
  assert.equal(body.entry, undefined)
})

test('_elements keeps what was asked for and marks it SUBSETTED', async () => {
  const { body } = await admin.get(`Patient?_id=${ids['anna']}&_elements=gender`).expect(200)
  const { resource } = body.entry[0]
  assert.deepEqual(Object.keys(resource).sort(), ['gender', 'id', 'meta', 'resourceType'])
  assert.equal(resource.meta.tag[0].code, 'SUBSETTED')
})

test('_sort orders by date, downwards with a minus', async () => {
  const order = async (sort: string) =>
    ((await admin.get(`Observation?_sort=${sort}`).expect(200)).body.entry as { resource: { id: string } }[]).map(
      ({ resource }) => resource.id,
    )
  const expected = [ids['other'], ids['weight'], ids['pulse']]
  assert.deepEqual(await order('date'), expected)
  assert.deepEqual(await order('-date'), [...expected].reverse())
})

test('following next walks through every match once, for several orders', async () => {
  for (let n = 0; n < 12; n++) {
    await admin.post(
      'Observation',
      anObservation(`Patient/${ids['ben']}`, { effectiveDateTime: `2020-01-${String((n % 4) + 1).padStart(2, '0')}` }),
    )
  }
  for (const sort of ['', '&_sort=date', '&_sort=-date', '&_sort=-_lastUpdated']) {
    const seen: string[] = []
    let next: string | undefined = `Observation?patient=${ids['ben']}&_count=5${sort}`
    while (next !== undefined) {
      const { body }: { body: { entry: { resource: { id: string } }[]; link: { relation: string; url: string }[] } } =
        await admin.get(next).expect(200)
      seen.push(...body.entry.map(({ resource }) => resource.id))
      next = body.link.find(({ relation }) => relation === 'next')?.url.slice(server.url.length)
    }
    assert.equal(seen.length, 13, sort)
    assert.equal(new Set(seen).size, 13, sort)
  }
})

test('a cursor that was altered, or belongs to somebody else, is refused', async () => {
  const { body } = await admin.get('Observation?_count=1').expect(200)
  const next: string = body.link
    .find(({ relation }: { relation: string }) => relation === 'next')
    .url.slice(server.url.length)
  await admin.get(next).expect(200)
  await admin.get(next.replace(/(_cursor=.{12})./, '$1~')).expect(400)
  await server.as(administrator()).get(next).expect(400)
  await admin.get(next.replace('Observation?', 'Observation?code=1&')).expect(400)
})

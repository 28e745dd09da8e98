import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Resource } from '../../src/fhir/resource.ts'
import { type Client, scopes, startServer, type TestServer } from '../support/server.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'

/**
 * What answers hold is compared with what the trail says: the answers are read by a few lines of this file, which share nothing
 * with the server, and know of each resource here whose it is because the file made it.
 */
const calls = 1_000
const people = 10

let server: TestServer
let officer: Client
const doctors: SomePerson[] = []
const patients: SomePerson[] = []
/** `Observation/1` to `Patient/1`. */
const owners = new Map<string, string>()

before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  officer = server.as({ roles: ['privacy-officer'], scopes: scopes('user/*.rs') })
  const made = peopleOf(server)
  for (let n = 0; n < people / 2; n++) doctors.push(await made.doctor())
  for (let n = 0; n < people / 2; n++) {
    const generalPractitioner = [doctors[n]!.reference, doctors[(n + 1) % doctors.length]!.reference]
    const patient = await made.patient({ generalPractitioner })
    patients.push(patient)
    owners.set(patient.name, patient.name)
    for (const status of ['final', 'preliminary']) await write(doctors[n]!, patient, status)
  }
})
after(() => server.close())

async function write(doctor: SomePerson, { reference, name }: SomePerson, status: string) {
  const resource = { resourceType: 'Observation', status, code: { text: 'pulse' }, subject: reference }
  const { body } = await doctor.client.post('Observation', resource).expect(201)
  owners.set(`Observation/${body.id}`, name)
}

/** The same in every run. */
function randomOf(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Answer {
  status: number
  body: Resource & { entry?: { resource?: Resource; response?: { location?: string } }[] }
  headers: Record<string, string>
}

/** Whose data an answer shows, or whose record a write has changed. */
function concernedBy({ status, body, headers }: Answer): string[] {
  if (status >= 400) return []
  const shown = body?.resourceType === 'Bundle' ? (body.entry ?? []).flatMap((one) => one.resource ?? []) : [body]
  const names = shown.flatMap((one) => (one?.id === undefined ? [] : [`${one.resourceType}/${one.id}`]))
  const located = headers['location']?.match(/[A-Z][A-Za-z]+\/[^/]+(?=\/_history)/)?.[0]
  const owned = [...names, ...(located === undefined ? [] : [located])].flatMap((name) => {
    const resource = shown.find((one) => `${one?.resourceType}/${one?.id}` === name)
    const subject = (resource?.['subject'] as { reference?: string } | undefined)?.reference
    return owners.get(name) ?? subject ?? []
  })
  return [...new Set(owned)]
}

interface Event extends Resource {
  agent: { requestor: boolean; who: { reference?: string } }[]
  entity: { what?: { reference?: string; identifier?: { value: string } }; role?: { code: string } }[]
}

/** By request, whom its events are about; events of what was not shown are told apart by the person without a reference. */
async function toldBy(client: Client): Promise<Map<string, string[]>> {
  const told = new Map<string, string[]>()
  await server.composed.trail.upToNow(Infinity)
  let path = '/fhir/AuditEvent?_count=1000&_sort=date'
  while (path !== '') {
    const { body } = await client.get(path).expect(200)
    for (const { resource } of (body.entry ?? []) as { resource: Event }[]) {
      if (resource.agent.some(({ requestor, who }) => requestor && who.reference === undefined)) continue
      const request = resource.entity.find(({ what }) => what?.identifier)!.what!.identifier!.value
      const about = resource.entity.filter(({ role }) => role?.code === '1').map(({ what }) => what!.reference!)
      told.set(request, [...(told.get(request) ?? []), ...about])
    }
    const next = (body.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
    path = next ? next.url.slice(server.url.length) : ''
  }
  return told
}

test('ACC-5: of 1,000 random calls by ten people each that returned or changed patient data stands in the trail exactly once per patient and page', async () => {
  const random = randomOf(20_261)
  const everybody = [...doctors, ...patients]
  const pick = <T>(all: readonly T[]): T => all[random(all.length)]!
  const expected = new Map<string, string[]>()
  let written = 0

  async function call(n: number): Promise<void> {
    const { client } = pick(everybody)
    const patient = pick(patients)
    const name = pick([...owners.keys()])
    const pulse = { resourceType: 'Observation', status: 'final', code: { text: 'pulse' }, subject: patient.reference }
    const ways = [
      () => client.get(name),
      () => client.get(`${name}/_history/1`),
      () => client.get(`${name}/_history`),
      () => client.get(`Observation?patient=${patient.id}&_count=${1 + random(4)}`),
      () => client.get(`Observation?_include=Observation:subject&_count=${1 + random(6)}`),
      () => client.get('Patient?_revinclude=Observation:subject'),
      () => client.get(`Patient/${patient.id}/Observation`),
      () => client.get(`Patient/${patient.id}/$everything`),
      () => client.get('Observation/_history?_count=5'),
      () => client.get(`Observation?_summary=count`),
      () => client.post('Observation', pulse),
      () => client.get('Observation/not-there'),
    ]
    const requestId = `call-${n}`
    const answer = (await pick(ways)().set('x-request-id', requestId)) as unknown as Answer
    expected.set(requestId, concernedBy(answer))
    if (answer.status !== 201) return
    written += 1
    owners.set(`Observation/${answer.body.id}`, patient.name)
  }

  for (let n = 0; n < calls;) {
    const together = Math.min(1 + random(8), calls - n)
    await Promise.all(Array.from({ length: together }, (_, k) => call(n + k)))
    n += together
  }
  const told = await toldBy(officer)
  const counts = [...expected.values()].map(({ length }) => length)
  assert.ok(counts.filter((count) => count > 1).length > 50 && written > 10, 'the calls are too much alike')
  for (const [request, patientsShown] of expected) {
    assert.deepEqual((told.get(request) ?? []).sort(), [...patientsShown].sort(), request)
  }
})

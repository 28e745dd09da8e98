import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Principal } from '../../src/access/principal.ts'
import type { FhirError } from '../../src/fhir/error.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, anObservation } from '../support/resources.ts'
import { type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let patient: SomePerson
let names: string[]
let binary: string
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  people = peopleOf(server)
  patient = await people.patient()
  const document = await stored(aDocumentReference(patient.name))
  names = [patient.name, await stored(anObservation(patient.name)), document]
  const { body } = await people.admin.get(document)
  binary = new URL(body.content[0].attachment.url).pathname
})
after(() => server.close())

async function stored(resource: { resourceType: string }): Promise<string> {
  const { status, body } = await people.admin.post(resource.resourceType, resource)
  assert.equal(status, 201, JSON.stringify(body))
  return `${resource.resourceType}/${body.id}`
}

interface Proxy {
  readonly resource: { readonly id: string; readonly [element: string]: unknown }
  readonly principal: Partial<Principal>
  readonly client: Client
}

async function aProxy(more: object): Promise<Proxy> {
  const resource = { resourceType: 'RelatedPerson', active: true, patient: patient.reference, ...more }
  const { status, body } = await people.admin.post('RelatedPerson', resource)
  assert.equal(status, 201, JSON.stringify(body))
  const rid = server.composed.keys.ridOf('RelatedPerson', body.id)
  const principal: Partial<Principal> = {
    roles: ['proxy'],
    person: { type: 'RelatedPerson', id: body.id, rid },
    scopes: scopes('user/*.cruds'),
  }
  return { resource: body, principal, client: server.as(principal) }
}

const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString()

/** What of the record the proxy reaches, by every path. */
async function reached({ client }: Proxy): Promise<string[]> {
  const seen: string[] = []
  const paths = names.flatMap((name) => [name, `${name}/_history`, `${name}/_history/1`])
  for (const path of [...paths, binary]) if ((await client.get(path)).status === 200) seen.push(path)
  const id = patient.id
  const searches = [
    `Patient?_id=${id}`,
    `Observation?patient=${id}`,
    `Observation?_has:Provenance:target:_id=none,x&patient=${id}`,
    `DocumentReference?patient=${id}&_include=DocumentReference:subject`,
    `Patient?_revinclude=Observation:subject`,
    `Observation?patient.gender=female`,
    `Observation?_sort=date`,
    `${patient.name}/Observation`,
  ]
  for (const query of searches) {
    const { body } = await client.get(`${query}${query.includes('?') ? '&' : '?'}_total=accurate`)
    if ((body.total ?? 0) > 0 || (body.entry?.length ?? 0) > 0) seen.push(query)
  }
  const { status, body } = await client.get(`${patient.name}/$everything`)
  if (status === 200 && (body.entry?.length ?? 0) > 0) seen.push('$everything')
  return seen
}

describe('PT-6: who acts for a patient', () => {
  test('PT-6: reads the record while the relation is active and within its period, with open ends too', async () => {
    const periods = [{}, { period: { start: day(-1) } }, { period: { end: day(1) } }]
    for (const more of [...periods, { period: { start: day(-1), end: day(1) } }]) {
      const seen = await reached(await aProxy(more))
      for (const path of [...names, binary, '$everything', `Observation?patient=${patient.id}`]) {
        assert.ok(seen.includes(path), `${path} ${JSON.stringify(more)}`)
      }
    }
  })

  test('PT-6: reaches nothing before it, after it, or when the relation is not active, by no path', async () => {
    const none = [
      { period: { start: day(1) } },
      { period: { end: day(-1) } },
      { period: { start: day(-3), end: day(-2) } },
      { active: false, period: { start: day(-1), end: day(1) } },
      { active: undefined },
    ]
    for (const more of none) assert.deepEqual(await reached(await aProxy(more)), [], JSON.stringify(more))
  })

  test('PT-6: is let in and shut out by the time of the request alone, to the millisecond', async () => {
    const [start, end] = [day(1), day(2)]
    const { principal } = await aProxy({ period: { start, end } })
    const [type, id] = names[1]!.split('/') as [string, string]
    const { base, perform } = server.composed
    const statusAt = async (now: Date) => {
      const full: Principal = { kind: 'person', clientId: 'test', roles: [], scopes: [], ...principal }
      const context = { principal: full, base, requestId: randomUUID(), now, signal: new AbortController().signal }
      return perform(context, { kind: 'read', type, id }).then(
        ({ status }) => status,
        (error: FhirError) => error.status,
      )
    }
    const [from, to] = [Date.parse(start), Date.parse(end)]
    const times = [from - 1, from, to - 1, to + 1].map((at) => statusAt(new Date(at)))
    assert.deepEqual(await Promise.all(times), [404, 200, 200, 404])
  })

  test('PT-6: is shut out by the next request after the office ended the relation', async () => {
    const proxy = await aProxy({ period: { start: day(-1) } })
    await proxy.client.get(names[1]!).expect(200)
    const ended = { ...proxy.resource, period: { start: day(-2), end: day(-1) } }
    await people.admin.put(`RelatedPerson/${proxy.resource.id}`, ended).expect(200)
    assert.deepEqual(await reached(proxy), [])
  })

  test('PT-6: does not lengthen the own period, and writes nothing', async () => {
    const proxy = await aProxy({ period: { end: day(1) } })
    const path = `RelatedPerson/${proxy.resource.id}`
    const longer = { ...proxy.resource, period: { end: day(100) } }
    assert.equal((await proxy.client.put(path, longer)).status, 403)
    const operations = [{ op: 'replace', path: '/period/end', value: day(100) }]
    assert.equal((await proxy.client.patch(path, operations)).status, 403)
    assert.equal((await proxy.client.post('Observation', anObservation(patient.name))).status, 403)
  })
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Principal } from '../../src/access/principal.ts'
import type { FhirError } from '../../src/fhir/error.ts'
import type { Answer, Interaction } from '../../src/interactions/interaction.ts'
import {
  anAccessRequest,
  aHospital,
  current,
  days,
  ofKind,
  requested,
  scope,
  statuses,
  statusOf,
  step,
} from '../support/access-request.ts'
import { type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { person, startServer, type TestServer } from '../support/server.ts'

type Hospital = Awaited<ReturnType<typeof aHospital>>
let server: TestServer
let office: Hospital['office']
let author: Hospital['author']
let fresh: Hospital['fresh']
let strange: Hospital['strange']
let routing: Hospital['routing']
before(async () => {
  server = await startServer()
  ;({ office, author, fresh, strange, routing } = await aHospital(server))
})
after(() => server.close())

/** Asks for the letters and has them approved; answers the grant. */
async function approved({ doctor, patient }: { doctor: SomePerson; patient: SomePerson }, more: object = {}) {
  const asked = anAccessRequest({ for: patient.reference, input: [scope(ofKind('letter'))] }, more)
  const task = await current(office, await requested(server, doctor, asked))
  const { status, body } = await step(office, task, 'accepted')
  assert.equal(status, 200, JSON.stringify(body))
  const name = body.output.at(-1).valueReference.reference as string
  return { task, name, consent: (await office.client.get(name)).body }
}

/** The status of a read at another time, without any job in between. */
async function statusAt(who: SomePerson, name: string, now: Date): Promise<number> {
  const [type, id] = name.split('/') as [string, string]
  const asker = person(server, 'practitioner', 'Practitioner', who.id)
  const read = performed(asker, { kind: 'read', type, id }, undefined, now)
  return read.then(
    ({ status }) => status,
    (error: FhirError) => error.status,
  )
}

/** An interaction at another time than now. */
function performed(
  who: Partial<Principal>,
  interaction: Interaction,
  body: object | undefined,
  now: Date,
): Promise<Answer> {
  const { base, perform } = server.composed
  const principal: Principal = { kind: 'person', clientId: 'test', roles: [], scopes: [], ...who }
  const context = { principal, base, requestId: randomUUID(), now, signal: new AbortController().signal }
  return perform(
    context,
    interaction,
    body ? { kind: 'json', value: body, contentType: 'application/fhir+json' } : { kind: 'none' },
  )
}

const administratorOf = (from: TestServer) => person(from, 'admin', 'Practitioner', randomUUID())

interface Searchset {
  readonly total: number
  readonly entry?: readonly object[]
  readonly link: readonly { readonly relation: string; readonly url: string }[]
}

describe('a grant', () => {
  test('AR-3: opens nothing after its end, without any job', async () => {
    const seen = await fresh()
    await approved(seen, { restriction: { period: { end: days(10) } } })
    const at = (n: number) => statusAt(seen.doctor, seen.letters[0], new Date(days(n)))
    assert.deepEqual([await at(0), await at(9), await at(11)], [200, 200, 404])
  })

  test('AR-4: that is revoked opens nothing from the next request on, the next range of a download included', async () => {
    const seen = await fresh()
    const { name, consent } = await approved(seen)
    const { body } = await seen.doctor.client.get(seen.letters[0])
    const binary = new URL(body.content[0].attachment.url).pathname
    const range = async () => (await seen.doctor.client.get(binary).set('range', 'bytes=0-1')).status
    assert.equal(await range(), 206)
    assert.equal((await seen.patient.client.put(name, { ...consent, status: 'inactive' })).status, 200)
    assert.deepEqual([await range(), await statusOf(seen.doctor, seen.letters[0])], [404, 404])
  })

  test('AR-9: of the office is beaten by a deny of the patient', async () => {
    const seen = await fresh()
    const { consent } = await approved(seen)
    const { id: _id, meta: _meta, performer: _performer, identifier: _identifier, provision, ...rest } = consent
    const { type: _type, ...permit } = provision
    const deny = { ...rest, provision: { ...permit, type: 'deny', data: [permit.data[0]] } }
    const { status, body } = await seen.patient.client.post('Consent', deny)
    assert.equal(status, 201, JSON.stringify(body))
    const denied = permit.data[0].reference.reference as string
    const left = await statuses(seen.doctor, seen.letters)
    assert.deepEqual(
      left,
      seen.letters.map((letter) => (letter === denied ? 404 : 200)),
    )
  })

  test('AR-10: to 3 of 10 documents makes a total of 3 on every page', async () => {
    const seen = await fresh()
    const more = await Promise.all(
      [...'letter letter'.split(' ').slice(1), ...Array<string>(6).fill('image')].map(async (kind) => {
        const type = { coding: [{ code: kind }] }
        return author.client.post('DocumentReference', aDocumentReference(seen.patient.name, { type }))
      }),
    )
    assert.ok(more.every(({ status }) => status === 201))
    await approved(seen)
    let next: string | undefined = `/fhir/DocumentReference?patient=${seen.patient.id}&_count=1&_total=accurate`
    const shown = []
    while (next !== undefined) {
      const { body }: { body: Searchset } = await seen.doctor.client.get(next)
      assert.equal(body.total, 3)
      shown.push(...(body.entry ?? []))
      next = body.link.find(({ relation }) => relation === 'next')?.url.slice(server.url.length)
    }
    assert.equal(shown.length, 3)
  })

  test('AR-11: leaves a line of the audit trail that names the Consent and the request', async () => {
    const seen = await fresh()
    const { name, task } = await approved(seen)
    const rows = await server.composed.store.query(
      `select detail, person, outcome from audit where interaction = 'authorize' and type = 'Consent' and id = $1`,
      [name.split('/')[1]],
    )
    const detail = { decision: 'permit', task: `Task/${task.id}`, asker: seen.doctor.name }
    const admin = (await office.client.get(name)).body.performer[0].reference
    assert.deepEqual(rows, [{ detail, person: admin, outcome: 'success' }])
  })

  test('AR-12: that a doctor gives for treatment names single documents, for persons', async () => {
    const seen = await fresh()
    const { consent } = await approved(seen)
    const { id: _id, meta: _meta, identifier: _identifier, performer: _performer, ...rest } = consent
    const given = async (provision: object) =>
      (await author.client.post('Consent', { ...rest, provision: { ...rest.provision, ...provision } })).status
    const reference = { reference: seen.letters[0] }
    assert.equal(await given({}), 201)
    assert.equal(await given({ data: undefined }), 422)
    for (const meaning of ['related', 'dependents', 'authoredby']) {
      assert.equal(await given({ data: [{ meaning, reference }] }), 422, meaning)
    }
    for (const actor of ['Group/1', 'CareTeam/1']) {
      const [{ role }] = rest.provision.actor
      assert.equal(await given({ actor: [{ role, reference: { reference: actor } }] }), 422, actor)
    }
  })
})

describe('without anybody deciding', () => {
  test('a request is refused after seven days, and ends as expired', async () => {
    const { doctor, about } = await strange()
    const inTime = await requested(server, doctor, anAccessRequest(about))
    const waiting = await routing(inTime)
    const accepted = { ...waiting, status: 'accepted' }
    const late = { kind: 'update', type: 'Task', id: waiting.id } as const
    const at = (n: number) => performed(administratorOf(server), late, accepted, new Date(days(n)))
    await assert.rejects(at(8), ({ status }: FhirError) => status === 409)
    assert.equal((await at(6)).status, 200)

    const asked = anAccessRequest(about)
    const doctorAlone = person(server, 'practitioner', 'Practitioner', doctor.id)
    const old = await performed(doctorAlone, { kind: 'create', type: 'Task' }, asked, new Date(days(-8)))
    const { id } = JSON.parse(old.json!) as { id: string }
    await server.composed.lookAfterRequests()
    const ends = [await current(doctor, { id }), await routing({ id })]
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['failed', 'failed'],
    )
  })
})

import assert from 'node:assert/strict'
import { anAccessRequest, current, ofKind, scope, step, type StoredTask } from '../support/access-request.ts'
import { administrator, type Client, person, startServer, type TestServer } from '../support/server.ts'
import { types } from './matrix-oracle.ts'
import { recordOf, type Row } from './matrix-rows.ts'
import { type Situation, situations } from './matrix-situations.ts'

/** The server with all records, and who asks it. */
export interface World {
  readonly server: TestServer
  readonly rows: readonly Row[]
  readonly admin: Client
  readonly doctor: Client
  readonly colleague: Client
  close(): Promise<void>
}

const parties = ['Organization/ward', 'PractitionerRole/mine']

export async function aWorld(chosen = situations): Promise<World> {
  const server = await startServer({ RATE_LIMIT_SCALE: '0' })
  return filled(server, chosen).catch(async (error: unknown) => {
    await server.close()
    throw error
  })
}

async function filled(server: TestServer, chosen: readonly Situation[]): Promise<World> {
  const ridOf = (name: string) => server.composed.keys.ridOf(...(name.split('/') as [string, string]))
  const chief = { type: 'Practitioner', id: 'admin', rid: ridOf('Practitioner/admin') } as const
  const admin = server.as({ ...administrator(), person: chief })
  const practitioner = (id: string, more: string[] = []) => {
    const one = person(server, 'practitioner', 'Practitioner', id)
    return server.as({ ...one, person: { ...one.person!, parties: more.map(ridOf) } })
  }
  const [doctor, colleague] = [practitioner('doctor', parties), practitioner('colleague')]
  const rows = chosen.flatMap((situation) => recordOf(situation))
  for (const some of inParts([...people(), ...rows.map(({ resource }) => resource)])) await put(admin, some)
  for (const situation of chosen) await act(situation, { server, admin, doctor, colleague })
  return {
    ...{ server, rows: [...rows, ...(await madeBeside(rows, server))], admin, doctor, colleague },
    close: () => server.close(),
  }
}

type Stored = Readonly<Record<string, unknown>>

function people(): Stored[] {
  const practitioners = ['admin', 'doctor', 'colleague', 'other'].map((id) => {
    return { resourceType: 'Practitioner', id, active: true, name: [{ family: id }] }
  })
  const role = { practitioner: { reference: 'Practitioner/doctor' }, organization: { reference: 'Organization/ward' } }
  return [
    ...practitioners,
    { resourceType: 'Organization', id: 'ward', name: 'Ward' },
    { resourceType: 'PractitionerRole', id: 'mine', active: true, ...role },
  ]
}

export function inParts<T>(things: readonly T[], size = 100): T[][] {
  return Array.from({ length: Math.ceil(things.length / size) }, (_, n) => things.slice(n * size, (n + 1) * size))
}

async function put(admin: Client, resources: readonly Stored[]): Promise<void> {
  const entry = resources.map((resource) => {
    return {
      resource,
      request: { method: 'PUT', url: `${String(resource['resourceType'])}/${String(resource['id'])}` },
    }
  })
  const { status, body } = await admin.post('/fhir', { resourceType: 'Bundle', type: 'transaction', entry })
  assert.equal(status, 200, JSON.stringify(body).slice(0, 1000))
}

type People = Pick<World, 'server' | 'admin' | 'doctor' | 'colleague'>

/** What people do themselves with the first document of a record. */
async function act({ name, act: how }: Situation, { server, admin, doctor, colleague }: People): Promise<void> {
  if (how === 'message') {
    const payload = [{ contentReference: { reference: `DocumentReference/${name}-one` } }]
    const recipient = [{ reference: 'Practitioner/doctor' }]
    const message = { resourceType: 'Communication', status: 'in-progress', recipient, payload }
    await colleague.post('Communication', message).expect(201)
  }
  if (how !== 'request' && how !== 'approval') return
  const about = { for: { reference: `Patient/${name}` }, input: [scope(ofKind('one'))] }
  const { id } = (await doctor.post('Task', anAccessRequest(about)).expect(201)).body as StoredTask
  await server.composed.lookAfterRequests()
  if (how === 'request') return
  const { status, body } = await step({ client: admin }, await current({ client: admin }, { id }), 'accepted')
  assert.equal(status, 200, JSON.stringify(body))
}

/** What the server made by itself beside what was stored, as the server sees it. */
async function madeBeside(rows: readonly Row[], server: TestServer): Promise<Row[]> {
  const known = new Set(rows.map(({ name }) => name))
  const made: Row[] = []
  for (const type of types) {
    const { body } = await server.as({ kind: 'server' }).get(`${type}?_count=1000`).expect(200)
    for (const { resource } of (body.entry ?? []) as { resource: Stored }[]) {
      const row = rowOf(resource)
      if (!known.has(row.name)) made.push(row)
    }
  }
  return made
}

const elsewhere: Situation = { name: 'elsewhere', sees: {} }
type Named = { reference?: string } | undefined

function rowOf(resource: Stored): Row {
  const type = String(resource['resourceType'])
  const of = (element: string) => (resource[element] as Named)?.reference
  const many = (element: string) =>
    ((resource[element] as Named[] | undefined) ?? []).map((one) => one?.reference ?? '')
  const patient = of('subject') ?? of('patient') ?? of('for')
  const provision = resource['provision'] as { actor?: { reference?: Named }[] } | undefined
  const actors = (provision?.actor ?? []).map(({ reference }) => reference?.reference ?? '')
  return {
    ...{ name: `${type}/${String(resource['id'])}`, type, what: 'made', resource },
    situation: situations.find(({ name }) => patient === `Patient/${name}`) ?? elsewhere,
    parties: [
      of('sender') ?? of('requester') ?? '',
      of('owner') ?? '',
      ...many('recipient'),
      ...actors,
      ...many('performer'),
    ],
    ...(patient === undefined ? {} : { link: { parameter: 'patient', target: patient } }),
  }
}

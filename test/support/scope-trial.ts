import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Principal, Role as AccountRole } from '../../src/access/principal.ts'
import { parseScopes } from '../../src/access/scopes.ts'
import { creationsFor } from './scope-creations.ts'
import { events, questionsAboutEvents } from './scope-events.ts'
import { type Asking, oneOf, readStatus } from './scope-instances.ts'
import { createOracle } from './scope-oracle.ts'
import { type Question, questionsFor } from './scope-questions.ts'
import { launchedFor, relatives, type Role, type Row, rows } from './scope-rows.ts'
import { scopeStrings } from './scope-strings.ts'
import { transactionsOf } from './scope-transactions.ts'
import { type Client, startServer, type TestServer } from './server.ts'

const persons: Readonly<Record<Exclude<Role, 'system'>, { roles: readonly AccountRole[]; name: string }>> = {
  office: { roles: ['admin', 'records-office', 'privacy-officer'], name: 'Practitioner/admin' },
  doctor: { roles: ['practitioner'], name: 'Practitioner/doctor' },
  patient: { roles: ['patient'], name: 'Patient/self' },
  proxy: { roles: ['proxy'], name: 'RelatedPerson/proxy' },
}

interface Entry {
  readonly response: { readonly status: string; readonly outcome?: unknown }
  readonly resource?: {
    readonly resourceType: string
    readonly total?: number
    readonly entry?: readonly { readonly resource?: { resourceType: string; id: string }; fullUrl?: string }[]
  }
}

interface Trial {
  readonly strings?: readonly string[]
  /** Without a patient in context, which `patient/` scopes are about. */
  readonly unlaunched?: boolean
  /** Another person of the role, or another server, and what is otherwise for that. */
  readonly otherwise?: {
    readonly title: string
    readonly name?: string
    /** What is not as the authorization server says of such a person. */
    readonly principal?: Partial<Principal>
    readonly settings?: Readonly<Record<string, string>>
    /** What is answered to whatever is added, unless it is told by the role as it is everywhere. */
    readonly adds?: number
    may(row: Row): string
  }
}

/** One role with every scope string: all that a token can be used for, asked of the server and of the oracle. */
export function tryScopes(role: Role, { strings = scopeStrings, unlaunched = false, otherwise }: Trial = {}): void {
  let server: TestServer
  const names = new Map<Row, string>()
  const nameOf = (row: Row) => names.get(row) ?? row.name

  before(async () => {
    server = await startServer({ RATE_LIMIT_SCALE: '0', ...otherwise?.settings })
    const office = clientOf('office', 'user/*.cruds')
    for (const row of [...rows, ...events]) {
      if (row.resource) {
        const { status, body } = await office.put(row.name, row.resource)
        assert.equal(status, 201, `${row.name}: ${JSON.stringify(body)}`)
      } else {
        const uploaded = { resourceType: 'Binary', contentType: 'text/plain', data: 'aGVsbG8=' }
        const { body } = await clientOf(row.uploader!, 'user/*.cruds system/*.cruds')
          .post('Binary', uploaded)
          .expect(201)
        names.set(row, `Binary/${body.id}`)
      }
    }
    for (const one of relatives) await office.put(`RelatedPerson/${one.id}`, one).expect(201)
  })
  after(() => server.close())

  function clientOf(as: Role, text: string): Client {
    return server.as(principalOf(as, text))
  }

  function principalOf(as: Role, text: string): Partial<Principal> {
    const scopes = parseScopes(text)
    const otherOne = as === role ? otherwise?.principal : {}
    if (as === 'system') return { kind: 'system', clientId: 'backend', scopes, ...otherOne }
    const { roles, name } = persons[as]
    const named = as === role ? (otherwise?.name ?? name) : name
    const [type, id] = named.split('/') as ['Practitioner' | 'Patient' | 'RelatedPerson', string]
    const { ridOf } = server.composed.keys
    const parties = as === 'doctor' ? [ridOf('Organization', 'hospital')] : []
    const patient = launchedFor[as]?.split('/')[1]
    return {
      ...{ kind: 'person', roles, person: { type, id, rid: ridOf(type, id), parties }, scopes },
      ...(patient === undefined || unlaunched ? {} : { patient: { id: patient, rid: ridOf('Patient', patient) } }),
      ...otherOne,
    }
  }

  const asking = (text: string): Asking => {
    const oracle = createOracle(role, text, unlaunched ? undefined : launchedFor[role], otherwise?.may)
    return { role, oracle, turn: strings.indexOf(text), adds: otherwise?.adds, nameOf }
  }

  function send(client: Client, type: 'batch' | 'transaction', questions: readonly Question[]) {
    const entry = questions.map(({ method, url, body, condition }) => ({
      ...(body === undefined ? {} : { resource: body }),
      request: { method, url, ...condition },
    }))
    return client.post('/fhir', { resourceType: 'Bundle', type, entry })
  }

  async function inBatch(client: Client, questions: readonly Question[]): Promise<string[]> {
    const { status, body } = await send(client, 'batch', questions)
    assert.equal(status, 200, JSON.stringify(body).slice(0, 500))
    const answers = (body as { entry: Entry[] }).entry
    return questions.flatMap((question, n) => differencesOf(question, answers[n]!))
  }

  /** What one entry is refused, the whole is refused. */
  async function inTransaction(client: Client, questions: readonly Question[]): Promise<string[]> {
    const { status, body } = await send(client, 'transaction', questions)
    const answers = status === 200 ? (body as { entry: Entry[] }).entry : []
    const whole = { response: { status: String(status), outcome: body } }
    const differences = questions.flatMap((question, n) => differencesOf(question, answers[n] ?? whole))
    return differences.map((difference) => `in a transaction: ${difference}`)
  }

  /** Bytes as such, of a Binary that may be read and of one that may not. */
  async function asBytes(client: Client, about: Asking): Promise<string[]> {
    const binaries = rows.filter(({ type }) => type === 'Binary')
    const groups = [200, 403, 404].map((status) => binaries.filter((row) => readStatus(about, row) === status))
    const differences: string[] = []
    for (const row of groups.flatMap((group) => oneOf(group, about.turn) ?? [])) {
      const { status, text } = await client.get(nameOf(row)).set('accept', 'text/plain')
      const expected = readStatus(about, row)
      if (status !== expected) differences.push(`bytes of ${row.name}: ${status}, not ${expected}`)
      if ((text === 'hello') !== (expected === 200)) differences.push(`bytes of ${row.name}: ${text.slice(0, 100)}`)
    }
    return differences
  }

  function differencesOf({ method, url, statuses, shows, least, total }: Question, { response, resource }: Entry) {
    const asked = `${method} ${url}`
    const status = Number.parseInt(response.status, 10)
    if (!statuses.includes(status)) {
      return [`${asked}: ${status}, not ${statuses.join(' or ')}: ${JSON.stringify(response.outcome)?.slice(0, 300)}`]
    }
    if (status !== 200 || shows === undefined) return []
    const known = new Set((url.startsWith('AuditEvent') ? events : rows).map(nameOf))
    const shown = new Set((resource?.entry ?? []).map((entry) => nameIn(entry)).filter((name) => known.has(name)))
    const expected = new Set(shows)
    const hidden = (least ?? shows).filter((name) => !shown.has(name))
    const extra = [...shown].filter((name) => !expected.has(name))
    return [
      ...(extra.length > 0 ? [`${asked} shows ${extra.join(', ')}`] : []),
      ...(hidden.length > 0 ? [`${asked} does not show ${hidden.join(', ')}`] : []),
      ...(total !== undefined && resource?.total !== total
        ? [`${asked}: a total of ${resource?.total}, not ${total}`]
        : []),
    ]
  }

  const who = otherwise?.title ?? (unlaunched ? `${role} without a patient in context` : role)
  for (const text of strings) {
    test(`${who} with ${text}: every interaction answers as the oracle says`, async () => {
      const about = asking(text)
      const client = clientOf(role, text)
      const questions = questionsFor(about)
      const differences = await inBatch(client, [...questions, ...questionsAboutEvents(about)])
      for (const some of transactionsOf(questions, about.turn)) differences.push(...(await inTransaction(client, some)))
      assert.deepEqual([...differences, ...(await asBytes(client, about))], [])
    })
  }

  if (otherwise && otherwise.adds === undefined) return
  // Afterwards, so that what they add is in no answer above.
  for (const text of strings) {
    test(`${who} with ${text}: may add what the oracle says`, async () => {
      assert.deepEqual(await inBatch(clientOf(role, text), creationsFor(asking(text))), [])
    })
  }
}

function nameIn({ resource, fullUrl }: { resource?: { resourceType: string; id: string }; fullUrl?: string }): string {
  if (resource) return `${resource.resourceType}/${resource.id}`
  return (fullUrl ?? '').split('/').slice(-2).join('/')
}

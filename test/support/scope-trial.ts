import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Principal, Role as AccountRole } from '../../src/access/principal.ts'
import { parseScopes } from '../../src/access/scopes.ts'
import { creationsFor } from './scope-creations.ts'
import { createOracle } from './scope-oracle.ts'
import { type Question, questionsFor } from './scope-questions.ts'
import { launchedFor, type Role, type Row, rows } from './scope-rows.ts'
import { scopeStrings } from './scope-strings.ts'
import { type Client, startServer, type TestServer } from './server.ts'

const persons: Readonly<Record<Role, { roles: readonly AccountRole[]; name: string }>> = {
  office: { roles: ['admin', 'records-office', 'privacy-officer'], name: 'Practitioner/admin' },
  doctor: { roles: ['practitioner'], name: 'Practitioner/doctor' },
  patient: { roles: ['patient'], name: 'Patient/self' },
}

interface Entry {
  readonly response: { readonly status: string; readonly outcome?: unknown }
  readonly resource?: {
    readonly resourceType: string
    readonly total?: number
    readonly entry?: readonly { readonly resource?: { resourceType: string; id: string }; fullUrl?: string }[]
  }
}

/** One role with every scope string: all that a token can be used for, asked of the server and of the oracle. */
export function tryScopes(role: Role, strings: readonly string[] = scopeStrings): void {
  let server: TestServer
  const names = new Map<Row, string>()
  const nameOf = (row: Row) => names.get(row) ?? row.name

  before(async () => {
    server = await startServer({ RATE_LIMIT_SCALE: '0' })
    const office = clientOf('office', 'user/*.cruds')
    for (const row of rows) {
      if (row.resource) {
        const { status, body } = await office.put(row.name, row.resource)
        assert.equal(status, 201, `${row.name}: ${JSON.stringify(body)}`)
      } else {
        const uploaded = { resourceType: 'Binary', contentType: 'text/plain', data: 'aGVsbG8=' }
        const { body } = await clientOf(row.uploader!, 'user/*.cruds').post('Binary', uploaded).expect(201)
        names.set(row, `Binary/${body.id}`)
      }
    }
  })
  after(() => server.close())

  function clientOf(as: Role, text: string): Client {
    return server.as(principalOf(as, text))
  }

  function principalOf(as: Role, text: string): Partial<Principal> {
    const { roles, name } = persons[as]
    const [type, id] = name.split('/') as ['Practitioner' | 'Patient', string]
    const { ridOf } = server.composed.keys
    const patient = launchedFor[as].split('/')[1]!
    return {
      ...{ kind: 'person', roles, person: { type, id, rid: ridOf(type, id) }, scopes: parseScopes(text) },
      patient: { id: patient, rid: ridOf('Patient', patient) },
    }
  }

  async function answersTo(client: Client, questions: readonly Question[]): Promise<Entry[]> {
    const entry = questions.map(({ method, url, body, condition }) => ({
      ...(body === undefined ? {} : { resource: body }),
      request: { method, url, ...condition },
    }))
    const { status, body } = await client.post('/fhir', { resourceType: 'Bundle', type: 'batch', entry })
    assert.equal(status, 200, JSON.stringify(body).slice(0, 500))
    return (body as { entry: Entry[] }).entry
  }

  async function compare(text: string, questions: readonly Question[]): Promise<void> {
    const answers = await answersTo(clientOf(role, text), questions)
    const differences = questions.flatMap((question, n) => differencesOf(question, answers[n]!))
    assert.deepEqual(differences, [])
  }

  function differencesOf({ method, url, statuses, shows, least, total }: Question, { response, resource }: Entry) {
    const asked = `${method} ${url}`
    const status = Number.parseInt(response.status, 10)
    if (!statuses.includes(status)) {
      return [`${asked}: ${status}, not ${statuses.join(' or ')}: ${JSON.stringify(response.outcome)?.slice(0, 300)}`]
    }
    if (status !== 200 || shows === undefined) return []
    const known = new Set(rows.map(nameOf))
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

  for (const text of strings) {
    test(`${role} with ${text}: every interaction answers as the oracle says`, async () => {
      await compare(text, questionsFor({ role, oracle: createOracle(role, text), nameOf }))
    })
  }

  // Afterwards, so that what they add is in no answer above.
  for (const text of strings) {
    test(`${role} with ${text}: may add what the oracle says`, async () => {
      await compare(text, creationsFor({ role, oracle: createOracle(role, text) }))
    })
  }
}

function nameIn({ resource, fullUrl }: { resource?: { resourceType: string; id: string }; fullUrl?: string }): string {
  if (resource) return `${resource.resourceType}/${resource.id}`
  return (fullUrl ?? '').split('/').slice(-2).join('/')
}

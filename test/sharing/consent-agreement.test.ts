import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Access } from '../../src/access/access.ts'
import { consentRules } from '../../src/access/consent-rules.ts'
import { createAccess } from '../../src/access/create-access.ts'
import { type Asker, decide } from '../../src/access/decide.ts'
import { createFacts, type Facts } from '../../src/access/facts.ts'
import { implicitPolicies, type ImplicitPolicy } from '../../src/access/implicit-policy.ts'
import { labelsOf } from '../../src/access/labels.ts'
import type { Principal } from '../../src/access/principal.ts'
import { purposes } from '../../src/access/purposes.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createSearch } from '../../src/search/create-search.ts'
import { clauseSql } from '../../src/search/sql.ts'
import { compileGrants } from '../../src/sharing/compile-grants.ts'
import { runs } from '../support/fuzz.ts'
import { peopleOf } from '../support/people.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { aConsent, records, treated } from './generated-consents.ts'

/** When everybody asks. */
const at = Date.UTC(2026, 5, 1)
const people = ['me', 'other', 'author'] as const
const parties = ['Organization/ward', 'PractitionerRole/mine']

let server: TestServer
let access: Record<ImplicitPolicy, Access>
let facts: readonly Facts[]

before(async () => {
  server = await startServer()
  const { keys, base } = server.composed
  const definitions = await loadDefinitions()
  const search = createSearch({ definitions, keys, base, cursorSecret: randomBytes(32), labels: labelsOf })
  const of = (implicitPolicy: ImplicitPolicy) => createAccess({ definitions, search, keys, base, implicitPolicy })
  access = Object.fromEntries(implicitPolicies.map((one) => [one, of(one)])) as typeof access
  const factsOf = createFacts({ definitions, extract: (...of) => search.extract(...of), base })
  const { admin } = peopleOf(server)
  const stored: Facts[] = []
  for (const record of records()) {
    const { status, body } = await admin.put(`${record.resourceType}/${record.id}`, record)
    assert.equal(status, 201, JSON.stringify(body))
    if (body.resourceType !== 'Practitioner' && body.resourceType !== 'Organization')
      stored.push(factsOf(body as Resource))
  }
  facts = stored
})
after(() => server.close())

const rid = (name: string) => server.composed.keys.ridOf(...(name.split('/') as [string, string]))

function principal(id: string): Principal {
  const person = { type: 'Practitioner', id, rid: rid(`Practitioner/${id}`) } as const
  return {
    ...{ kind: 'person', roles: ['practitioner'], clientId: 'test' },
    person: id === 'me' ? { ...person, parties: parties.map(rid) } : person,
    scopes: [{ level: 'user', type: '*', actions: 'cruds' }],
  }
}

function asker(id: string, { authors, patient }: Facts): Asker {
  const name = `Practitioner/${id}`
  return {
    ...{ name, active: true, parties: id === 'me' ? parties : [], purposes: purposes.treatment },
    ...{ wrote: authors.includes(name), treats: id === 'me' && patient === treated },
  }
}

async function enforce(consents: readonly Resource[]): Promise<void> {
  const { store, keys, base } = server.composed
  await store.query('delete from access_grant')
  for (const [n, consent] of consents.entries()) {
    await store.grants.replace(BigInt(n + 1), 1, compileGrants(consent, { ridOf: keys.ridOf, base }))
  }
}

/** The names that the clause leaves, of current rows and of versions: which must be the same. */
async function shown(id: string, policy: ImplicitPolicy): Promise<Set<string>> {
  const names = new Map(facts.map(({ name }) => [rid(name), name]))
  const types = [...new Set(facts.map(({ type }) => type))]
  const texts: string[] = []
  const values: unknown[] = []
  for (const type of types) {
    const where = access[policy].rows(principal(id), type, 'search', at)
    for (const of of ['current', 'version'] as const) {
      const row = { alias: 's', type, of }
      const table = `${type.toLowerCase()}${of === 'version' ? '_v' : ''}`
      texts.push(`select '${of}' as of, s.rid from "${table}" s where ${clauseSql(where, row, values)}`)
    }
  }
  const rows = await server.composed.store.query<{ of: string; rid: bigint }>(texts.join(' union all '), values)
  const of = (which: string) =>
    rows
      .filter((row) => row.of === which)
      .flatMap((row) => names.get(BigInt(row.rid)) ?? [])
      .sort()
  assert.deepEqual(of('version'), of('current'), 'a version is judged as its current row')
  return new Set(of('current'))
}

describe('the decision and its SQL', () => {
  test('PCF-4: agree on any Consents, resources, doctors and policies', async () => {
    const property = fc.asyncProperty(
      fc.array(aConsent, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...implicitPolicies),
      async (consents, policy) => {
        await enforce(consents)
        const rules = consents.map((consent) => consentRules(consent, server.composed.base))
        for (const id of people) {
          const seen = await shown(id, policy)
          for (const one of facts) {
            const { allowed } = decide(asker(id, one), one, rules, { policy, at })
            assert.equal(seen.has(one.name), allowed, `${id} ${policy} ${one.name}`)
          }
        }
      },
    )
    await fc.assert(property, runs(60))
  })
})

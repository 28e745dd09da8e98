import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { askedAbout } from '../../../src/sharing/audit/asked-about.ts'
import { auditEvents } from '../../../src/sharing/audit/audit-event.ts'
import { logEntry } from '../../../src/sharing/audit/log-entry.ts'
import { createLogContext, type LogContext } from '../../../src/sharing/audit/log-context.ts'
import { createShowTrail } from '../../../src/sharing/show-trail.ts'
import type { TrailRow } from '../../../src/store/audit-trail-rows.ts'
import type { Handle, Store } from '../../../src/store/store.ts'
import { base } from './request-desk.ts'

const row = (more: Partial<TrailRow> = {}): TrailRow => ({
  ...{ n: 1n, at: 0, requestId: 'r', interaction: 'read', type: 'Observation', id: 'o', version: 1, patients: [] },
  ...{ accountId: 'a', person: 'Practitioner/anna', clientId: 'app', outcome: 'success', status: 200 },
  ...{ query: null, ip: null, token: null, detail: null, ...more },
})
const issuer = `${base}/auth`
const patient = 'Patient/ben'
type Entity = { what?: { reference?: string }; query?: string; detail?: object[] }
const entitiesOf = (event: Resource) => event['entity'] as Entity[]

describe('an event of the trail', () => {
  const disclosed = row({
    ...{ interaction: 'create', type: 'Consent', id: 'c' },
    detail: { discloser: 'Practitioner/anna', recipient: 'Practitioner/carl', documents: ['DocumentReference/d'] },
  })

  test('of a disclosure has two more, for the patient alone', () => {
    const events = (faced: object, of = disclosed) => auditEvents(of, { base, issuer, ...faced }).length
    assert.equal(events({ patient }), 3)
    assert.equal(events({}), 1)
    assert.equal(events({ patient, unseen: true }), 1)
    assert.equal(events({ patient }, row()), 1)
    for (const name of ['discloser', 'recipient', 'documents']) {
      assert.equal(events({ patient }, { ...disclosed, detail: { ...disclosed.detail, [name]: undefined } }), 1, name)
    }
  })

  test('of a decision on a request is told as a decision, to whom it is about', () => {
    const decided = row({
      interaction: 'authorize',
      detail: { asker: 'Practitioner/anna', decision: 'permit', task: 'Task/t' },
    })
    const subtype = (faced: object) => JSON.stringify(auditEvents(decided, { base, issuer, ...faced })[0]!['subtype'])
    assert.match(subtype({ patient }), /AuthZ-Consent/)
    assert.doesNotMatch(subtype({ patient, unseen: true }) ?? '', /AuthZ-Consent/)
  })

  test('names what was read, and of a search only what was asked', () => {
    const [event] = auditEvents(row(), { base, issuer })
    assert.deepEqual(
      entitiesOf(event!)
        .map(({ what }) => what?.reference)
        .filter(Boolean),
      ['Observation/o'],
    )
    const [searched] = auditEvents(row({ interaction: 'search-type', query: 'code=1', version: null }), {
      base,
      issuer,
    })
    const asked = entitiesOf(searched!)
    assert.deepEqual(asked.map(({ query }) => query && Buffer.from(query, 'base64').toString()).filter(Boolean), [
      'code=1',
    ])
    assert.equal(
      asked.some(({ what }) => what?.reference?.startsWith('Observation/')),
      false,
    )
    const [unnamed] = auditEvents(row({ interaction: 'create', id: null }), { base, issuer })
    assert.equal(JSON.stringify(unnamed).includes('Observation/null'), false)
    const [read] = auditEvents(row({ query: '_summary=true' }), { base, issuer })
    assert.equal(
      entitiesOf(read!).some(({ query }) => query),
      false,
    )
    assert.equal(
      entitiesOf(read!).some(({ what }) => what?.reference === patient),
      false,
    )
  })
})

describe('whose record was asked for', () => {
  const of = (query: string | null, type = 'Observation', id: string | null = null) => askedAbout({ type, id, query })

  test('is what the address names', () => {
    assert.deepEqual(of(null, 'Patient', 'ben'), ['ben'])
    assert.deepEqual(of('patient=ben,carl&subject=Patient/dora'), ['ben', 'carl', 'dora'])
    assert.deepEqual(of('GET Patient/ben/Observation?code=1'), ['ben'])
    assert.deepEqual(of('POST Observation/_search\n\npatient=ben'), ['ben'])
    assert.deepEqual(of('_id=ben', 'Patient'), ['ben'])
    assert.deepEqual(of('_id=o1'), [])
  })
})

describe('a line of the access log', () => {
  const nobody: LogContext = { people: new Map(), consents: [], practitioners: new Set() }
  const event = (agent: object, more: object = {}): Resource => ({
    ...{ resourceType: 'AuditEvent', id: 'e', recorded: '2026-03-01T12:00:00Z', action: 'R', outcome: '0' },
    agent: [{ requestor: true, ...agent }],
    ...more,
  })
  const anna = { who: { reference: 'Practitioner/anna' } }
  const said = (one: Resource, context = nobody) => {
    const { part } = logEntry(one, patient, context) as unknown as {
      part: { name: string; [value: string]: unknown }[]
    }
    const value = (name: string) => Object.values(part.find((each) => each.name === name) ?? {})[1]
    return [value('mark'), value('what'), value('why')]
  }

  test('is marked by what happened', () => {
    const marks = (agent: object, more: object = {}) => said(event(agent, more))[0]
    assert.equal(marks(anna, { outcome: '8' }), 'refused')
    assert.equal(marks({ ...anna, purposeOfUse: [{ coding: [{ code: 'BTG' }] }] }), 'emergency')
    assert.equal(marks({ who: { reference: patient } }), 'own')
    const subtype = [{ code: 'disclose' }]
    const both = { subtype, agent: [{ ...anna, requestor: true }, { who: { reference: 'Practitioner/carl' } }] }
    assert.equal(marks(anna, both), 'shared')
    assert.equal(marks({ who: { display: 'Practitioner/anna' } }), 'asked')
    assert.equal(marks(anna, { action: 'U' }), 'changed')
    assert.equal(marks(anna), 'seen')
  })

  test('says what was done in plain words', () => {
    const what = (agent: object, more: object = {}) => said(event(agent, more))[1]
    const entity = [{ what: { reference: 'DocumentReference/d' } }]
    assert.equal(what(anna, { outcome: '8' }), 'tried to reach your record and was refused')
    assert.equal(what({ who: { display: 'Practitioner/anna' } }), 'asked for your record and was shown nothing')
    assert.match(String(what(anna, { entity })), /^looked at your documents?$/)
    assert.equal(what(anna, { entity, subtype: [{ code: 'operation' }] }), 'looked at your record')
    const query = Buffer.from('GET Patient/ben/Observation?code=1').toString('base64')
    assert.notEqual(what(anna, { entity: [{ query }] }), what(anna))
    const both = {
      subtype: [{ code: 'disclose' }],
      agent: [{ ...anna, requestor: true }, { who: { reference: 'Practitioner/carl' } }],
    }
    assert.match(String(what(anna, both)), /^passed your record on to a member of the staff/)
  })

  test('says what allowed it', () => {
    const why = (agent: object, context: Partial<LogContext> = {}, more: object = {}) =>
      said(event(agent, more), { ...nobody, ...context })[2]
    const treats = { practitioners: new Set(['Practitioner/anna']) }
    const consent = {
      resourceType: 'Consent',
      id: 'c',
      status: 'active',
      provision: { actor: [{ reference: anna.who }] },
    }
    assert.equal(why({ who: { reference: patient } }), 'It is your own record.')
    assert.equal(why(anna, treats, { outcome: '8' }), 'Nothing allowed it.')
    assert.equal(why({ who: { display: 'Practitioner/anna' } }, treats), 'Nothing allowed it.')
    assert.equal(why(anna, { ...treats, consents: [consent] }), 'A consent allowed it.')
    assert.equal(why({ who: { reference: 'RelatedPerson/eve' } }), 'This person acts for you.')
    assert.equal(why(anna, treats), 'Your record names this person as the one who treats you.')
    assert.match(String(why(anna)), /^The rules for staff/)
  })

  test('of somebody without a name names the kind of person or the program', () => {
    const who = (agent: object) => {
      const { part } = logEntry(event(agent), patient, nobody) as unknown as {
        part: { name: string; valueString?: string }[]
      }
      return part.find(({ name }) => name === 'who')!.valueString
    }
    assert.equal(who(anna), 'A member of the staff whose name is not known')
    assert.equal(who({ who: { display: 'robot' } }), 'The system "robot"')
  })
})

describe('the names that a page of the log needs', () => {
  test('are read where somebody acted, and are left out where there are none', async () => {
    const reads: string[] = []
    const stored: Readonly<Record<string, Resource>> = {
      anna: { resourceType: 'Practitioner', id: 'anna', name: [{ family: 'Berg' }] },
      carl: { resourceType: 'Practitioner', id: 'carl' },
    }
    const handle = {
      resources: {
        find: async () => ({ matches: [] }),
        read: async (type: string, ids: readonly string[]) => {
          reads.push(type)
          return ids.map((id) => ({ deleted: false, json: JSON.stringify(stored[id]) }))
        },
      },
    } as unknown as Handle
    const context = createLogContext({ search: { parse: () => ({}) } as never, base })
    const of = (...actors: string[]) => context(handle, { resourceType: 'Patient', id: 'ben' }, actors)
    assert.deepEqual([...(await of('Practitioner/anna', 'Practitioner/carl')).people.keys()], ['Practitioner/anna'])
    assert.deepEqual(reads, ['Practitioner'])
    await of()
    assert.deepEqual(reads, ['Practitioner'])
  })
})

describe('what is in the trail', () => {
  /** A trail of so many rows. What a transaction did counts when it commits. */
  function trail(rows: number, { fails = false } = {}) {
    const did: string[] = []
    let shown = 0
    const answers: readonly (readonly [RegExp, () => unknown[]])[] = [
      [/from audit_shown/, () => (shown < rows ? [{ seq: 1n, rows: '{}', n: 0n }] : [])],
      [/from unnest/, () => [row({ n: BigInt(shown + 1) })]],
      [
        /update audit_shown/,
        () => {
          if (fails) throw new Error('The database is gone.')
          shown += 1
          return []
        },
      ],
    ]
    const handle = {
      query: async (text: string) => answers.find(([pattern]) => pattern.test(text))?.[1]() ?? [],
      resources: {
        put: async (writes: readonly object[]) => void did.push(`put ${writes.length}`),
        read: async () => [],
      },
    }
    const store = {
      ...handle,
      async transaction(work: (tx: object) => Promise<unknown>) {
        const mark = did.length
        return work(handle).catch((error: unknown) => {
          did.length = mark
          throw error
        })
      },
    } as unknown as Store
    const shownTrail = createShowTrail({
      ...{ store, base, issuer, seals: { seal: async () => undefined } as never },
      search: { extract: () => ({}) } as never,
      keys: { newIdentity: () => ({ id: 'e', rid: 1n }), ridOf: () => 2n } as never,
    })
    return { did, trail: shownTrail }
  }

  test('becomes AuditEvents, all of it, for whoever waits and in quiet', async () => {
    for (const ask of ['upToNow', 'inQuiet'] as const) {
      const { did, trail: shown } = trail(3)
      await shown[ask](1_000)
      assert.deepEqual(did, ['put 1', 'put 1', 'put 1'])
    }
  })

  test('is told once: events that are not noted as told are not stored', async () => {
    for (const ask of ['upToNow', 'inQuiet'] as const) {
      const { did, trail: shown } = trail(3, { fails: true })
      await assert.rejects(shown[ask](1_000))
      assert.deepEqual(did, [], ask)
    }
  })

  test('keeps nobody waiting for ever', async () => {
    const { trail: shown } = trail(Infinity)
    await assert.rejects(shown.upToNow(20), (error) => (error as { status?: number }).status === 503)
  })
})

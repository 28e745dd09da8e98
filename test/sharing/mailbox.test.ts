import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Principal } from '../../src/access/principal.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { stamped } from '../../src/interactions/stamp.ts'
import { type Clause, none } from '../../src/search/clause.ts'
import type { Position } from '../../src/search/request.ts'
import type { Write } from '../../src/store/store.ts'
import { type Engine, openEngine } from '../bench/growth/engine.ts'
import { explain } from '../bench/growth/explain.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { scopes } from '../support/server.ts'

const few = 5_000
const many = 50_000
const perStatement = 500
/** One message in so many is to, or by, the doctor whose mailbox is opened: it grows as all the others do. */
const share = 5
const busy = 'Practitioner/busy'
const friend = 'Practitioner/friend'

let database: TestDatabase
let dataDir: string
let engine: Engine
before(async () => {
  database = await freshDatabase()
  dataDir = mkdtempSync(join(tmpdir(), 'chartshare-mailbox-'))
  engine = await openEngine(database.url, dataDir)
})
after(async () => {
  await engine.close()
  await database.drop()
  rmSync(dataDir, { recursive: true })
})

/** Every fifth is the busy doctor's, by turns got and sent, half of them with one friend; every hundredth has no date. */
function message(n: number): Resource {
  const others = [`Practitioner/of-${n % 97}`, n % (2 * share) < share ? friend : `Practitioner/of-${n % 89}`] as const
  const [sender, recipient] =
    n % share > 0 ? others : n % (4 * share) < 2 * share ? [others[1], busy] : [busy, others[1]]
  return {
    resourceType: 'Communication',
    status: 'in-progress',
    sender: { reference: sender },
    recipient: [{ reference: recipient }],
    payload: [{ contentString: `Message ${n}` }],
    ...(n % 100 === 0 ? {} : { sent: new Date(Date.UTC(2026, 0, 1) + ((n * 7_919) % many) * 1_000).toISOString() }),
  }
}

async function seed(from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += perStatement) {
    const writes = Array.from({ length: perStatement }, (_, n): Write => {
      const { id, rid } = engine.keys.newIdentity('Communication')
      const now = new Date()
      const resource = stamped(message(first + n), id, 1, now)
      const content = { json: JSON.stringify(resource), index: engine.search.extract(resource, id) }
      return { kind: 'create', type: 'Communication', id, rid, lastUpdated: now.getTime(), ...content }
    })
    await engine.store.resources.put(writes)
  }
  await engine.database.query('vacuum analyze')
}

const doctor = (): Principal => {
  const rid = engine.keys.ridOf('Practitioner', 'busy')
  const person = { type: 'Practitioner', id: 'busy', rid } as const
  return { kind: 'person', roles: ['practitioner'], person, clientId: 'app', scopes: scopes('user/*.cruds') }
}

async function page(query: string, after?: Position) {
  const allowed = engine.allowed(doctor(), 'Communication')
  const asked = engine.search.parse('Communication', new URLSearchParams(query), { lenient: false, principalKey: '' })
  const only = (type: string): Clause => (type === 'Communication' ? allowed : none)
  return engine.store.resources.find({ ...asked, after, total: 'none' }, only)
}

/** Pages of 8 kB that the statements of a question read, and the page that they answered. */
async function cost(query: string, after?: Position): Promise<number> {
  const sent = await engine.sent(() => page(query, after))
  let buffers = 0
  for (const statement of sent) buffers += (await explain(engine.database, statement)).buffers
  return buffers
}

const newest = '_sort=-sent&_count=20'
const mailboxes: Readonly<Record<string, string>> = {
  got: `recipient=${busy}&${newest}`,
  sent: `sender=${busy}&${newest}`,
  'got, oldest first': `recipient=${busy}&_sort=sent&_count=20`,
  'got from one colleague': `recipient=${busy}&sender=${friend}&${newest}`,
  'got since a day': `recipient=${busy}&sent=ge2026-01-01T12:00:00Z&${newest}`,
  'that are in progress': `recipient=${busy}&status=in-progress&${newest}`,
}

describe('MSG-7: a page of a mailbox reads no more with 50,000 messages, of which it has a fifth, than with 5,000', () => {
  const first = new Map<string, number>()
  before(async () => {
    await seed(0, few)
    for (const [name, query] of Object.entries(mailboxes)) {
      first.set(name, await cost(query))
      first.set(`${name}, behind it`, await cost(query, (await page(query)).next))
    }
    await seed(few, many)
  })

  for (const [name, query] of Object.entries(mailboxes)) {
    test(`messages ${name}`, async () => {
      const buffers = await cost(query)
      assert.ok(buffers <= 1.5 * first.get(name)!, `${first.get(name)} pages, then ${buffers}`)
    })

    test(`messages ${name}, the page behind the first`, async () => {
      const known = first.get(`${name}, behind it`)!
      const buffers = await cost(query, (await page(query)).next)
      assert.ok(buffers <= 1.5 * known, `${known} pages, then ${buffers}`)
    })
  }
})

describe('the pages of a mailbox', () => {
  for (const sort of ['-sent', 'sent']) {
    test(`have every message once, in the order of ${sort}, those without a date at last`, async () => {
      const query = `recipient=${busy}&sender=${friend}&_sort=${sort}&_count=1000`
      const found: { id: string; sent: string | undefined }[] = []
      let after: Position | undefined
      do {
        const { matches, next } = await page(query, after)
        found.push(...matches.map(({ id, json }) => ({ id, sent: (JSON.parse(json) as { sent?: string }).sent })))
        after = next
      } while (after)
      const mine = Array.from({ length: many }, (_, n) => message(n)).filter(
        ({ sender, recipient }) =>
          JSON.stringify([sender, recipient]) === JSON.stringify([{ reference: friend }, [{ reference: busy }]]),
      )
      assert.ok(mine.length > 2_000)
      assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
      const dates = mine.map((one) => one['sent'] as string | undefined)
      const dated = dates.filter((date) => date !== undefined).sort()
      const wanted = [...(sort === 'sent' ? dated : dated.toReversed()), ...dates.filter((date) => date === undefined)]
      assert.deepEqual(
        found.map(({ sent }) => sent),
        wanted,
      )
    })
  }
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { aPatient, anObservation, aTransaction } from '../support/resources.ts'
import { administrator, type Client, person, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
const ids = ['anna', 'ben']
before(async () => {
  server = await startServer()
  admin = server.as(administrator())
  for (const id of ids) {
    await admin.put(`Patient/${id}`, aPatient({ id })).expect(201)
    for (const code of ['a', 'b', 'c']) {
      const resource = anObservation(`Patient/${id}`, { id: `${id}-${code}`, code: { coding: [{ code }] } })
      await admin.put(`Observation/${id}-${code}`, resource).expect(201)
      await admin.put(`Observation/${id}-${code}`, { ...resource, status: 'amended' }).expect(200)
    }
  }
  await admin.delete('Observation/anna-c').expect(204)
})
after(() => server.close())

interface Entry {
  fullUrl: string
  resource?: { id: string }
  request: { method: string; url: string }
  response: { status: string; etag: string }
}
type Bundle = { total?: number; link: { relation: string; url: string }[]; entry?: Entry[] }

const named = ({ fullUrl, response }: Entry) => `${fullUrl.split('/').at(-1)}@${/\d+/.exec(response.etag)![0]}`
const names = (bundle: Bundle) => (bundle.entry ?? []).map(named)
const linkOf = (bundle: Bundle, relation: string) => bundle.link.find((link) => link.relation === relation)?.url

/** All entries of all pages. */
async function read(client: Client, path: string): Promise<string[]> {
  const seen: string[] = []
  let next: string | undefined = `/fhir/${path}`
  while (next) {
    const { body }: { body: Bundle } = await client.get(next).expect(200)
    seen.push(...names(body))
    const url = linkOf(body, 'next')
    next = url && url.slice(server.url.length)
  }
  return seen
}

describe('the history of a type and of everything', () => {
  test('holds every version, newest first, deletions included, in pages that meet without gaps', async () => {
    const seen = await read(admin, 'Observation/_history?_count=4')
    assert.equal(seen.length, 13)
    assert.equal(new Set(seen).size, 13)
    assert.equal(seen[0], 'anna-c@3')
    assert.equal(seen.at(-1), 'anna-a@1')
    const oldest = await read(admin, 'Observation/_history?_count=4&_sort=_lastUpdated')
    assert.deepEqual(new Set(oldest), new Set(seen))
    assert.equal(oldest.at(-1), 'anna-c@3')
    const everything = await read(admin, '_history?_count=5')
    assert.equal(everything.filter((name) => seen.includes(name)).length, 13)
    assert.ok(everything.includes('anna@1'))
  })

  test('tells of a deletion with its method and no resource', async () => {
    const { body } = await admin.get('Observation/_history?_count=1').expect(200)
    const [entry] = body.entry as Entry[]
    assert.deepEqual(entry!.request, { method: 'DELETE', url: 'Observation/anna-c' })
    assert.equal(entry!.response.status, '204')
    assert.equal(entry!.resource, undefined)
  })

  test('has a total where one page holds everything, and says what was used', async () => {
    const { body } = await admin.get('Observation/_history?_count=9999&_since=2020-01-01').expect(200)
    assert.equal(body.total, 13)
    assert.equal(linkOf(body, 'self'), `${server.base}/Observation/_history?_count=1000&_since=2020-01-01`)
    assert.equal((await admin.get('Observation/_history?_count=2')).body.total, undefined)
  })

  test('is bounded in time', async () => {
    assert.deepEqual(await read(admin, 'Observation/_history?_since=2999-01-01'), [])
    assert.deepEqual(await read(admin, 'Observation/_history?_before=2020-01-01'), [])
    assert.deepEqual(await read(admin, 'Observation/_history?_at=2020-01-01'), [])
    const now = new Date(Date.now() + 1000).toISOString()
    const current = await read(admin, `Observation/_history?_at=${now}`)
    assert.deepEqual(new Set(current), new Set(['ben-a@2', 'ben-b@2', 'ben-c@2', 'anna-a@2', 'anna-b@2', 'anna-c@3']))
  })

  for (const query of [
    '_count=0',
    '_count=x',
    '_since=x',
    '_at=x',
    '_sort=name',
    'code=a',
    '_count=1&_count=2',
    '_cursor=x',
  ]) {
    test(`what it does not know is refused: ${query}`, async () => {
      for (const path of ['_history', 'Observation/_history', 'Observation/anna-a/_history']) {
        await admin.get(`${path}?${query}`).expect(400)
      }
    })
  }

  test('answers HEAD, and nothing else than GET', async () => {
    await admin.head('Observation/_history').expect(200)
    await admin.head('_history').expect(200)
    await admin.delete('Observation/_history').expect(405)
    await admin.post('_history', {}).expect(405)
  })
})

describe('under roles and scopes', () => {
  const ofAnna = ['anna-c@3', 'anna-c@2', 'anna-c@1', 'anna-b@2', 'anna-b@1', 'anna-a@2', 'anna-a@1']

  test('a patient sees the versions of the own record alone, on every page', async () => {
    const anna = server.as(person(server, 'patient', 'Patient', 'anna', 'patient/*.rs'))
    assert.deepEqual(await read(anna, 'Observation/_history?_count=2'), ofAnna)
    const everything = await read(anna, '_history?_count=3')
    assert.deepEqual(everything, [...ofAnna, 'anna@1'])
  })

  test('a scope of one type shows that type alone; no scope at all is refused', async () => {
    const limited = server.as({ ...administrator(), scopes: scopes('user/Patient.rs') })
    assert.deepEqual(new Set(await read(limited, '_history')), new Set(['anna@1', 'ben@1']))
    await limited.get('Observation/_history').expect(403)
    await server
      .as({ ...administrator(), scopes: scopes('user/Patient.c') })
      .get('_history')
      .expect(403)
  })

  test('a granular scope judges each version by its own codes', async () => {
    const granular = server.as({
      ...administrator(),
      scopes: [{ level: 'user', type: 'Observation', actions: 'rs', query: [['code', 'b']] }],
    })
    assert.deepEqual(await read(granular, 'Observation/_history'), ['ben-b@2', 'ben-b@1', 'anna-b@2', 'anna-b@1'])
  })

  test('a cursor is of no use to somebody else, or altered', async () => {
    const { body } = await admin.get('Observation/_history?_count=2').expect(200)
    const next = linkOf(body, 'next')!.slice(server.url.length)
    const anna = server.as(person(server, 'patient', 'Patient', 'anna', 'patient/*.rs'))
    await anna.get(next).expect(400)
    await admin.get(next.replace('Observation', 'Patient')).expect(400)
    await admin.get(`${next}x`).expect(400)
    await admin.get(next).expect(200)
  })

  test('what a page holds is judged on the page: a scope that was lost shows no more', async () => {
    const granted = { ...person(server, 'practitioner', 'Practitioner', 'nobody'), accountId: 'nobody' }
    assert.deepEqual(await read(server.as(granted), 'Observation/_history'), [])
    assert.deepEqual(await read(server.as(granted), '_history'), [])
  })
})

test('histories stand in transactions, and in the audit trail', async () => {
  const entries = ['Observation/_history?_count=1', '_history?_count=1'].map((url) => ({
    request: { method: 'GET', url },
  }))
  const { body } = await admin.post('/fhir', aTransaction(...entries)).expect(200)
  assert.equal(body.entry.length, 2)
  assert.equal(body.entry[1].resource.type, 'history')
  const rows = await server.composed.store.query("select from audit where interaction = 'history-system'")
  assert.ok(rows.length > 0)
})

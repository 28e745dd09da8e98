import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Definitions } from '../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { r4Examples } from '../support/r4-examples.ts'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'
import { bodyOf, valueOf } from './plausible.ts'

/**
 * The CapabilityStatement is walked, and everything that it promises is called: no 5xx, and neither 404 nor 405 for what is
 * promised. What to call is read from /metadata alone, so that the walk grows with the server. Then the other way round: what
 * it does not promise is refused.
 */
interface Promised {
  type: string
  interaction: { code: string }[]
  conditionalCreate: boolean
  conditionalRead: string
  conditionalUpdate: boolean
  conditionalDelete: string
  searchInclude?: string[]
  searchRevInclude?: string[]
  searchParam: { name: string; definition: string; type: string }[]
  operation?: { name: string; definition: string }[]
}
interface Statement {
  format: string[]
  patchFormat: string[]
  fhirVersion: string
  rest: { interaction: { code: string }[]; operation?: { name: string }[]; resource: Promised[] }[]
}

/** Answers of somebody who was understood: done, absent, or wrong in content; never unknown, impossible or broken. */
const done = [200, 201, 204, 304]
const judged = [...done, 400, 409, 412, 422]

let server: TestServer
let definitions: Definitions
let admin: Client
let backend: Client
let statement: Statement
const stored = new Map<string, object & { id: string }>()

before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  definitions = await loadDefinitions()
  const roles = [...administrator().roles!, 'practitioner', 'patient'] as const
  const rid = server.composed.keys.ridOf('Practitioner', 'walker')
  admin = server.as({ ...administrator(), roles: [...roles], person: { type: 'Practitioner', id: 'walker', rid } })
  backend = server.as({ kind: 'system', clientId: 'backend', scopes: scopes('system/*.cruds') })
  const { status, body } = await server.anonymous.get('/fhir/metadata')
  assert.equal(status, 200)
  statement = body
  for (const { resource, text } of r4Examples()) {
    if (stored.has(resource.resourceType)) continue
    const answer = await admin.put(`${resource.resourceType}/${resource.id}`, text)
    if (done.includes(answer.status)) stored.set(resource.resourceType, JSON.parse(text))
  }
  assert.ok(stored.size > 40, `${stored.size} types have an example`)
})
after(() => server.close())

const rest = () => statement.rest[0]!
const promises = ({ interaction }: Promised, code: string) => interaction.some((one) => one.code === code)

/** Every type, a few at a time. */
async function everyType(act: (promised: Promised) => Promise<void>): Promise<void> {
  const left = [...rest().resource]
  const worker = async () => {
    for (let promised = left.shift(); promised; promised = left.shift()) await act(promised)
  }
  await Promise.all(Array.from({ length: 6 }, worker))
}

function understood(what: string, { status, body }: { status: number; body: unknown }, allowed: number[] = judged) {
  assert.ok(allowed.includes(status), `${what}: ${status} ${JSON.stringify(body).slice(0, 400)}`)
}

/** An instance of the type that the walker may see, else one that is not there: then 404 is an answer. */
function instance(type: string): { path: string; allowed: number[] } {
  const example = stored.get(type)
  return example
    ? { path: `${type}/${example.id}`, allowed: done }
    : { path: `${type}/absent`, allowed: [...done, 404] }
}

test('the statement itself is valid, and names every type that the definitions have', () => {
  assert.deepEqual(
    definitions.validate(statement).filter(({ severity }) => severity === 'error'),
    [],
  )
  assert.deepEqual(
    rest().resource.map(({ type }) => type),
    [...definitions.resourceTypes],
  )
})

test('every type answers every interaction that it promises', async () => {
  await everyType(async (promised) => {
    const { type } = promised
    const { path, allowed } = instance(type)
    // Mail is not for administrators to read, nor is what only ever grows for them to see again.
    const seen = [...allowed, ...(type === 'Communication' ? [404] : [])]
    const calls: Record<string, () => Promise<void>> = {
      read: async () => understood(`read ${type}`, await admin.get(path), seen),
      vread: async () => understood(`vread ${type}`, await admin.get(`${path}/_history/1`), seen),
      'history-instance': async () => understood(`history ${type}`, await admin.get(`${path}/_history`), seen),
      'history-type': async () => understood(`history of type ${type}`, await admin.get(`${type}/_history`), [200]),
      'search-type': async () => {
        understood(`search ${type}`, await admin.get(`${type}?_count=1`), [200])
        const form = admin.raw('post')(`${type}/_search`).type('form').send('_count=1')
        understood(`search ${type} by POST`, await form, [200])
      },
      create: async () => understood(`create ${type}`, await admin.post(type, bodyOf(type, stored.get(type)))),
      update: async () =>
        understood(
          `update ${type}`,
          await admin.put(`${type}/walked`, { ...bodyOf(type, stored.get(type)), id: 'walked' }),
        ),
      patch: async () => {
        for (const format of statement.patchFormat) await patched(type, path, format)
      },
      delete: async () => understood(`delete ${type}`, await admin.delete(`${type}/walked`), [204, 404, 409]),
    }
    for (const { code } of promised.interaction) {
      assert.ok(calls[code], `the walk does not know the interaction ${code} of ${type}`)
      await calls[code]()
    }
  })
})

async function patched(type: string, path: string, format: string): Promise<void> {
  const operation = [
    { name: 'type', valueCode: 'add' },
    { name: 'path', valueString: `${type}.meta` },
    { name: 'name', valueString: 'tag' },
    { name: 'value', valueCoding: { system: 'http://example.org/tags', code: format.replace(/\W/g, '-') } },
  ]
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'operation', part: operation }] }
  const bodies = [
    { of: /json-patch/, text: JSON.stringify([{ op: 'add', path: '/language', value: 'en' }]) },
    { of: /xml/, text: definitions.writeXml(parameters as never) },
    { of: /json/, text: JSON.stringify(parameters) },
  ]
  const body = bodies.find(({ of }) => of.test(format))
  assert.ok(body, `the walk does not know the patch format ${format}`)
  const answer = await admin.raw('patch')(path).set('content-type', format).send(body.text)
  understood(`patch ${type} as ${format}`, answer, [...judged, 404])
  if (type === 'Patient') assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

test('every type answers the conditional interactions that it promises, and refuses the others', async () => {
  await everyType(async ({ type, ...promised }) => {
    const body = bodyOf(type, stored.get(type))
    const refused = [400, 403, 405, 412]
    const created = await admin.post(type, body).set('if-none-exist', '_id=nobody')
    understood(`conditional create of ${type}`, created, promised.conditionalCreate ? judged : refused)
    const updated = await admin.put(`${type}?_id=nobody`, { ...body, id: undefined })
    // What is only ever added to may be added by a PUT, by whoever may choose ids.
    const isAdded = !promises({ ...promised, type }, 'update') && promises({ ...promised, type }, 'create')
    understood(`conditional update of ${type}`, updated, promised.conditionalUpdate || isAdded ? judged : refused)
    const deleted = await admin.delete(`${type}?_id=nobody`)
    understood(
      `conditional delete of ${type}`,
      deleted,
      promised.conditionalDelete === 'not-supported' ? refused : [204, 404],
    )
    const { path } = instance(type)
    const read = await admin.get(path)
    if (read.status !== 200 || promised.conditionalRead === 'not-supported') return
    assert.equal(
      (await admin.get(path).set('if-none-match', read.headers['etag'] ?? '')).status,
      304,
      `conditional read of ${type}`,
    )
  })
})

test('every search parameter is answered', async () => {
  let called = 0
  await everyType(async (promised) => {
    if (!promises(promised, 'search-type')) return
    const { type, searchParam } = promised
    for (let start = 0; start < searchParam.length; start += 15) {
      const some = searchParam.slice(start, start + 15)
      const query = new URLSearchParams(
        some.map((one): [string, string] => [one.name, valueOf(definitions, type, one)]),
      )
      understood(`${type}?${query}`, await admin.get(`${type}?${query}&_total=none`), [200])
      called += some.length
    }
  })
  assert.ok(called > 1_500, `${called} parameters`)
})

test('every include is answered', async () => {
  await everyType(async ({ type, searchInclude = [], searchRevInclude = [] }) => {
    const includes = [
      ...searchInclude.map((value): [string, string] => ['_include', value]),
      ...searchRevInclude.map((value): [string, string] => ['_revinclude', value]),
    ].filter(([, value]) => value !== '*')
    await included(type, includes)
  })
})

/** Many at once; where they lead to more types than one search may, half of them at a time. */
async function included(type: string, includes: [string, string][]): Promise<void> {
  if (includes.length === 0) return
  const query = new URLSearchParams(includes)
  const answer = await admin.get(`${type}?_id=absent&${query}`)
  if (answer.status === 400 && includes.length > 1) {
    const half = Math.ceil(includes.length / 2)
    await included(type, includes.slice(0, half))
    return included(type, includes.slice(half))
  }
  understood(`${type}?${query}`, answer, [200])
}

test('every operation is known at one level at least, and breaks at none', async () => {
  const called: string[] = []
  await everyType(async ({ type, operation = [] }) => {
    for (const { name } of operation) called.push(await answeredSomewhere(name, [type, instance(type).path], type))
  })
  for (const { name } of rest().operation ?? []) called.push(await answeredSomewhere(name, [''], ''))
  assert.ok(called.length > 300, `${called.length} operations`)
  for (const name of ['meta', 'meta-add', 'everything', 'docref', 'expand']) assert.ok(called.includes(name), name)
})

/** By GET and by POST, with nothing but what every operation would understand. */
async function answeredSomewhere(name: string, paths: string[], type: string): Promise<string> {
  const answers = []
  for (const path of paths) {
    const at = `${path}${path === '' ? '' : '/'}$${name}`
    answers.push(await admin.get(at), await admin.post(at, { resourceType: 'Parameters' }))
  }
  const statuses = answers.map(({ status }) => status)
  assert.ok(
    statuses.every((status) => status < 500),
    `${type} $${name}: ${statuses.join(', ')}`,
  )
  const unknown = answers.filter(({ body }) => /operation \$\S+ is not known/.test(body?.issue?.[0]?.diagnostics ?? ''))
  assert.ok(unknown.length < answers.length, `${type} $${name} is promised, and not known at ${paths.join(' or ')}`)
  assert.ok(
    answers.some(({ status }) => done.includes(status) || [400, 403, 404, 409, 422].includes(status)),
    `${type} $${name}: ${statuses.join(', ')}`,
  )
  return name
}

test('the whole system answers what it promises', async () => {
  const bundle = (type: string) => ({
    resourceType: 'Bundle',
    type,
    entry: [{ request: { method: 'GET', url: 'Patient?_count=1' } }],
  })
  const calls: Record<string, () => Promise<void>> = {
    transaction: async () => understood('transaction', await admin.post('', bundle('transaction')), [200]),
    batch: async () => understood('batch', await admin.post('', bundle('batch')), [200]),
    'search-system': async () =>
      understood('search-system', await admin.get('?_type=Patient,Observation&_count=1'), [200]),
    'history-system': async () => understood('history-system', await admin.get('_history?_count=1'), [200]),
  }
  for (const { code } of rest().interaction) {
    assert.ok(calls[code], `the walk does not know the interaction ${code}`)
    await calls[code]()
  }
  const others = Object.keys(calls).filter((code) => !rest().interaction.some((one) => one.code === code))
  for (const code of others) await assert.rejects(calls[code]!, new RegExp(code), `${code} is done, and not promised`)
})

test('every format is served, by Accept and by _format, and no other', async () => {
  for (const format of statement.format) {
    const { path } = instance('Patient')
    const served = await admin.get(`${path}?_format=${encodeURIComponent(format)}`)
    understood(`_format=${format}`, served, [200])
    if (!format.includes('/')) continue
    const accepted = await admin.get(path).set('accept', format)
    assert.equal(accepted.headers['content-type']?.split(';')[0], format)
  }
  assert.equal((await admin.get('Patient?_format=application/x-turtle')).status, 406)
})

test('what is not promised is refused', async () => {
  await everyType(async (promised) => {
    const { type, searchParam, operation = [] } = promised
    const { path } = instance(type)
    const calls: Record<string, (client: Client) => Promise<{ status: number }>> = {
      create: (client) => client.post(type, bodyOf(type, stored.get(type))),
      update: (client) => client.put(path, { ...bodyOf(type, stored.get(type)), id: path.split('/')[1] }),
      patch: (client) => client.patch(path, [{ op: 'add', path: '/language', value: 'en' }]),
      delete: (client) => client.delete(path),
      'search-type': (client) => client.get(type),
      'history-type': (client) => client.get(`${type}/_history`),
    }
    for (const [code, call] of Object.entries(calls).filter(([name]) => !promises(promised, name))) {
      for (const client of [admin, backend]) {
        const { status } = await call(client)
        assert.ok(status >= 400 && status < 500, `${code} of ${type} is not promised, and answered ${status}`)
      }
    }
    if (promises(promised, 'search-type')) assert.equal((await admin.get(`${type}?nonsense=1`)).status, 400, type)
    const foreign = ['birthdate', 'abatement-date', 'near'].find(
      (code) => !searchParam.some(({ name }) => name === code),
    )
    if (foreign && promises(promised, 'search-type'))
      assert.equal((await admin.get(`${type}?${foreign}=1`)).status, 400, type)
    assert.equal((await admin.get(`${type}/$nonsense`)).status, 404)
    for (const name of ['everything', 'docref', 'expand', 'lookup'].filter(
      (one) => !operation.some((known) => known.name === one),
    )) {
      assert.equal((await admin.get(`${type}/$${name}`)).status, 404, `${type}/$${name}`)
    }
  })
  assert.equal((await admin.get('Nonsense')).status, 404)
})

test('mode chooses what is stated: what this server is, or a refusal', async () => {
  for (const mode of ['full', 'normative']) {
    assert.equal((await server.anonymous.get(`/fhir/metadata?mode=${mode}`)).body.resourceType, 'CapabilityStatement')
  }
  for (const mode of ['terminology', 'other']) {
    const { status, body } = await server.anonymous.get(`/fhir/metadata?mode=${mode}`)
    assert.deepEqual([status, body.issue?.[0].expression], [400, ['mode']])
  }
})

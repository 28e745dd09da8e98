import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { aPatient } from '../support/resources.ts'
import { administrator, type Client, scopes, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Client
let patient: string
before(async () => {
  server = await startServer({ JSON_LIMIT: '64KiB' })
  admin = server.as(administrator())
  patient = (await admin.post('Patient', aPatient())).body.id
})
after(() => server.close())

interface Case {
  title: string
  ask: (client: Client) => Promise<{ status: number; body: { resourceType?: string; issue?: Issue[] } }>
  status: number
  expression?: string
}
type Issue = { severity: string; code: string; diagnostics?: string; expression?: string[] }

const post = (type: string, body: unknown) => async (client: Client) => client.post(type, body)
const cases: Case[] = [
  { title: 'broken JSON', ask: post('Patient', '{"resourceType":"Patient",'), status: 400 },
  { title: 'an empty body', ask: post('Patient', ''), status: 400 },
  { title: 'a duplicate key', ask: post('Patient', '{"resourceType":"Patient","id":"a","id":"b"}'), status: 400 },
  { title: 'a NUL character', ask: post('Patient', '{"resourceType":"Patient","language":"a\\u0000"}'), status: 400 },
  { title: 'a lone surrogate', ask: post('Patient', '{"resourceType":"Patient","language":"\\ud800"}'), status: 400 },
  { title: 'a body that is no resource', ask: post('Patient', [1]), status: 400 },
  { title: 'another type than the URL names', ask: post('Patient', { resourceType: 'Group' }), status: 400 },
  {
    title: 'a wrong content type',
    ask: async (client) => client.raw('post')('Patient').set('content-type', 'text/plain').send('{}'),
    status: 415,
  },
  { title: 'an unknown type', ask: async (client) => client.get('Nonsense/1'), status: 404 },
  { title: 'an unknown id', ask: async (client) => client.get('Patient/none'), status: 404 },
  {
    title: 'an unknown element',
    ask: post('Patient', aPatient({ colour: 'red' })),
    status: 422,
    expression: 'Patient.colour',
  },
  {
    title: 'a wrong primitive',
    ask: post('Patient', aPatient({ birthDate: '2023-02-30' })),
    status: 422,
    expression: 'Patient.birthDate',
  },
  {
    title: 'a wrong JSON type',
    ask: post('Patient', aPatient({ active: 'yes' })),
    status: 422,
    expression: 'Patient.active',
  },
  {
    title: 'a missing element',
    ask: post('Observation', { resourceType: 'Observation', status: 'final' }),
    status: 422,
    expression: 'Observation.code',
  },
  {
    title: 'a code outside its value set',
    ask: post('Patient', aPatient({ gender: 'woman' })),
    status: 422,
    expression: 'Patient.gender',
  },
  { title: 'a body over the limit', ask: post('Patient', aPatient({ language: 'x'.repeat(70_000) })), status: 413 },
  { title: 'an unknown search parameter', ask: async (client) => client.get('Patient?colour=red'), status: 400 },
  { title: 'an unknown modifier', ask: async (client) => client.get('Patient?name:loud=a'), status: 400 },
  { title: 'an unknown sort', ask: async (client) => client.get('Patient?_sort=colour'), status: 400 },
  { title: 'an unknown include', ask: async (client) => client.get('Patient?_include=Patient:colour'), status: 400 },
  {
    title: 'an unknown _has target',
    ask: async (client) => client.get('Patient?_has:Observation:colour:code=1'),
    status: 400,
  },
  { title: 'a bad date', ask: async (client) => client.get('Patient?birthdate=2023-13-01'), status: 400 },
  { title: 'a bad number', ask: async (client) => client.get('RiskAssessment?probability=many'), status: 400 },
  { title: 'a bad _count', ask: async (client) => client.get('Patient?_count=-1'), status: 400 },
  { title: 'a bad cursor', ask: async (client) => client.get('Patient?_cursor=abc'), status: 400 },
  {
    title: 'an Accept that cannot be met',
    ask: async (client) => client.get('Patient').set('accept', 'image/png'),
    status: 406,
  },
  {
    title: 'a method that is not possible',
    ask: async (client) => client.put('Patient/1/_history/1', {}),
    status: 405,
  },
  {
    title: 'a PUT whose id is another',
    ask: async (client) => client.put(`Patient/${patient}`, aPatient({ id: 'other' })),
    status: 400,
    expression: 'Patient.id',
  },
  {
    title: 'a patch that is no patch',
    ask: async (client) => client.patch(`Patient/${patient}`, { op: 'replace' }),
    status: 400,
  },
]

for (const { title, ask, status, expression } of cases) {
  test(`${title} answers ${status} with an OperationOutcome`, async () => {
    const answer = await ask(admin)
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    assert.equal(answer.body.resourceType, 'OperationOutcome')
    const [issue] = answer.body.issue!
    assert.ok(issue!.diagnostics && issue!.diagnostics.length > 10)
    if (expression) assert.deepEqual(issue!.expression, [expression])
  })
}

test('a body over the limit answers 413 with an OperationOutcome, also when it does not tell its length', async () => {
  const headers = { authorization: `Bearer ${admin.token}`, 'content-type': 'application/fhir+json' }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const chunked = httpRequest(`${server.base}/Patient`, { method: 'POST', headers }, resolve).on('error', reject)
    chunked.write('{"resourceType":"Patient","language":"')
    chunked.end('x'.repeat(70_000))
  })
  assert.equal(answer.statusCode, 413)
  assert.equal(((await json(answer)) as { resourceType: string }).resourceType, 'OperationOutcome')
})

test('nothing of a refused request is stored', async () => {
  const { body } = await admin.get('Patient?_total=accurate').expect(200)
  assert.equal(body.total, 1)
})

test('no token answers 401, an unknown one as well', async () => {
  const none = await server.anonymous.get('Patient').expect(401)
  assert.equal(none.headers['www-authenticate'], 'Bearer')
  const bad = await server.anonymous.get('Patient').set('authorization', 'Bearer nonsense').expect(401)
  assert.match(bad.headers['www-authenticate']!, /invalid_token/)
})

test('a scope that is too small answers 403 insufficient_scope, whether the resource exists or not', async () => {
  const client = server.as({ ...administrator(), scopes: scopes('user/Observation.rs') })
  for (const id of [patient, 'none']) {
    const { headers } = await client.get(`Patient/${id}`).expect(403)
    assert.match(headers['www-authenticate']!, /insufficient_scope/)
  }
})

test('an unknown parameter is ignored with Prefer: handling=lenient, and absent from self', async () => {
  const { body } = await admin.get('Patient?colour=red&gender=female').set('prefer', 'handling=lenient').expect(200)
  const self = body.link.find(({ relation }: { relation: string }) => relation === 'self').url
  assert.ok(!self.includes('colour'))
  assert.ok(self.includes('gender=female'))
})

test('a foreign Host answers 421', async () => {
  await server.anonymous.get('metadata').set('host', 'evil.example').expect(421)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadDefinitions } from '../../src/definitions/load.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { peopleOf } from '../support/people.ts'
import { startServer, type TestServer } from '../support/server.ts'

interface Told {
  name: string
  use: 'in' | 'out'
  min: number
  max: string
  type?: string
  part?: Told[]
}

interface Definition extends Resource {
  url: string
  code: string
  affectsState: boolean
  parameter: Told[]
}

type Given = { name: string; part?: Given[] } & Record<string, unknown>

const definitions = await loadDefinitions()
let server: TestServer
let people: ReturnType<typeof peopleOf>
/** By name, as they are named in the CapabilityStatement. */
const published = new Map<string, Definition>()
/** The Practitioner who has the first administrator's account. */
let withAccount: string

before(async () => {
  server = await startServer({
    ...{ ADMIN_EMAIL: 'first@example.org', ADMIN_PASSWORD: 'correct horse battery staple 9' },
    ...{ OIDC_ISSUER: 'https://id.example.org', OIDC_CLIENT_ID: 'chartshare', OIDC_CLIENT_SECRET: 'of both sides' },
  })
  people = peopleOf(server)
  const [row] = await server.composed.store.query<{ person_id: string }>('select person_id from oauth_account')
  withAccount = `Practitioner/${row!.person_id}`
  for (const { name, definition } of await promised()) {
    if (!definition.startsWith(server.base)) continue
    const { status, body } = await server.anonymous.get(definition.slice(server.base.length + 1))
    assert.equal(status, 200, `${definition} leads nowhere`)
    published.set(name, body)
  }
})
after(() => server.close())

async function promised(): Promise<{ name: string; definition: string }[]> {
  const { body } = await server.anonymous.get('metadata').expect(200)
  const { resource, operation } = body.rest[0] as { resource: { operation?: [] }[]; operation: [] }
  return [...operation, ...resource.flatMap((one) => one.operation ?? [])]
}

test('each canonical URL of an own operation in the CapabilityStatement leads to its definition, for everybody', () => {
  assert.equal(published.size, 10)
  for (const [name, definition] of published) {
    assert.deepEqual(definitions.validate(definition), [], name)
    assert.deepEqual([definition.code, definition.url], [name, `${server.base}/OperationDefinition/${name}`])
  }
})

test('a definition comes as XML too, and to HEAD', async () => {
  const { text } = await server.anonymous.get('OperationDefinition/invite?_format=xml').expect(200)
  assert.match(text, /<OperationDefinition xmlns="http:\/\/hl7.org\/fhir">.*<code value="invite"\/>/)
  await server.anonymous.raw('head')('/fhir/OperationDefinition/invite').expect(200)
})

test('other OperationDefinitions are asked for with a token, and none is stored where one is published', async () => {
  await server.anonymous.get('OperationDefinition/another').expect(401)
  await people.admin.get('OperationDefinition/another').expect(404)
  const { admin } = people
  const mine = { ...published.get('invite')!, url: 'https://example.org/mine' }
  const { status, body } = await admin.put('OperationDefinition/invite', mine)
  assert.equal(status, 422)
  assert.deepEqual(body.issue[0].expression, ['OperationDefinition.id'])
  await admin.put('OperationDefinition/mine', { ...mine, id: 'mine' }).expect(201)
})

/** What differs between an answer and what the definition promises of it. */
function differences(promises: readonly Told[], parameters: readonly Given[], place = ''): string[] {
  const unknown = parameters.filter(({ name }) => !promises.some((one) => one.name === name))
  const wrong = promises.flatMap(({ name, min, max, type, part }) => {
    const came = parameters.filter((one) => one.name === name)
    const isTooMany = came.length < min || (max !== '*' && came.length > Number(max))
    const odd = came.flatMap((one) => {
      if (part) return differences(part, one.part ?? [], `${place}${name}.`)
      const member = Object.keys(one).find((key) => key.startsWith('value'))
      return member?.toLowerCase() === `value${type!.toLowerCase()}` ? [] : [`${place}${name} is no ${type}: ${member}`]
    })
    return [...(isTooMany ? [`${place}${name} came ${came.length} times`] : []), ...odd]
  })
  return [...unknown.map(({ name }) => `${place}${name} is not defined`), ...wrong]
}

async function answers(
  name: string,
  path: string,
  by = people.admin,
  parameter: readonly Given[] = [],
): Promise<Given[]> {
  const { affectsState, parameter: told } = published.get(name)!
  const body = { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) }
  const url = `${path}$${name}`
  const answer = affectsState ? await by.post(url, body) : await by.get(url)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const out = told.filter(({ use }) => use === 'out')
  const parameters = (answer.body.parameter ?? []) as Given[]
  assert.deepEqual(differences(out, parameters), [], `${name} answers what its definition does not say`)
  return parameters
}

test('the operations on accounts answer what their definitions say', async () => {
  const patient = await people.patient()
  await answers('invite', `${patient.name}/`)
  await answers('set-roles', `${withAccount}/`, people.admin, [
    { name: 'role', valueCode: 'admin' },
    { name: 'role', valueCode: 'practitioner' },
  ])
  await answers('reset-second-factor', `${withAccount}/`)
  await answers('link-sign-in', `${withAccount}/`, people.admin, [{ name: 'subject', valueString: 'somebody' }])
  await answers('link-sign-in', `${withAccount}/`)
})

test('the operations on letters answer what their definitions say', async () => {
  await server.composed.store.query(
    `insert into outbox (message, channel, recipient, subject, content, attempts, due, failure)
     values (gen_random_uuid(), 'mail', 'gone@example.org', 'A letter', '\\x00', 9, null, 'no such user')`,
  )
  const letters = await answers('dead-letters', '')
  assert.equal(letters.length, 1)
  await answers('send-again', '')
})

test('the operations of patients and doctors answer what their definitions say', async () => {
  const [doctor, colleague] = [await people.doctor(), await people.doctor()]
  const patient = await people.patient({ generalPractitioner: [doctor.reference] })
  await doctor.client.get(patient.name).expect(200)
  const lines = await answers('access-log', `${patient.name}/`, patient.client)
  assert.ok(lines.length > 0)
  await answers('ask-about-access', `${patient.name}/`, patient.client, [{ name: 'question', valueString: 'Who?' }])
  await answers('message-settings', `${doctor.name}/`, doctor.client, [
    { name: 'block', valueReference: colleague.reference },
  ])
})

test('$mark-read answers the message itself: what is called "return" comes without Parameters around it', async () => {
  const { parameter } = published.get('mark-read')!
  assert.deepEqual(parameter, [{ name: 'return', use: 'out', min: 1, max: '1', type: 'Communication' }])
  const [doctor, colleague] = [await people.doctor(), await people.doctor()]
  const sent = await doctor.client.post('Communication', {
    ...{ resourceType: 'Communication', status: 'in-progress', recipient: [colleague.reference] },
    payload: [{ contentString: 'Noon?' }],
  })
  const { status, body } = await colleague.client.post(`Communication/${sent.body.id}/$mark-read`, {
    resourceType: 'Parameters',
  })
  assert.deepEqual([status, body.resourceType, body.id], [200, 'Communication', sent.body.id])
})

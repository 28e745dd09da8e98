import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { aPatient } from './resources.ts'
import { administrator, type Client, startServer, type TestServer } from './server.ts'

/**
 * What is sent to break a server: each is refused clearly or answered correctly, and the connection never hangs. A test
 * that ends at its time limit has found a hang; nothing else is timed.
 */
export const bounded = { timeout: 60_000 }
export const mebi = 1024 * 1024

export let server: TestServer
export let admin: Client
export let patient: string
/** Starts a server before the tests of the file that calls this, and ends it after them. */
export function useServer(): void {
  before(async () => {
    server = await startServer({ RATE_LIMIT_SCALE: '0' })
    admin = server.as(administrator())
    patient = (await admin.post('Patient', aPatient())).body.id
  })
  after(() => server.close())
}

export interface Answer {
  status: number
  text: string
  body: { resourceType?: string; id?: string; total?: number; entry?: { resource: Resource }[]; issue?: Issue[] }
}
export type Resource = { resourceType: string; id: string } & Record<string, unknown>
export type Issue = { code: string; diagnostics?: string; expression?: string[] }
export type Ask = (client: Client) => PromiseLike<unknown>

/** Refused with an outcome that says why. */
export async function refused(ask: Ask, status: number): Promise<Issue> {
  const answer = (await ask(admin)) as Answer
  assert.equal(answer.status, status, answer.text.slice(0, 500))
  assert.equal(answer.body.resourceType, 'OperationOutcome')
  const [issue] = answer.body.issue!
  assert.ok(issue!.diagnostics && issue!.diagnostics.length > 10)
  assert.ok(answer.text.length < 100_000, 'a refusal does not repeat what was sent')
  return issue!
}

export const post = (type: string, body: unknown) => (client: Client) => client.post(type, body)
export const get = (target: string) => (client: Client) => client.get(target)
export const search = (type: string, form: string) => (client: Client) =>
  client.raw('post')(`${type}/_search`).type('form').send(form)
export const sent = (type: string, contentType: string, body: string) => (client: Client) =>
  client.raw('post')(type).set('content-type', contentType).set('accept', 'application/json').send(body)
export const xml = (content: string) => `<Patient xmlns="http://hl7.org/fhir">${content}</Patient>`

export async function stored(resource: { resourceType: string }): Promise<Resource> {
  const { resourceType } = resource
  const created = (await admin.post(resourceType, resource)) as Answer
  assert.equal(created.status, 201, created.text.slice(0, 500))
  return (await admin.get(`${resourceType}/${created.body.id}`).expect(200)).body as Resource
}

export async function found(type: string, query: string): Promise<string[]> {
  const answer = (await search(type, query)(admin)) as Answer
  assert.equal(answer.status, 200, answer.text.slice(0, 500))
  return (answer.body.entry ?? []).map(({ resource }) => resource.id)
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mailsTo, peopleOf } from './people.ts'
import type { TestServer } from './server.ts'

export const password = 'a long enough password 7'

export interface Applicant {
  readonly email: string
  readonly family: string
}

export interface ApprovalTask {
  readonly id: string
  readonly status: string
  readonly [element: string]: unknown
}

/** A doctor who registered, and has not opened the link in the mail. */
export async function anApplicant(server: TestServer, more: object = {}): Promise<Applicant> {
  const [email, family] = [`${randomUUID()}@example.org`, `F${randomUUID()}`]
  const told = { given: 'Ola', family, email, password, licence: 'MD-1', role: 'practitioner', ...more }
  const { status, body } = await server.anonymous.raw('post')('/register').send(told)
  assert.equal(status, 202, JSON.stringify(body))
  return { email, family }
}

export async function confirm(server: TestServer, { email }: Applicant): Promise<void> {
  const code = /\/verify\?code=(\S+)/.exec(mailsTo(server, email)[0]!)![1]!
  assert.equal((await server.anonymous.raw('post')('/verify').type('form').send({ code })).status, 200)
}

/** A doctor who confirmed the address and waits for approval. */
export async function aPendingDoctor(
  server: TestServer,
  more: object = {},
): Promise<{ id: string; email: string; task: ApprovalTask }> {
  const applicant = await anApplicant(server, more)
  await confirm(server, applicant)
  const { admin } = peopleOf(server)
  const id: string = (await admin.get(`Practitioner?family=${applicant.family}`)).body.entry[0].resource.id
  const { body } = await admin.get(`Task?code=practitioner-approval&focus=Practitioner/${id}`)
  return { id, email: applicant.email, task: body.entry[0].resource }
}

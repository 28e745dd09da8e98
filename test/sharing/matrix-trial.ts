import assert from 'node:assert/strict'
import type { Client } from '../support/server.ts'
import { type Asker, classOf, types } from './matrix-oracle.ts'
import type { Question } from './matrix-questions.ts'
import { inParts } from './matrix-world.ts'

interface Answer {
  readonly status: number
  readonly body?: {
    readonly total?: number
    readonly entry?: readonly {
      readonly resource?: { readonly resourceType: string; readonly id: string }
      readonly fullUrl?: string
    }[]
  }
}

/** What was asked: each cell is a role, a state, a way and a type. */
export interface Trial {
  readonly cells: Set<string>
  readonly differences: string[]
  requests: number
}

export const aTrial = (): Trial => ({ cells: new Set(), differences: [], requests: 0 })

/** Asks all in batches, and one of each way and type alone. */
export async function ask(trial: Trial, asker: Asker, client: Client, questions: readonly Question[]): Promise<void> {
  for (const some of inParts(questions, 200)) {
    const answers = await inBatch(client, some)
    some.forEach((question, n) => judge(trial, asker, question, answers[n]!))
  }
  const kinds = new Map(questions.map((one) => [`${one.path} ${classOf(one.type)} ${one.statuses.join()}`, one]))
  for (const question of kinds.values()) {
    judge(trial, asker, { ...question, path: `${question.path}, alone` }, await alone(client, question))
  }
  trial.requests += questions.length + kinds.size
}

/** The same within transactions, where what one is refused all are. */
export async function askTogether(
  trial: Trial,
  asker: Asker,
  client: Client,
  questions: readonly Question[],
): Promise<void> {
  const answered = questions.filter(({ statuses }) => statuses.every((status) => status < 300))
  const refused = new Map(questions.filter((one) => !answered.includes(one)).map((one) => [one.type, one]))
  for (const some of [...inParts(answered, 100), ...[...refused.values()].map((one) => [one])]) {
    const answers = await inBundle(client, some, 'transaction')
    some.forEach((question, n) => judge(trial, asker, { ...question, path: 'transaction' }, answers[n]!))
  }
  trial.requests += answered.length + refused.size
}

/** Each in a request of its own. */
export async function askAlone(
  trial: Trial,
  asker: Asker,
  client: Pick<Client, 'raw'>,
  questions: readonly Question[],
): Promise<void> {
  for (const some of inParts(questions, 10)) {
    const answers = await Promise.all(some.map((question) => alone(client, question)))
    some.forEach((question, n) => judge(trial, asker, question, answers[n]!))
  }
  trial.requests += questions.length
}

const inBatch = (client: Client, questions: readonly Question[]) => inBundle(client, questions, 'batch')

async function inBundle(client: Client, questions: readonly Question[], type: string): Promise<Answer[]> {
  const entry = questions.map(({ method, url, body, condition }) => {
    return { ...(body ? { resource: body } : {}), request: { method, url, ...condition } }
  })
  const { status, body } = await client.post('/fhir', { resourceType: 'Bundle', type, entry })
  if (status !== 200) return questions.map(() => ({ status, body }))
  const answers = body.entry as { response: { status: string }; resource?: Answer['body'] }[]
  return answers.map(({ response, resource }) => {
    return { status: Number.parseInt(response.status, 10), ...(resource ? { body: resource } : {}) }
  })
}

const headers: Readonly<Record<string, string>> = {
  ...{ ifMatch: 'if-match', ifNoneMatch: 'if-none-match', ifNoneExist: 'if-none-exist' },
}

async function alone(client: Pick<Client, 'raw'>, { method, url, body, condition = {} }: Question): Promise<Answer> {
  const lower = method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
  const [path = '', query] = url.split('?')
  const form = path.endsWith('_search')
  const sent = client.raw(lower)(form || url.startsWith('?') ? `/fhir/${form ? path : url}` : url)
  for (const [name, value] of Object.entries(condition)) void sent.set(headers[name]!, value)
  void sent.set('accept', 'application/fhir+json')
  if (form) return sent.type('form').send(query)
  if (!body) return sent
  const { contentType, data } = body as { contentType?: string; data?: string }
  if (method === 'PATCH') return sent.set('content-type', contentType!).send(Buffer.from(data!, 'base64').toString())
  return sent.set('content-type', 'application/fhir+json').send(JSON.stringify(body))
}

export function judge(trial: Trial, { role }: Asker, question: Question, answer: Answer): void {
  const { path, type, about } = question
  for (const { situation } of about) trial.cells.add([role, situation.name, path, type].join(' | '))
  const states = [...new Set(about.map(({ situation }) => situation.name))]
  const where = [role, states.length === 1 ? states[0] : 'all states', path, type, `${question.method} ${question.url}`]
  trial.differences.push(...differences(question, answer).map((difference) => [...where, difference].join(' | ')))
}

function differences({ statuses, shows, total }: Question, { status, body }: Answer): string[] {
  if (!statuses.includes(status)) {
    return [`${status}, not ${statuses.join(' or ')}${body ? `: ${JSON.stringify(body).slice(0, 300)}` : ''}`]
  }
  if (shows === undefined || status !== 200) return []
  // Whole records bring the people along that they name.
  const names = (body?.entry ?? []).map(nameIn)
  const shown = new Set(names.filter((name) => types.includes(name.split('/')[0]!)))
  const expected = new Set(shows)
  const extra = [...shown].filter((name) => !expected.has(name))
  const missing = shows.filter((name) => !shown.has(name))
  return [
    ...(extra.length > 0 ? [`shows ${extra.slice(0, 20).join(', ')} (${extra.length})`] : []),
    ...(missing.length > 0 ? [`does not show ${missing.slice(0, 20).join(', ')} (${missing.length})`] : []),
    ...(total !== undefined && body?.total !== undefined && body.total !== total
      ? [`a total of ${body.total}, not ${total}`]
      : []),
  ]
}

function nameIn({ resource, fullUrl }: { resource?: { resourceType: string; id: string }; fullUrl?: string }): string {
  return resource ? `${resource.resourceType}/${resource.id}` : (fullUrl ?? '').split('/').slice(-2).join('/')
}

/** Says how much was tried, and that it was enough. */
export function proven({ cells, requests }: Trial, least: number): void {
  console.log(`${cells.size} cells in ${requests} questions`)
  assert.ok(cells.size >= least, `${cells.size} cells, fewer than ${least}`)
}

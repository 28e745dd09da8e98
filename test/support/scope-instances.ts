import type { Letter, Oracle } from './scope-oracle.ts'
import type { Question } from './scope-questions.ts'
import { type Role, type Row, rows } from './scope-rows.ts'

export interface Asking {
  readonly role: Role
  readonly oracle: Oracle
  /** Which of the scope strings it is: what is asked of some rows alone is asked of others the next time. */
  readonly turn: number
  /** What is answered to whatever is added, where it is not told by the role. */
  readonly adds?: number | undefined
  /** The name under which the row stands in the server. */
  nameOf(row: Row): string
}

interface InstanceQuestion {
  readonly letter: Letter
  /** Of each row; else of one that the caller has for the letter, and of one that the caller has not. */
  readonly each?: true
  /** Of these alone. */
  readonly types?: readonly string[]
  ask(asking: Asking, row: Row): Question
}

/** What is asked of single resources, without changing them. Where no scope covers it, one row says it for all. */
export function ofInstances(asking: Asking, type: string): Question[] {
  const about = rows.filter((row) => row.type === type)
  return instanceQuestions.flatMap(({ letter, each, types = [type], ask }, n) => {
    if (!types.includes(type)) return []
    if (!asking.oracle.covers(type, letter)) return [ask(asking, oneOf(about, asking.turn + n)!)]
    const allowed = about.filter((row) => asking.oracle.may(row, letter))
    const others = about.filter((row) => !allowed.includes(row))
    const asked = each ? about : [allowed, others].flatMap((some) => oneOf(some, asking.turn + n) ?? [])
    return asked.map((row) => ask(asking, row))
  })
}

export function oneOf<T>(things: readonly T[], turn: number): T | undefined {
  return things[turn % things.length]
}

function reading(path: string): InstanceQuestion['ask'] {
  return (asking, row) => ({
    ...{ method: 'GET', url: asking.nameOf(row) + path },
    statuses: [readStatus(asking, row)],
  })
}

const derived = ['/_history/1', '/_history', '/$meta', '/$validate', '/$validate?mode=delete']

/** What administrators alone do to accounts. */
const administration = {
  invite: ['Practitioner', 'Patient'],
  'set-roles': ['Practitioner'],
  'link-sign-in': ['Practitioner', 'Patient'],
  'reset-second-factor': ['Practitioner', 'Patient'],
}

const instanceQuestions: readonly InstanceQuestion[] = [
  { letter: 'r', each: true, ask: reading('') },
  ...derived.map((path): InstanceQuestion => ({ letter: 'r', ask: reading(path) })),
  { letter: 'r', ask: conditionalRead },
  { letter: 'u', each: true, ask: patch },
  ...[update, conditionalUpdate, conditionalPatch, lessMeta].map((ask): InstanceQuestion => ({ letter: 'u', ask })),
  ...Object.entries(administration).map(([name, of]): InstanceQuestion => ({
    ...{ letter: 'u', types: of, ask: (asking, row) => administer(asking, row, name) },
  })),
  { letter: 'r', types: ['Communication'], ask: markRead },
  { letter: 'r', types: ['Patient'], ask: accessLog },
  { letter: 'r', types: ['Patient'], ask: questionAboutAccess },
  { letter: 'u', types: ['Practitioner'], ask: messageSettings },
  { letter: 'd', each: true, ask: removal },
  { letter: 'd', ask: conditionalRemoval },
]

/** Whatever version there is, it is known: 304 says that it could have been read. */
function conditionalRead(asking: Asking, row: Row): Question {
  const status = readStatus(asking, row)
  return {
    ...{ method: 'GET', url: asking.nameOf(row), condition: { ifNoneMatch: '*' } },
    statuses: [status === 200 ? 304 : status],
  }
}

export function readStatus({ oracle }: Asking, row: Row): number {
  if (!oracle.covers(row.type, 'r')) return 403
  return oracle.may(row, 'r') ? 200 : 404
}

/** 403 for what may be read, 404 for what may not: a write is no oracle. */
export function writeStatus({ oracle }: Asking, row: Row, letter: 'u' | 'd', allowed: number): number {
  if (!oracle.covers(row.type, letter)) return 403
  if (oracle.may(row, letter)) return allowed
  return oracle.may(row, 'r') ? 403 : 404
}

/** The same content again makes no version, so that it may be tried by everybody. */
function update(asking: Asking, row: Row): Question {
  const url = asking.nameOf(row)
  const id = url.split('/')[1]
  const body = row.resource ?? { resourceType: 'Binary', id, contentType: 'text/plain', data: 'aGVsbG8=' }
  const status = writeStatus(asking, row, 'u', row.document === undefined ? 200 : 409)
  const taken = status === 404 && asking.oracle.choosesIds(row.type)
  return { method: 'PUT', url, body, statuses: taken ? [403, 409] : [status] }
}

const unchanged = Buffer.from('[{"op":"test","path":"/resourceType","value":"X"}]').toString('base64')

/** A patch that finds something else than it expects: 422 says that it was let through to look. */
function patch(asking: Asking, row: Row): Question {
  const body = { resourceType: 'Binary', contentType: 'application/json-patch+json', data: unchanged }
  const statuses = row.type === 'Binary' ? [405] : [writeStatus(asking, row, 'u', 422)]
  return { method: 'PATCH', url: asking.nameOf(row), body, statuses }
}

function conditionalPatch(asking: Asking, row: Row): Question {
  const [type, id] = asking.nameOf(row).split('/')
  const question = patch(asking, row)
  if (row.type === 'Binary') return { ...question, url: `${type}?_id=${id}` }
  const { oracle } = asking
  const found = oracle.covers(row.type, 's') && oracle.may(row, 's')
  const status = oracle.covers(row.type, 's') && oracle.covers(row.type, 'u') && !found ? 404 : question.statuses[0]!
  return { ...question, url: `${type}?_id=${id}`, statuses: [oracle.covers(row.type, 's') ? status : 403] }
}

/** With a version that never was: 412 says that it would have been deleted. */
function removal(asking: Asking, row: Row): Question {
  const condition = { ifMatch: 'W/"999"' }
  return { method: 'DELETE', url: asking.nameOf(row), condition, statuses: [writeStatus(asking, row, 'd', 412)] }
}

const neverDeleted = ['Consent', 'Communication', 'Task', 'Provenance']

function conditionalRemoval(asking: Asking, row: Row): Question {
  const { oracle } = asking
  const [type, id] = asking.nameOf(row).split('/')
  const question = { ...removal(asking, row), url: `${type}?_id=${id}` }
  if (neverDeleted.includes(row.type)) return { ...question, statuses: [405] }
  if (!oracle.covers(row.type, 'd') || !oracle.covers(row.type, 's')) return { ...question, statuses: [403] }
  return oracle.may(row, 's') ? question : { ...question, statuses: [204] }
}

/** By criteria that find the one whose id the body has: what they do not find is not there to be updated. */
function conditionalUpdate(asking: Asking, row: Row): Question {
  const { oracle } = asking
  const question = update(asking, row)
  const [type, id] = question.url.split('/')
  const url = `${type}?_id=${id}`
  if (row.type === 'Binary') return { ...question, url, statuses: [400] }
  if (!oracle.covers(row.type, 's') || !oracle.covers(row.type, 'u')) return { ...question, url, statuses: [403] }
  if (oracle.may(row, 's') || !oracle.may(row, 'u')) return { ...question, url }
  return { ...question, url, statuses: [409] }
}

/** Without a tag that it never had, it is what it was. */
function lessMeta(asking: Asking, row: Row): Question {
  const tag = [{ system: 'urn:tags', code: 'never' }]
  const body = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag } }] }
  const status = row.type === 'Binary' ? 404 : writeStatus(asking, row, 'u', 200)
  return { method: 'POST', url: `${asking.nameOf(row)}/$meta-delete`, body, statuses: [status] }
}

/** Nobody here has an account: what an administrator may do fails for that alone, or is an invitation to one. */
function administer(asking: Asking, row: Row, name: string): Question {
  const parameter = name === 'set-roles' ? [{ name: 'role', valueCode: 'practitioner' }] : []
  const body = { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) }
  const question = { method: 'POST', url: `${asking.nameOf(row)}/$${name}`, body } as const
  if (asking.role !== 'office' || !asking.oracle.covers(row.type, 'u')) return { ...question, statuses: [403] }
  if (!asking.oracle.may(row, 'u')) return { ...question, statuses: [404] }
  const himself = row.name === 'Practitioner/admin' && name !== 'invite'
  return { ...question, statuses: himself ? [403] : name === 'invite' ? [200] : [200, 422] }
}

/** Whom a message is for could mark it, which would change it: he asks by the wrong method. */
function markRead(asking: Asking, row: Row): Question {
  const url = `${asking.nameOf(row)}/$mark-read`
  const status = readStatus(asking, row)
  if (status === 200) return { method: 'GET', url, statuses: [405] }
  return { method: 'POST', url, body: { resourceType: 'Parameters' }, statuses: [status] }
}

/** Who may change the own Practitioner is told from whom he takes messages; who may change others is not told. */
function messageSettings(asking: Asking, row: Row): Question {
  const { oracle, role } = asking
  const own =
    oracle.covers('Practitioner', 'u') &&
    oracle.may(row, 'u') &&
    role !== 'system' &&
    (role !== 'office' || row.name === 'Practitioner/admin')
  const body = { resourceType: 'Parameters' }
  return { method: 'POST', url: `${asking.nameOf(row)}/$message-settings`, body, statuses: [own ? 200 : 403] }
}

/** Who looked: for the patient himself and who acts for him, and for who answers for privacy. */
function accessLog(asking: Asking, row: Row): Question {
  const { oracle, role } = asking
  const question = { method: 'GET', url: `${asking.nameOf(row)}/$access-log` } as const
  if (!oracle.covers('Patient', 'r') || !oracle.covers('AuditEvent', 's')) return { ...question, statuses: [403] }
  if (role === 'office' && oracle.everywhere('Patient', 'r')) return { ...question, statuses: [200] }
  if (!oracle.may(row, 'r')) return { ...question, statuses: [404] }
  return { ...question, statuses: [['office', 'proxy'].includes(role) || isSelf(asking, row) ? 200 : 403] }
}

/** About an event that is not there, so that no question is asked. */
function questionAboutAccess(asking: Asking, row: Row): Question {
  const { oracle } = asking
  const parameter = [
    { name: 'question', valueString: 'Who was that?' },
    { name: 'event', valueId: 'of-nobody' },
  ]
  const body = { resourceType: 'Parameters', parameter }
  const question = { method: 'POST', url: `${asking.nameOf(row)}/$ask-about-access`, body } as const
  const status = readStatus(asking, row)
  if (status !== 200) return { ...question, statuses: [status] }
  return { ...question, statuses: [isSelf(asking, row) && oracle.covers('AuditEvent', 'r') ? 404 : 403] }
}

function isSelf({ role }: Asking, row: Row): boolean {
  return role === 'patient' && row.name === 'Patient/self'
}

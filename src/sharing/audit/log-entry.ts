import { plainName } from '../../access/kinds.ts'
import type { Coding, Reference, Resource } from '../../fhir/resource.ts'
import type { Parameter } from '../../interactions/parameters-text.ts'
import type { AnswerTable } from '../../interactions/operation-parameters.ts'
import { disclosed } from './audit-codes.ts'
import type { LogContext } from './log-context.ts'

interface Agent {
  who?: Reference
  requestor: boolean
  purposeOfUse?: { coding?: Coding[] }[]
}

interface Entity {
  what?: Reference
  role?: Coding
}

/** How a line of the log is marked, so that an app can set it apart. */
export type Mark = 'own' | 'seen' | 'shared' | 'changed' | 'asked' | 'refused' | 'emergency'

/** Who acted, `Practitioner/1`: also where the event does not refer to the person. */
export function actorOf(event: Resource): string | undefined {
  const agent = ((event['agent'] ?? []) as Agent[]).find(({ requestor }) => requestor)
  const named = agent?.who?.reference ?? agent?.who?.display
  return named !== undefined && /^[A-Z][A-Za-z]+\/[^/]+$/.test(named) ? named : undefined
}

/** To whom a disclosure went, `Practitioner/1`. */
export function recipientOf(event: Resource): string | undefined {
  const isDisclosure = ((event['subtype'] ?? []) as Coding[]).some(({ code }) => code === disclosed.code)
  return isDisclosure ? ((event['agent'] ?? []) as Agent[])[1]?.who?.reference : undefined
}

/** Who acted, where no name is known: a person, or a program that acts in nobody's name. */
function unnamed(event: Resource, actor: string | undefined, client: string): string {
  if (actor !== undefined) return nameless(actor)
  const [program] = (event['agent'] ?? []) as Agent[]
  return program?.requestor ? `The system "${client}"` : 'Somebody whose name is not known'
}

const kindsOfPeople: Readonly<Record<string, string>> = {
  Practitioner: 'A member of the staff',
  Patient: 'A patient',
  RelatedPerson: 'A relative',
}

function nameless(person: string): string {
  return `${kindsOfPeople[person.split('/')[0]!] ?? 'Somebody'} whose name is not known`
}

/** What a line has, as the definition of `$access-log` tells it. */
export const partsOfEntry: AnswerTable = {
  text: { type: 'string' },
  mark: { type: 'code' },
  when: { type: 'instant' },
  who: { type: 'string' },
  person: { type: 'Reference', min: 0 },
  role: { type: 'string', min: 0 },
  organization: { type: 'string', min: 0 },
  app: { type: 'string' },
  what: { type: 'string' },
  data: { type: 'Reference', min: 0, max: Infinity },
  why: { type: 'string' },
  grant: { type: 'Reference', min: 0, max: Infinity },
  event: { type: 'Reference' },
}

/** One line of the log, in plain words and in parts that an app can lay out. */
export function logEntry(event: Resource, patient: string, context: LogContext): Parameter {
  const actor = actorOf(event)
  const known = actor === undefined ? undefined : context.people.get(actor)
  const client = ((event['agent'] ?? []) as Agent[])[0]?.who?.display ?? 'an app'
  const who = actor === patient ? 'You' : (known?.name ?? unnamed(event, actor, client))
  const recorded = String(event['recorded'])
  const grants = actor === undefined ? [] : grantsAt(context.consents, actor, Date.parse(recorded))
  const mark = markOf(event, actor === patient, actor)
  const recipient = recipientOf(event)
  const what = whatOf(
    event,
    mark,
    recipient === undefined ? undefined : (context.people.get(recipient)?.name ?? nameless(recipient).toLowerCase()),
  )
  const why = whyOf(mark, grants, actor, context)
  const place = [known?.role, known?.organization].filter((part) => part !== undefined).join(', ')
  const sentence = `${who}${place === '' ? '' : ` (${place})`} ${what}.`
  const part: (Parameter | undefined)[] = [
    { name: 'text', valueString: sentence },
    { name: 'mark', valueCode: mark },
    { name: 'when', valueInstant: recorded },
    { name: 'who', valueString: who },
    actor === undefined ? undefined : { name: 'person', valueReference: { reference: actor } },
    known?.role === undefined ? undefined : { name: 'role', valueString: known.role },
    known?.organization === undefined ? undefined : { name: 'organization', valueString: known.organization },
    { name: 'app', valueString: client },
    { name: 'what', valueString: what },
    ...dataOf(event).map((reference) => ({ name: 'data', valueReference: { reference } })),
    { name: 'why', valueString: why },
    ...grants.map((grant) => ({ name: 'grant', valueReference: { reference: `Consent/${grant.id}` } })),
    { name: 'event', valueReference: { reference: `AuditEvent/${event.id}` } },
  ]
  return { name: 'entry', part: part.filter((one) => one !== undefined) }
}

function markOf(event: Resource, isOwn: boolean, actor: string | undefined): Mark {
  if (event['outcome'] !== '0') return 'refused'
  const agents = (event['agent'] ?? []) as Agent[]
  const purposes = agents.flatMap(({ purposeOfUse = [] }) => purposeOfUse.flatMap(({ coding = [] }) => coding))
  if (purposes.some(({ code }) => code === 'BTG' || code === 'ETREAT')) return 'emergency'
  if (isOwn) return 'own'
  if (recipientOf(event) !== undefined) return 'shared'
  // Whoever is named without a reference was shown nothing.
  const isUnseen = actor !== undefined && !agents.some(({ who }) => who?.reference === actor)
  if (isUnseen) return 'asked'
  return ['C', 'U', 'D'].includes(String(event['action'])) ? 'changed' : 'seen'
}

const verbs: Readonly<Record<string, string>> = {
  C: 'added to',
  U: 'changed',
  D: 'removed',
  R: 'looked at',
  E: 'looked through',
}

function whatOf(event: Resource, mark: Mark, recipient: string | undefined): string {
  const thing = possessed(kindOf(event))
  if (mark === 'refused') return `tried to reach ${thing} and was refused`
  if (mark === 'asked') return `asked for ${thing} and was shown nothing`
  if (recipient !== undefined) return `passed ${thing} on to ${recipient}`
  const verb = verbs[String(event['action'])] ?? 'used'
  return `${verb} ${thing}${mark === 'emergency' ? ' as an emergency' : ''}`
}

/** "your documents", but "the list of who looked at records". */
function possessed(thing: string): string {
  return /^(?:the|where) /.test(thing) ? thing : `your ${thing}`
}

/** What it was about, in the words of who does not know FHIR. */
function kindOf(event: Resource): string {
  // An operation is called on a resource and may be about all that stands behind it.
  const subtypes = (event['subtype'] ?? []) as Coding[]
  if (subtypes.some(({ code }) => code === 'operation')) return 'record'
  const [data] = dataOf(event)
  const type = data?.split('/')[0] ?? searchedType(event)
  return type === undefined ? 'record' : plainName(type)
}

function searchedType(event: Resource): string | undefined {
  const query = ((event['entity'] ?? []) as { query?: string }[]).find((one) => one.query !== undefined)?.query
  if (query === undefined) return undefined
  const [line = ''] = Buffer.from(query, 'base64').toString().split('\n')
  const path = line.replace(/^[A-Z]+ /, '').split('?')[0]!
  const named = path.split('/').filter((step) => /^[A-Z][A-Za-z]+$/.test(step))
  return named.at(-1)
}

function dataOf(event: Resource): string[] {
  const entities = (event['entity'] ?? []) as Entity[]
  return entities.filter(({ role }) => role?.code !== '1').flatMap(({ what }) => what?.reference ?? [])
}

function whyOf(
  mark: Mark,
  grants: readonly Resource[],
  actor: string | undefined,
  { practitioners }: LogContext,
): string {
  if (mark === 'own') return 'It is your own record.'
  if (mark === 'refused' || mark === 'asked') return 'Nothing allowed it.'
  if (grants.length > 0) return 'A consent allowed it.'
  if (actor?.startsWith('RelatedPerson/')) return 'This person acts for you.'
  if (actor !== undefined && practitioners.has(actor)) return 'Your record names this person as the one who treats you.'
  return 'The rules for staff who treat you, wrote the record or keep it allowed it.'
}

/** The Consents that were in force for the person at that time, as far as their current versions tell. */
function grantsAt(consents: readonly Resource[], actor: string, at: number): Resource[] {
  return consents.filter((consent) => {
    const provision = (consent['provision'] ?? {}) as Provision
    const changed = Date.parse(consent.meta?.lastUpdated ?? '')
    const given = Date.parse(String(consent['dateTime'] ?? consent.meta?.lastUpdated))
    const stood = consent['status'] === 'active' || changed > at
    return stood && !(given > at) && isWithin(provision.period, at) && names(provision, actor) && !denies(provision)
  })
}

interface Provision {
  type?: string
  period?: { start?: string; end?: string }
  actor?: { reference?: Reference }[]
  provision?: Provision[]
}

function isWithin({ start, end }: { start?: string; end?: string } = {}, at: number): boolean {
  return !(Date.parse(start ?? '') > at) && !(Date.parse(end ?? '') < at)
}

function names({ actor = [], provision = [] }: Provision, person: string): boolean {
  return (
    actor.some(({ reference }) => reference?.reference?.endsWith(person)) || provision.some((one) => names(one, person))
  )
}

/** One that only refuses gives nothing. */
function denies({ type, provision = [] }: Provision): boolean {
  return type === 'deny' && provision.every(denies)
}

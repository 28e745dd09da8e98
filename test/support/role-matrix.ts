import type { Action } from '../../src/access/access.ts'
import type { ClassOf } from '../../src/access/resource-class.ts'
import { type Column, roleMatrix } from '../../src/access/role-matrix.ts'
import { anAccessRequest, byIdentifier, ofKind, scope } from './access-request.ts'
import { changingOperations, readingOperations, searchingOperations } from './operation-questions.ts'
import { isFirstOfType, patientOf, people, type Seed, seeds, word, worklist } from './role-matrix-seeds.ts'

/** Whoever asks the server, in one role. */
export interface Asker {
  request(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly body: { readonly entry?: readonly unknown[] }
}

/** One question to the server, and the statuses that the matrix allows for it. */
export interface Question {
  readonly title: string
  readonly statuses: readonly number[]
  ask(asker: Asker): Promise<Answer>
  /** How many entries there are. */
  readonly matches?: number
  /** For a search: whether the resource is among what it answers. */
  readonly shows?: { readonly type: string; readonly id: string; readonly is: boolean }
  /** For anything else: whether the answer holds this text. */
  readonly tells?: { readonly text: string; readonly is: boolean }
}

/** What the table allows one role, on a resource and on any of its type. */
export interface Standing {
  readonly role: Column
  /** On this resource, or on another. */
  may(action: Action, other?: Seed): boolean
  mayAny(action: Action): boolean
}

export interface Cell {
  readonly type: string
  readonly role: Column
  readonly action: Action
  readonly questions: readonly Question[]
}

/** In two parts, so that two files may ask at once. */
export const roles = {
  staff: ['admin', 'records-office', 'privacy-officer', 'practitioner'],
  others: ['patient', 'proxy', 'system'],
} as const satisfies Record<string, readonly Column[]>
const everybody: readonly Column[] = [...roles.staff, ...roles.others]
const actions: readonly Action[] = ['read', 'search', 'update', 'delete', 'create']
const letters: Readonly<Record<Action, string>> = { create: 'C', read: 'R', update: 'U', delete: 'D', search: 'S' }

/** Every role x interaction x type, each with a question per resource: allowed or refused as the table says. */
export function cells(classOf: ClassOf): Cell[] {
  const types = [...new Set(seeds.map(({ resource }) => resource.resourceType))]
  return types.flatMap((type) =>
    everybody.flatMap((role) =>
      actions.map((action) => ({ type, role, action, questions: questionsOf(type, role, action, classOf) })),
    ),
  )
}

function questionsOf(type: string, role: Column, action: Action, classOf: ClassOf): Question[] {
  if (action === 'create') return [creation(type, role, permissions(type, role, 'create', classOf).length > 0)]
  const about = seeds.filter(({ resource }) => resource.resourceType === type)
  const mayOf = (seed: Seed) => (asked: Action) => permitted(seed, role, asked, classOf)
  const questions = about.flatMap((seed) => {
    const may = mayOf(seed)
    if (action === 'read') {
      return [reading(seed, may('read')), ...readingOperations(seed, standing(seed, role, classOf))]
    }
    if (action === 'search') {
      return [
        ...searching(seed, may('search'), permitted(worklist, role, 'search', classOf)),
        ...searchingOperations(seed, standing(seed, role, classOf)),
      ]
    }
    return [
      writing(seed, role, action, { allowed: may(action), readable: may('read') }),
      ...(action === 'update' ? changingOperations(seed, standing(seed, role, classOf)) : []),
    ]
  })
  if (action === 'read') return [...questions, ...histories(type, about, mayOf)]
  if (action !== 'delete') return questions
  const refused = about.filter((seed) => !mayOf(seed)('delete'))
  return [
    ...questions,
    ...refused.map((seed) => conditionalDeletion(seed, mayOf(seed)('search'), isDeletable(type, classOf))),
  ]
}

/** Histories show the versions of what may be read: of one resource; of what may be found: of the type, of everything. */
function histories(
  type: string,
  about: readonly Seed[],
  mayOf: (seed: Seed) => (asked: Action) => boolean,
): Question[] {
  const which = (action: Action) =>
    new Set(about.filter((seed) => mayOf(seed)(action)).map(({ resource }) => `${type}/${resource.id}`))
  const [readable, found] = [which('read'), which('search')]
  const all = about.map(({ resource }) => `${type}/${resource.id}`)
  const ofOne = all.map((name): Question => {
    const status = readable.has(name) ? 200 : 404
    return {
      title: `${status}: the history of ${name}`,
      statuses: [status],
      ask: (asker) => asker.request('GET', `${name}/_history`),
    }
  })
  const ofMany = [`${type}/_history`, '_history'].map((path): Question => {
    // Who asks for the history of the whole system adds to the audit trail, which is left out of it.
    const matches = path === '_history' && type === 'AuditEvent' ? 0 : found.size
    return {
      title: `${matches} of ${all.length} in ${path}`,
      statuses: [200],
      async ask(asker) {
        const { status, body } = await asker.request('GET', `${path}?_count=1000&_sort=_lastUpdated`)
        const shown = new Set((body.entry as { fullUrl: string }[] | undefined)?.map(({ fullUrl }) => fullUrl))
        const seen = all.filter((name) => [...shown].some((url) => url.endsWith(`/${name}`)))
        const wrong = seen.filter((name) => !found.has(name))
        return wrong.length > 0 ? { status: 0, body: { entry: wrong } } : { status, body: { entry: seen } }
      },
      matches,
    }
  })
  return [...ofOne, ...ofMany]
}

/** Whether anybody may delete any resource of the type. */
function isDeletable(type: string, classOf: ClassOf): boolean {
  return everybody.some((role) => permissions(type, role, 'delete', classOf).length > 0)
}

/**
 * What may be found but not deleted is refused; what may not even be found is no match, so there is nothing to delete. Of a
 * type that nobody may delete nothing is looked up.
 */
function conditionalDeletion({ what, resource }: Seed, searchable: boolean, deletable: boolean): Question {
  const { resourceType: type, id } = resource
  const status = !deletable ? 405 : searchable ? 403 : 204
  return {
    title: `${status} on a condition: ${what}`,
    statuses: [status],
    ask: (asker) => asker.request('DELETE', `${type}?_id=${id}`),
  }
}

function standing(seed: Seed, role: Column, classOf: ClassOf): Standing {
  return {
    role,
    may: (action, other = seed) => permitted(other, role, action, classOf),
    mayAny: (action) => permissions(seed.resource.resourceType, role, action, classOf).length > 0,
  }
}

function permissions(type: string, role: Column, action: Action, classOf: ClassOf) {
  const cell = roleMatrix[classOf(type)][role] ?? []
  return cell.filter(([allowed]) => allowed.includes(letters[action])).map(([, rule]) => rule)
}

function permitted(seed: Seed, role: Column, asked: Action, classOf: ClassOf): boolean {
  const inside = [...(seed.inside[role] ?? []), ...((asked === 'read' && seed.byId?.[role]) || [])]
  const rules = permissions(seed.resource.resourceType, role, asked, classOf)
  return rules.some((rule) => rule === 'all' || inside.includes(rule))
}

function reading({ what, resource }: Seed, allowed: boolean): Question {
  return {
    title: `${allowed ? '200' : '404'}: ${what}`,
    statuses: [allowed ? 200 : 404],
    ask: (asker) => asker.request('GET', `${resource.resourceType}/${resource.id}`),
  }
}

/** Every way in which a search can come upon a resource: each shows what may be seen, and nothing else. */
function searching(seed: Seed, allowed: boolean, seesList: boolean): Question[] {
  const { what, resource } = seed
  const { resourceType: type, id } = resource
  const question = (way: string, query: string, is: boolean): Question => ({
    title: `${is ? 'found' : 'not found'} ${way}: ${what}`,
    statuses: [200],
    ask: (asker) => asker.request('GET', query),
    shows: { type, id, is },
  })
  const patient = patientOf(resource)
  return [
    question('by its type', `${type}?_id=${id}`, allowed),
    question('among types of the system', `?_type=${type},${worklist.resource.resourceType}&_id=${id}`, allowed),
    ...byWords(seed, question, allowed),
    question('by a filter', `${type}?_filter=_id eq ${id} and not(_id eq other)`, allowed),
    ...(isFirstOfType(seed) ? [question('in the whole system', `?_id=${id}&_count=100`, allowed)] : []),
    ...(seed === worklist ? [] : throughList(seed, question, allowed && seesList)),
    ...(patient === undefined ? [] : [question('in a compartment', `${patient}/${type}?_count=1000`, allowed)]),
  ]
}

/** By a word of it, of its narrative and anywhere; what has no narrative has no word. */
function byWords(
  { resource }: Seed,
  question: (way: string, query: string, is: boolean) => Question,
  is: boolean,
): Question[] {
  const { resourceType: type, text } = resource
  const anywhere = question('by a word', `${type}?_content=${word}&_count=1000`, is && text !== undefined)
  return text === undefined
    ? [anywhere]
    : [anywhere, question('by a word of its narrative', `${type}?_text=${word}&_count=1000`, is)]
}

function throughList(
  { resource }: Seed,
  question: (way: string, query: string, is: boolean) => Question,
  is: boolean,
): Question[] {
  const { id } = worklist.resource
  return [
    question('through a List', `${resource.resourceType}?_list=${id}&_count=1000`, is),
    question('included', `List?_id=${id}&_include:iterate=List:item`, is),
  ]
}

/**
 * 403 where the role may read, 404 where it may not. Whoever may choose ids is told by 409 that one is taken, an event is
 * never changed, and the bytes of a document stay as they are.
 */
function writing(
  seed: Seed,
  role: Column,
  action: 'update' | 'delete',
  { allowed, readable }: { allowed: boolean; readable: boolean },
): Question {
  const { resourceType: type, id } = seed.resource
  const choosesIds = role === 'admin' || role === 'system'
  const refused = readable ? [403] : choosesIds && action === 'update' ? [403, 404, 409] : [404]
  const unseen = action === 'update' && choosesIds && !readable
  const statuses =
    type === 'AuditEvent'
      ? unseen
        ? [409]
        : [405]
      : !allowed
        ? refused
        : type === 'Binary'
          ? [409]
          : action === 'update'
            ? [200]
            : [204]
  const title = `${statuses.join(' or ')}: ${seed.what}`
  if (action === 'update') {
    return {
      title,
      statuses,
      ask: (asker) => asker.request('PUT', `${type}/${id}`, { ...seed.resource, ...changes(type) }),
    }
  }
  const copy = `${id}-copy-${role}`
  return {
    title,
    statuses,
    // What may be deleted is deleted as a copy, since the other cells still need it.
    async ask(asker) {
      if (statuses[0] !== 204) return asker.request('DELETE', `${type}/${id}`)
      await asker.request('PUT', `${type}/${copy}`, copyOf(seed, copy))
      return asker.request('DELETE', `${type}/${copy}`)
    },
  }
}

/** The bytes of a document are its alone, so that its copy brings its own. */
function copyOf({ resource }: Seed, id: string): object {
  const content = [{ attachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }]
  return { ...resource, id, ...(resource.resourceType === 'DocumentReference' ? { content } : {}) }
}

/** A change that everybody may make who may change the resource at all. */
function changes(type: string): object {
  if (type === 'Practitioner') return { telecom: [{ system: 'phone', value: '1' }] }
  if (type === 'Communication') return { status: 'stopped' }
  if (type === 'Task') return { note: [{ text: 'seen' }] }
  return { language: 'en' }
}

function creation(type: string, role: Column, allowed: boolean): Question {
  const status = allowed ? 201 : 403
  return {
    title: `${status}: a new one`,
    statuses: [status],
    ask: (asker) => asker.request('POST', type, { ...template(type, role), id: undefined }),
  }
}

/** What the role would write, when it may: about its own patient, in its own name. */
function template(type: string, role: Column): object {
  const model = seeds.find(({ resource }) => resource.resourceType === type)!.resource
  const patient = { reference: role === 'patient' ? 'Patient/self' : 'Patient/treated' }
  const self = role === 'system' ? undefined : { reference: people[role] }
  switch (type) {
    case 'Patient':
      return { resourceType: type, name: [{ family: 'New' }] }
    case 'Observation':
      return { ...model, subject: patient }
    case 'Appointment':
      return { ...model, participant: [{ actor: patient, status: 'accepted' }] }
    case 'DocumentReference': {
      const content = [{ attachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }]
      const category = [{ coding: [{ code: role === 'patient' ? 'patient-upload' : 'clinical-note' }] }]
      return { resourceType: type, status: 'current', subject: patient, category, content }
    }
    case 'Communication':
      return { ...model, sender: self, recipient: [{ reference: 'Practitioner/gp' }] }
    case 'Task': {
      const input = [byIdentifier('urn:numbers', '1'), scope(ofKind('letter'))]
      return { ...anAccessRequest({ input }), requester: self }
    }
    case 'Consent': {
      const provision = (model['provision'] ?? {}) as { actor?: object[] }
      const actor = [{ ...provision.actor?.[0], reference: { reference: 'Practitioner/colleague' } }]
      const data = [{ meaning: 'instance', reference: { reference: 'DocumentReference/letter' } }]
      const single = role === 'practitioner' ? { data } : {}
      return { ...model, patient, performer: self && [self], provision: { ...provision, actor, ...single } }
    }
    case 'List':
      return { ...model, entry: undefined }
    default:
      return model
  }
}

import type { Question, Standing } from './role-matrix.ts'
import { isFirstOfType, patientOf, people, type Seed, seedOf, seeds } from './role-matrix-seeds.ts'

/** Operations on one resource, for whoever may read it; to everybody else it is not there. */
const answering: Readonly<Record<string, readonly string[]>> = {
  ValueSet: ['$expand', '$validate-code?system=urn:colours&code=red'],
  CodeSystem: ['$validate-code?code=red', '$subsumes?codeA=red&codeB=red'],
}

/** The same of one that is named by its canonical URL. */
const answeringByUrl: Readonly<Record<string, readonly string[]>> = {
  ValueSet: ['$expand?url=urn:some-colours', '$validate-code?url=urn:some-colours&system=urn:colours&code=red'],
  CodeSystem: [
    '$lookup?system=urn:colours&code=red',
    '$validate-code?url=urn:colours&code=red',
    '$subsumes?system=urn:colours&codeA=red&codeB=red',
  ],
}

/** What an operation tells of a resource is told to whoever may read it. */
export function readingOperations(seed: Seed, standing: Standing): Question[] {
  const { resource, what } = seed
  const { resourceType: type, id } = resource
  const allowed = standing.may('read')
  const seen = [...['$meta', '$validate'], ...(answering[type] ?? [])].map((path): Question => {
    const status = allowed ? 200 : 404
    return { title: `${status}: ${path} of ${what}`, statuses: [status], ask: get(`${type}/${id}/${path}`) }
  })
  return [
    ...seen,
    ...(type === 'Communication' && !allowed ? [unreadable(seed)] : []),
    ...(type === 'Practitioner' ? [messageSettings(seed, standing)] : []),
    ...validations(seed, standing),
    ...(type === 'Encounter' ? encounterRecord(seed, standing) : []),
    ...(type === 'Patient' ? aboutAccess(seed, standing) : []),
    ...(isFirstOfType(seed) ? aboutTheType(seed, standing) : []),
  ]
}

/** Who looked is for the patient, for who acts for him, and for who answers for privacy; asked is by the patient alone. */
function aboutAccess({ resource, what }: Seed, { may, role }: Standing): Question[] {
  const name = `Patient/${resource.id}`
  const isSelf = role === 'patient' && may('read')
  const isProxy = role === 'proxy' && may('read')
  const log = isSelf || isProxy || role === 'admin' || role === 'privacy-officer' ? 200 : may('read') ? 403 : 404
  const question = [
    { name: 'question', valueString: 'Who was that?' },
    { name: 'event', valueId: 'of-nobody' },
  ]
  const asked = isSelf || !may('read') ? 404 : 403
  return [
    { title: `${log}: $access-log of ${what}`, statuses: [log], ask: get(`${name}/$access-log`) },
    {
      title: `${asked}: $ask-about-access of ${what}, about an event that is not there`,
      statuses: [asked],
      ask: (asker) =>
        asker.request('POST', `${name}/$ask-about-access`, { resourceType: 'Parameters', parameter: question }),
    },
  ]
}

/** From whom somebody takes messages is told to himself alone. */
function messageSettings({ resource, what }: Seed, { may, role }: Standing): Question {
  const name = `Practitioner/${resource.id}`
  const status = role !== 'system' && people[role] === name && may('update') ? 200 : 403
  return {
    title: `${status}: $message-settings of ${what}`,
    statuses: [status],
    ask: (asker) => asker.request('POST', `${name}/$message-settings`, { resourceType: 'Parameters' }),
  }
}

/** Who cannot read a message does not learn by marking it that it is there. */
function unreadable({ resource, what }: Seed): Question {
  const path = `Communication/${resource.id}/$mark-read`
  const parameters = { resourceType: 'Parameters' }
  return {
    title: `404: $mark-read of the message ${what}`,
    statuses: [404],
    ask: (asker) => asker.request('POST', path, parameters),
  }
}

function validations({ resource, what }: Seed, { may }: Standing): Question[] {
  const path = `${resource.resourceType}/${resource.id}/$validate`
  const status = may('read') ? 200 : 404
  return [
    {
      title: `${status}: $validate of what would take the place of ${what}`,
      statuses: [status],
      ask: (asker) => asker.request('POST', `${path}?mode=update`, resource),
    },
    {
      title: `${status}: $validate of a deletion: ${what}`,
      statuses: [status],
      ask: get(`${path}?mode=delete`),
      ...(status === 200 ? { tells: { text: '"forbidden"', is: !may('delete') } } : {}),
    },
  ]
}

/** Each with its own row of the compartment, and with what stands beside it. */
function encounterRecord(encounter: Seed, { may }: Standing): Question[] {
  const name = `Encounter/${encounter.resource.id}`
  const inside = seeds.filter(({ resource }) => {
    return (resource['encounter'] as { reference?: string } | undefined)?.reference === name
  })
  const status = may('read') ? 200 : 404
  return [encounter, ...inside].map(({ what, resource }): Question => {
    const { resourceType: type, id } = resource
    const is = status === 200 && (resource === encounter.resource || may('search', seedOf(`${type}/${id}`)))
    return {
      title: `${is ? 'in' : 'not in'} the $everything of ${name}: ${type} ${what}`,
      statuses: [status],
      ask: get(`${name}/$everything?_count=1000`),
      shows: { type, id, is },
    }
  })
}

/** What is sent is judged by the definitions alone, so that whoever has the scope may ask. */
function aboutTheType({ resource }: Seed, { mayAny }: Standing): Question[] {
  const { resourceType: type } = resource
  const status = mayAny('read') ? 200 : 404
  const named = (answeringByUrl[type] ?? []).map((path): Question => {
    return { title: `${status}: ${path}`, statuses: [status], ask: get(`${type}/${path}`) }
  })
  const validation: Question = {
    title: '200: $validate of one that is not stored',
    statuses: [200],
    ask: (asker) => asker.request('POST', `${type}/$validate`, { ...resource, id: undefined }),
  }
  return [...named, validation]
}

/** What is collected by an operation is what would be found without it. */
export function searchingOperations(seed: Seed, standing: Standing): Question[] {
  const labels = isFirstOfType(seed) ? [labelsInUse(seed.resource.resourceType, standing)] : []
  const patient = patientOf(seed.resource)
  return patient === undefined ? labels : [...labels, ...ofPatient(seed, standing, seedOf(patient))]
}

/** `$meta` of a type says that something is restricted to those alone who find something that is. */
function labelsInUse(type: string, { may, mayAny }: Standing): Question {
  const found = seeds.filter((other) => other.resource.resourceType === type && may('search', other))
  const is = found.some(({ resource }) => 'meta' in resource)
  const status = mayAny('search') ? 200 : 403
  return {
    title: `${status} by $meta of the type, ${is ? 'with' : 'without'} a label`,
    statuses: [status],
    ask: get(`${type}/$meta`),
    tells: { text: '/v3-Confidentiality"', is },
  }
}

function ofPatient({ resource, what }: Seed, { may, mayAny }: Standing, patient: Seed): Question[] {
  const { resourceType: type, id } = resource
  const name = `Patient/${patient.resource.id}`
  const allowed = may('search')
  const readable = may('read', patient)
  const collected = (way: string, path: string, statuses: number[], is: boolean): Question => ({
    title: `${is ? 'in' : 'not in'} ${way}: ${what}`,
    statuses,
    ask: get(path),
    shows: { type, id, is },
  })
  const mine = may('search', patient)
  return [
    collected(
      '$everything',
      `${name}/$everything?_type=${type}&_count=1000`,
      [readable ? 200 : 404],
      allowed && readable,
    ),
    collected('$everything of all', `Patient/$everything?_type=${type}&_count=1000`, [200], allowed && mine),
    ...(type === 'DocumentReference'
      ? [
          collected(
            '$docref',
            `${type}/$docref?patient=${patient.resource.id}`,
            mayAny('search') ? [200] : [200, 403],
            allowed,
          ),
        ]
      : []),
  ]
}

/** A label is changed by whoever may update; nobody makes a resource by it, so that what is not seen is not there. */
export function changingOperations({ what, resource }: Seed, { may, role }: Standing): Question[] {
  const { resourceType: type, id } = resource
  if (type === 'AuditEvent' || type === 'Binary') return []
  const status = may('update') ? 200 : may('read') ? 403 : 404
  const meta = { name: 'meta', valueMeta: { tag: [{ system: 'http://example.org/tags', code: 'seen' }] } }
  return ['$meta-add', '$meta-delete'].map((name) => ({
    title: `${status} by ${name}, as ${role}: ${what}`,
    statuses: [status],
    ask: (asker) => asker.request('POST', `${type}/${id}/${name}`, { resourceType: 'Parameters', parameter: [meta] }),
  }))
}

function get(path: string): Question['ask'] {
  return (asker) => asker.request('GET', path)
}

import { parseJson } from '../../fhir/json.ts'
import { localReference } from '../../fhir/reference.ts'
import type { Reference, Resource } from '../../fhir/resource.ts'
import { all } from '../../search/clause.ts'
import type { Search } from '../../search/create-search.ts'
import type { Handle } from '../../store/store.ts'
import type { CodeableConcept } from '../codes.ts'

/** What a line of the access log says of the person who acted, as it is known today. */
export interface KnownPerson {
  readonly name: string
  /** The role at the place of work, e.g. "Cardiologist". */
  readonly role?: string | undefined
  readonly organization?: string | undefined
}

export interface LogContext {
  /** By reference, `Practitioner/1`. */
  readonly people: ReadonlyMap<string, KnownPerson>
  /** The Consents about the patient that name who acted. */
  readonly consents: readonly Resource[]
  /** `Practitioner/1`: whom the patient's record names as the one who treats. */
  readonly practitioners: ReadonlySet<string>
}

interface Parts {
  search: Pick<Search, 'parse'>
  base: string
}

/** Of so many Consents, roles and people one page of the log tells; a page has fewer lines. */
const most = 500

/** Names, roles, organisations and Consents that a page of the log needs, in a handful of statements whatever its length. */
export function createLogContext({ search, base }: Parts) {
  async function find(handle: Handle, type: string, query: Record<string, string>): Promise<Resource[]> {
    const request = search.parse(type, new URLSearchParams(query), { lenient: false, principalKey: '' })
    const { matches } = await handle.resources.find({ ...request, count: most, total: 'none' }, () => all)
    return matches.map(({ json }) => parseJson(json) as Resource)
  }

  async function read(handle: Handle, type: string, ids: readonly string[]): Promise<Resource[]> {
    if (ids.length === 0) return []
    const found = await handle.resources.read(type, ids)
    return found.filter(({ deleted }) => !deleted).map(({ json }) => parseJson(json) as Resource)
  }

  const nameOf = (reference: unknown) => {
    const target = localReference((reference as Reference | undefined)?.reference ?? '', base)
    return target && `${target.type}/${target.id}`
  }

  return async function logContext(handle: Handle, patient: Resource, actors: readonly string[]): Promise<LogContext> {
    const people = new Map<string, KnownPerson>()
    const practitioners = actors.filter((one) => one.startsWith('Practitioner/'))
    const roles =
      practitioners.length === 0
        ? []
        : await find(handle, 'PractitionerRole', { practitioner: practitioners.join(',') })
    const organizations = new Map<string, string>()
    const ids = roles.flatMap((role) => nameOf(role['organization'])?.replace(/^Organization\//, '') ?? [])
    for (const one of await read(handle, 'Organization', [...new Set(ids)])) {
      organizations.set(`Organization/${one.id}`, String(one['name'] ?? ''))
    }
    for (const type of ['Practitioner', 'Patient', 'RelatedPerson']) {
      const wanted = actors.filter((one) => one.startsWith(`${type}/`)).map((one) => one.slice(type.length + 1))
      for (const one of await read(handle, type, wanted)) {
        const reference = `${type}/${one.id}`
        const role = roles.find((known) => nameOf(known['practitioner']) === reference)
        const name = humanName(one)
        if (name === undefined) continue
        people.set(reference, {
          name,
          role: role && (textOf(role['specialty']) ?? textOf(role['code'])),
          organization: role && (organizations.get(nameOf(role['organization']) ?? '') || undefined),
        })
      }
    }
    const consents =
      practitioners.length === 0
        ? []
        : await find(handle, 'Consent', { patient: `Patient/${patient.id}`, actor: practitioners.join(',') })
    const named = (patient['generalPractitioner'] ?? []) as Reference[]
    return { people, consents, practitioners: new Set(named.flatMap((one) => nameOf(one) ?? [])) }
  }
}

function humanName(resource: Resource): string | undefined {
  const [name] = (resource['name'] ?? []) as { text?: string; prefix?: string[]; given?: string[]; family?: string }[]
  if (!name) return undefined
  const parts = [...(name.prefix ?? []), ...(name.given ?? []), name.family].filter((part) => part !== undefined)
  return name.text ?? (parts.length > 0 ? parts.join(' ') : undefined)
}

function textOf(concepts: unknown): string | undefined {
  const [concept] = (concepts ?? []) as CodeableConcept[]
  return concept?.text ?? concept?.coding?.find(({ display }) => display !== undefined)?.display
}

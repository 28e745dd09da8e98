import type { Access } from '../access/access.ts'
import type { Context, Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import { type Clause, none } from '../search/clause.ts'
import type { SearchRequest } from '../search/request.ts'
import type { Store, Transaction } from '../store/store.ts'
import type { AccountPerson } from './accounts.ts'
import type { OwnCodes } from './codes.ts'
import type { Content } from './document-content.ts'
import type { Applicant, Approval, Registration } from './registration.ts'

interface Parts {
  store: Pick<Store, 'transaction' | 'resources'>
  /** Work as the server, in a transaction that no interaction started. */
  serverWork: (tx: Transaction, now: Date) => Work
  access: Pick<Access, 'rows'>
  search: {
    parse(type: string, query: URLSearchParams, options: { lenient: boolean; principalKey: string }): SearchRequest
  }
  registration: Registration
  content: Content
  codes: OwnCodes
  now: () => Date
}

interface Evidence {
  readonly note?: string
  readonly file?: { readonly name: string; readonly contentType: string; readonly bytes: Buffer }
}

const shown = 20

/** What accounts need of the health records. */
export function createPeople({ store, serverWork, access, search, registration, content, codes, now }: Parts) {
  const inTransaction = <T>(act: (work: Work) => Promise<T>) => store.transaction((tx) => act(serverWork(tx, now())))

  async function rowsOrNone(principal: Principal, type: string, action: 'read' | 'search'): Promise<Clause> {
    try {
      return access.rows(principal, type, action, now().getTime())
    } catch (error) {
      if (error instanceof FhirError) return none
      throw error
    }
  }

  async function addFile(practitioner: Person, file: NonNullable<Evidence['file']>, work: Work): Promise<void> {
    const reference = { reference: `Practitioner/${practitioner.id}` }
    const context = { principal: { ...anonymous, person: practitioner }, signal: new AbortController().signal }
    const { rid, url, size, sha1 } = await content.stored(file, context, work)
    const document = await work.create({
      resourceType: 'DocumentReference',
      status: 'current',
      category: [codes.documentCategory('credential')],
      subject: reference,
      date: now().toISOString(),
      author: [reference],
      content: [{ attachment: { contentType: file.contentType, url, size, hash: sha1, title: file.name } }],
    })
    const owner = { type: 'DocumentReference', rid: work.ridOf('DocumentReference', document.id!) }
    await content.owned(rid, owner, work)
  }

  return {
    async register(applicant: Applicant, tx: Transaction): Promise<Person> {
      const work = serverWork(tx, now())
      return personOf(await registration.register(work, applicant, now()), work)
    },
    async registerAdministrator(
      administrator: Pick<Applicant, 'given' | 'family' | 'email'>,
      tx: Transaction,
    ): Promise<Person> {
      const work = serverWork(tx, now())
      return personOf(await registration.registerAdministrator(work, administrator), work)
    },
    async describe(type: string, id: string): Promise<{ name: string; birthDate?: string } | undefined> {
      const [stored] = await store.resources.read(type, [id])
      return stored && !stored.deleted ? describedIn(stored.json) : undefined
    },
    async searchPatients(principal: Principal, text: string) {
      const query = new URLSearchParams({ _count: String(shown), ...(text === '' ? {} : { name: escaped(text) }) })
      const request = search.parse('Patient', query, { lenient: false, principalKey: '' })
      const rows = await rowsOrNone(principal, 'Patient', 'search')
      const { matches } = await store.resources.find(request, (type) => (type === 'Patient' ? rows : none))
      return matches.map(({ id, json }) => ({ id, ...describedIn(json) }))
    },
    async mayRead(principal: Principal, type: string, id: string, patient?: bigint): Promise<boolean> {
      const where = await rowsOrNone(principal, type, 'read')
      const [stored] = await store.resources.read(type, [id], { where })
      return stored !== undefined && !stored.deleted && (patient === undefined || stored.pat === patient)
    },
    approvalOf: (practitionerId: string): Promise<Approval | undefined> =>
      inTransaction((work) => registration.approvalOf(work, practitionerId)),
    addEvidence: (practitionerId: string, { note, file }: Evidence): Promise<void> =>
      inTransaction(async (work) => {
        const practitioner = await work.read('Practitioner', practitionerId)
        if (!practitioner) throw new FhirError('notFound', `Practitioner/${practitionerId} is not known.`)
        if (file) await addFile(personOf(practitioner, work), file, work)
        await registration.answered(work, practitionerId, note, now())
      }),
  }
}

/** What is typed is a name, not the syntax of a search value. https://hl7.org/fhir/R4/search.html#escaping */
function escaped(text: string): string {
  return text.replace(/[\\$,|]/g, '\\$&')
}

interface Person {
  readonly type: AccountPerson['type']
  readonly id: string
  readonly rid: bigint
}

const anonymous: Context['principal'] = { kind: 'person', roles: [], clientId: 'chartshare', scopes: [] }

function personOf({ resourceType, id }: Resource, work: Work): Person {
  return { type: resourceType as Person['type'], id: id!, rid: work.ridOf(resourceType, id!) }
}

function describedIn(json: string): { name: string; birthDate?: string } {
  const person = parseJson(json) as Resource
  const names = (person['name'] ?? []) as {
    text?: string
    prefix?: string[]
    given?: string[]
    family?: string
    use?: string
  }[]
  const name = names.find(({ use }) => use === 'official' || use === 'usual') ?? names[0]
  const text = name?.text ?? [...(name?.given ?? []), name?.family].filter((part) => part).join(' ')
  const birthDate = person['birthDate']
  return { name: text === '' ? '(no name)' : text, ...(typeof birthDate === 'string' ? { birthDate } : {}) }
}

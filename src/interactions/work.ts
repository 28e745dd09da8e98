import type { Access } from '../access/access.ts'
import { type Context, serverPrincipal } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import { all } from '../search/clause.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys, Rid } from '../search/keys.ts'
import type { AuditDetail, StoredVersion, Taken, Transaction } from '../store/store.ts'
import { hasBytes } from './binary-bytes.ts'
import type { Commit, CommitWork } from './commit.ts'
import type { Proposal } from './proposal.ts'
import { rowsOrNone } from './visible-rows.ts'

const most = 100

/** What rules may do inside the transaction of a write; see rule.ts. */
export function createWork({ access, search, keys }: { access: Access; search: Search; keys: Keys }) {
  return function workOf(caller: Context, tx: Transaction, commit: Commit, proposals: readonly Proposal[]): CommitWork {
    const { accountId, person } = caller.principal
    // The server may do it, and who caused it is told.
    const cause = { ...(accountId ? { accountId } : {}), ...(person ? { person } : {}) }
    const context: Context = { ...caller, principal: { ...serverPrincipal, ...cause } }
    const inThisTransaction = new Set(proposals.map(({ type, id }) => `${type}/${id}`))

    const takers = new Map<Rid, Rid>()
    const takes = new Map<Rid, readonly Taken[]>()

    async function read(type: string, id: string): Promise<Resource | undefined> {
      const [stored] = await tx.resources.read(type, [id])
      return stored && !stored.deleted ? (parseJson(stored.json) as Resource) : undefined
    }

    async function see(type: string, id: string): Promise<StoredVersion | undefined> {
      const where = rowsOrNone(access, caller, type, 'read')
      const [stored] = await tx.resources.read(type, [id], { where, object: hasBytes(type) })
      return stored?.deleted ? undefined : stored
    }

    async function write(
      kind: 'create' | 'update',
      resource: Resource,
      { id, rid }: Pick<Proposal, 'id' | 'rid'>,
      stored?: StoredVersion,
      detail?: AuditDetail,
    ) {
      const type = resource.resourceType
      const common = { interaction: kind, type, revive: false, before: undefined, place: type } as const
      const current = { expectedVersion: stored?.version ?? 0, patBefore: stored?.pat ?? null }
      const whole: Proposal = { ...common, kind, id, rid, ...current, after: resource, detail }
      const [done] = await commit(context, tx, [whole], { nested: true })
      return parseJson(done!.json) as Resource
    }

    return {
      tx,
      now: caller.now,
      read,
      create: (resource, detail) =>
        write('create', resource, keys.newIdentity(resource.resourceType), undefined, detail),
      async update(resource) {
        const { resourceType: type, id } = resource
        const [stored] = await tx.resources.read(type, [id!])
        if (!stored || stored.deleted) throw new FhirError('conflict', `${type}/${id} is no longer there.`)
        return write('update', resource, stored, stored)
      },
      async find(type, query) {
        const request = search.parse(type, new URLSearchParams(query), { lenient: false, principalKey: '' })
        const { matches } = await tx.resources.find({ ...request, count: most }, () => all)
        return matches.map(({ json }) => parseJson(json) as Resource)
      },
      grants: (consent, grants) => tx.grants.replace(keys.ridOf('Consent', consent.id), consent.version, grants),
      ridOf: (type, id) => keys.ridOf(type, id),
      async maySee(type, id) {
        if (inThisTransaction.has(`${type}/${id}`)) return true
        return (await see(type, id)) !== undefined
      },
      see,
      take({ rid }, binary) {
        const holder = takers.get(binary.rid)
        if (holder !== undefined && holder !== rid) return false
        if (holder === undefined) takes.set(rid, [...(takes.get(rid) ?? []), binary])
        takers.set(binary.rid, rid)
        return true
      },
      takenBy: (rid) => takes.get(rid) ?? [],
    }
  }
}

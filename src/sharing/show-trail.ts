import type { Resource } from '../fhir/resource.ts'
import { stringifyJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/error.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys, Rid } from '../search/keys.ts'
import type { AuditSeals } from '../store/create-audit-seals.ts'
import { nextRows, patientNames, type TrailRow } from '../store/audit-trail-rows.ts'
import type { Store, Transaction, Write } from '../store/store.ts'
import { askedAbout } from './audit/asked-about.ts'
import { auditEvents } from './audit/audit-event.ts'

interface Parts {
  store: Pick<Store, 'transaction'>
  seals: Pick<AuditSeals, 'seal'>
  search: Pick<Search, 'extract'>
  keys: Keys
  base: string
  issuer: string
}

export const auditEventType = 'AuditEvent'

/** How long somebody who reads AuditEvents waits until what was done is readable, in milliseconds. */
export const mostPatience = 30_000

/** Events that one transaction stores, about; the smaller number while requests take what there is of the processor. */
const perBatch = 200
const perBusyBatch = 40
const busy = 0.8

export type ShowTrail = ReturnType<typeof createShowTrail>

/**
 * Makes the AuditEvents of what is in the trail: searched, filtered by who asks and paged like all that is stored. It is done
 * behind the requests and, for whoever reads AuditEvents, before the answer: they find what was done up to now. No interaction
 * makes them, so that none is audited for it, and nothing can be told of a row twice: how far it has come is in the same transaction.
 */
export function createShowTrail({ store, seals, search, keys, base, issuer }: Parts) {
  async function some(tx: Transaction, most = perBatch): Promise<boolean> {
    const batch = await nextRows(tx, most)
    if (!batch) return false
    const names = await patientNames(
      tx,
      batch.rows.flatMap(({ patients }) => patients),
    )
    const unseen = await unseenPatients(tx, batch.rows)
    const now = new Date()
    const events = batch.rows.flatMap((row) => facesOf(row, names, unseen.get(row.n) ?? []))
    await tx.resources.put(events.map((event) => writeOf(event, now)))
    await batch.done()
    return true
  }

  function facesOf(row: TrailRow, names: ReadonlyMap<Rid, string>, unseen: readonly string[]): Resource[] {
    const patients = row.patients.flatMap((rid) => names.get(rid) ?? [])
    const common = { base, issuer }
    const seen = patients.length === 0 ? auditEvents(row, common) : []
    return [
      ...seen,
      ...patients.flatMap((id) => auditEvents(row, { ...common, patient: `Patient/${id}` })),
      ...unseen.flatMap((id) => auditEvents(row, { ...common, patient: `Patient/${id}`, unseen: true })),
    ]
  }

  /** Whose records were asked for in vain: those that the address names, and whose the resource is that was refused. */
  async function unseenPatients(tx: Transaction, rows: readonly TrailRow[]): Promise<Map<bigint, string[]>> {
    const vain = rows.filter(({ outcome, patients }) => outcome === 'refused' || patients.length === 0)
    const owners = await ownersOf(tx, vain)
    const wanted = new Map(
      vain.map((row) => [row.n, [...new Set([...askedAbout(row), ...(owners.get(row.n) ?? [])])]] as const),
    )
    const ids = [...new Set([...wanted.values()].flat())]
    const known = new Set((ids.length === 0 ? [] : await tx.resources.read('Patient', ids)).map(({ id }) => id))
    return new Map(
      vain.map(({ n, patients, person }) => {
        const own = (id: string) => person === `Patient/${id}`
        const told = wanted
          .get(n)!
          .filter((id) => known.has(id) && !own(id) && !patients.includes(keys.ridOf('Patient', id)))
        return [n, told]
      }),
    )
  }

  async function ownersOf(tx: Transaction, rows: readonly TrailRow[]): Promise<Map<bigint, string[]>> {
    const refused = rows.filter(({ outcome, type, id }) => outcome === 'refused' && type !== null && id !== null)
    const owners = new Map<bigint, Rid>()
    for (const type of new Set(refused.map((row) => row.type!))) {
      const ofType = refused.filter((row) => row.type === type)
      const found = await tx.resources.read(type, [...new Set(ofType.map(({ id }) => id!))])
      for (const { n, id } of ofType) {
        const pat = found.find((stored) => stored.id === id)?.pat
        if (pat != null) owners.set(n, pat)
      }
    }
    const names = await patientNames(tx, [...owners.values()])
    return new Map([...owners].map(([n, rid]) => [n, names.has(rid) ? [names.get(rid)!] : []]))
  }

  function writeOf(event: Resource, now: Date): Write {
    const { id, rid } = keys.newIdentity(auditEventType)
    const meta = { ...event.meta, versionId: '1', lastUpdated: now.toISOString() }
    const resource = { ...event, id, meta }
    const index = search.extract(resource, id)
    return {
      kind: 'create',
      type: auditEventType,
      id,
      rid,
      lastUpdated: now.getTime(),
      json: stringifyJson(resource),
      index,
    }
  }

  /** All that is in the trail now. Throws FhirError('unavailable') when it takes longer than `patience` ms. */
  async function upToNow(patience: number): Promise<void> {
    await seals.seal()
    const until = Date.now() + patience
    while (await store.transaction((tx) => some(tx))) {
      if (Date.now() > until) throw tooFarBehind()
    }
  }

  let asked = 0
  let measured = performance.eventLoopUtilization()

  function isBusy(): boolean {
    const { utilization } = performance.eventLoopUtilization(measured)
    measured = performance.eventLoopUtilization()
    return utilization > busy
  }

  return {
    upToNow,
    /** Hears of each interaction before it looks at a type: who reads AuditEvents waits until they are there. */
    before(type: string | undefined): Promise<void> | undefined {
      asked += 1
      return type === auditEventType ? upToNow(mostPatience) : undefined
    },
    /** All of it while nobody asks for anything, and one batch while somebody does: a small one of a server that is busy. */
    async inQuiet(): Promise<void> {
      await seals.seal()
      const most = isBusy() ? perBusyBatch : perBatch
      for (let before = asked; (await store.transaction((tx) => some(tx, most))) && asked === before;) before = asked
    },
  }
}

function tooFarBehind(): FhirError {
  return new FhirError(
    'unavailable',
    'The audit trail has grown faster than it could be made readable. Try again soon.',
  )
}

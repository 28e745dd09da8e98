import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { copyJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys } from '../search/keys.ts'
import type { AuditRow, Handle, Transaction } from '../store/store.ts'
import { auditRow, withRequest } from './audit-row.ts'
import { answerText, bodyOf, refuseTooMuch } from './bundle-answer.ts'
import type { Attach, BinaryBytes } from './binary-bytes.ts'
import { resourceOf } from './body.ts'
import { bundleText } from './bundle-text.ts'
import type { Commit } from './commit.ts'
import { matched } from './create.ts'
import { actionOf, codeOf } from './interaction-table.ts'
import type { Answered, Body, Interaction, Return } from './interaction.ts'
import type { PatchOf } from './patch-body.ts'
import type { Committed } from './proposal.ts'
import type { createResolveConditions } from './resolve-conditions.ts'
import type { createResolveLinks } from './resolve-links.ts'
import type { Plan, PlannedEntry } from './transaction-plan.ts'
import { at } from './transaction-plan.ts'
import { createTransactionProposals, inOrder } from './transaction-proposals.ts'
import { retried } from './update.ts'
import { refuseSmallScope } from './visible-rows.ts'

interface Parts {
  access: Access
  keys: Keys
  commit: Commit
  bytes: BinaryBytes
  plan: Plan
  patchOf: PatchOf
  resolveConditions: ReturnType<typeof createResolveConditions>
  resolveLinks: ReturnType<typeof createResolveLinks>
  /** Whether the interaction, though no write by its kind, changes something. */
  changesState: (interaction: Interaction) => boolean
  /** Runs a reading entry inside the transaction. */
  readWithin: (context: Context, tx: Transaction, interaction: Interaction, body: Body) => Promise<Answered>
  /** Keeps the audit rows of entries that wrote nothing. */
  record: (row: AuditRow) => Promise<void>
}

/**
 * transaction: all entries or none, in the order DELETE, POST, PUT and PATCH, GET; answered in the order of the request.
 * Access is decided for every entry first; then one database transaction holds the locks of conditional creates, resolves
 * links, and writes everything through the same path as a single write.
 *
 * https://hl7.org/fhir/R4/http.html#trules
 */
export function createTransaction({
  access,
  keys,
  commit,
  bytes,
  plan,
  patchOf,
  resolveConditions,
  resolveLinks,
  changesState,
  readWithin,
  record,
}: Parts) {
  const proposalsOf = createTransactionProposals({ access, keys, patchOf })

  return async function transaction(
    context: Context,
    handle: Handle,
    bundle: Resource,
    prefer: Return | undefined,
  ): Promise<Answered> {
    const planned = plan.planTransaction(bundle)
    await context.charge?.(planned.length)
    for (const { place, interaction } of planned) at(place, () => refuseUncovered(context, interaction))
    const resources = planned.map((entry) => sentResource(entry))
    let rows: AuditRow[] = []
    const json = await bytes.aroundMany(context, resources, (without, attach) =>
      retried(undefined, () =>
        handle.transaction(async (tx) => {
          const own = without.map((resource) => resource && copyJson(resource))
          const entries = await resolveConditions(context, tx, planned, own)
          const resolved = await resolveLinks(context, tx, entries, own)
          const proposals = await proposalsOf(context, tx, entries, own, resolved)
          const ordered = inOrder(proposals)
          const writes = ordered.map(([, proposal]) => proposal)
          const tied =
            attach &&
            ({
              ...attach,
              within: (inner) => {
                const ofEntries = entries.map((_, n) => proposals.get(n)!)
                return attach.within(inner, ofEntries)
              },
            } satisfies Attach)
          const done = writes.length === 0 ? [] : await commit(context, tx, writes, tied ? { attach: tied } : {})
          const byEntry = new Map(ordered.map(([n], k) => [n, done[k]!]))
          const texts: string[] = []
          let size = 0
          rows = []
          for (const [n, entry] of entries.slice(0, planned.length).entries()) {
            at(entry.place, () => refuseTooMuch(size))
            const { answer, touched } = await answerOf(context, tx, entry, byEntry.get(n), resolved.existing.get(n))
            if (touched) {
              const asked = withRequest(entry.interaction, touched)
              rows.push(auditRow(context, codeOf(entry.interaction.kind), asked, answer.status))
            }
            const text = answerText(entry, answer, prefer)
            size += text.length
            texts.push(text)
          }
          return bundleText({ type: 'transaction-response', entries: texts })
        }),
      ),
    )
    await Promise.all(rows.map(record))
    return { answer: { status: 200, json } }
  }

  /** Refused before anything is looked up, whatever the other entries are. */
  function refuseUncovered(context: Context, interaction: Interaction): void {
    const action = actionOf(interaction.kind)
    if ('criteria' in interaction || 'ifNoneExist' in interaction) {
      refuseSmallScope(access, context, interaction.type, 'search')
    }
    if (action && 'type' in interaction) {
      refuseSmallScope(access, context, interaction.type!, action)
      return
    }
    if (changesState(interaction) || interaction.kind === 'capabilities') {
      const name = interaction.kind === 'operation' ? `$${interaction.name}, which changes something` : interaction.kind
      throw new FhirError('unsupportedParameter', `A transaction cannot hold ${name}.`)
    }
  }

  async function answerOf(
    context: Context,
    tx: Transaction,
    { interaction, place, resource }: PlannedEntry,
    done: Committed | undefined,
    existing: { type: string; id: string; version: number } | undefined,
  ): Promise<Answered> {
    if (existing) return matched(tx, existing.type, existing)
    if (done) {
      const { json, lastUpdated, version, proposal } = done
      const { type, id, kind } = proposal
      if (kind === 'delete') return { answer: { status: 204, version, lastUpdated } }
      const location = `${type}/${id}/_history/${version}`
      return { answer: { status: kind === 'create' ? 201 : 200, location, version, lastUpdated, json } }
    }
    if (interaction.kind === 'delete') {
      return { answer: { status: 204 }, touched: { type: interaction.type, id: interaction.id } }
    }
    if (interaction.kind === 'conditional-delete') {
      return {
        answer: { status: 204, unwritten: true },
        touched: { type: interaction.type, query: interaction.criteria },
      }
    }
    return at(place, () => readWithin(context, tx, interaction, bodyOf(resource)))
  }
}

/** The resource that an entry must carry, checked against its URL. */
function sentResource({ interaction, resource, place }: PlannedEntry): Resource | undefined {
  if (interaction.kind === 'create' || interaction.kind === 'update' || interaction.kind === 'conditional-update') {
    const body = { kind: 'json', value: resource, contentType: 'application/fhir+json' } as const
    return resourceOf(body, interaction.type, `${place}.resource`)
  }
  return undefined
}

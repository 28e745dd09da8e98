import { randomUUID } from 'node:crypto'
import type { Access } from '../access/access.ts'
import { type Context, serverPrincipal } from '../access/principal.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys } from '../search/keys.ts'
import type { AuditRow, Handle, Store, Transaction } from '../store/store.ts'
import { auditRow, type Touched, withRequest } from './audit-row.ts'
import { createBatch } from './batch.ts'
import { createBinaryBytes } from './binary-bytes.ts'
import type { Capabilities } from './capabilities.ts'
import { type Commit, createCommit } from './commit.ts'
import { createConditionalDelete } from './conditional-delete.ts'
import { createConditionalPatch } from './conditional-patch.ts'
import { createConditionalTarget } from './conditional-target.ts'
import { createConditionalUpdate } from './conditional-update.ts'
import { createCreate } from './create.ts'
import { createDelete } from './delete.ts'
import { createHistoryInstance } from './history-instance.ts'
import { createHistoryPage } from './history-page.ts'
import { createHistorySystem } from './history-system.ts'
import { createHistoryType } from './history-type.ts'
import { codeOf } from './interaction-table.ts'
import { createInteractionOf } from './interaction-of.ts'
import type { Answer, Answered, Body, Interaction, InteractionKind } from './interaction.ts'
import type { Operation } from './operation.ts'
import { createPatchOf } from './patch-body.ts'
import { createPatch } from './patch.ts'
import { createRead, createVread, type Show } from './read.ts'
import { createResolveConditions } from './resolve-conditions.ts'
import { createResolveLinks } from './resolve-links.ts'
import type { Rule, Work } from './rule.ts'
import { changesState, createRunOperation } from './run-operation.ts'
import { createSearchTerminology } from './operations/terminology/search-terminology.ts'
import { createSearches } from './search-type.ts'
import { createSubset } from './subset.ts'
import { createPlan } from './transaction-plan.ts'
import { createTransaction } from './transaction.ts'
import { createUpdate } from './update.ts'
import { createWork } from './work.ts'

interface Parts {
  definitions: Definitions
  access: Access
  search: Search
  keys: Keys
  store: Store
  rules: readonly Rule[]
  operations: readonly Operation[]
  capabilities: Capabilities
  base: string
  limits: { binary: number; bundleEntries: number; conditionalDelete: number }
  /** What is to be done before an interaction looks at a type, if its resources are made from something else. */
  beforehand?: (type: string | undefined) => Promise<void> | undefined
  /** Hears of defects that the answer survives. */
  onError: (error: unknown) => void
}

export type Perform = (context: Context, interaction: Interaction, body?: Body) => Promise<Answer>

export interface Performer {
  perform: Perform
  /** What the server does on its own in a transaction that no interaction started, e.g. for a registration. */
  serverWork(tx: Transaction, now: Date): Work
}

type Handler = (context: Context, handle: Handle, interaction: never, body: Body) => Promise<Answered>

/**
 * The single choke point: HTTP requests, Bundle entries, imports and the pages of the authorization server all come
 * through here, so that nothing happens without access having been decided and without a line in the audit trail. A write
 * puts that line into its own transaction; for everything else it is durable before the answer leaves.
 */
export function createPerform(parts: Parts): Performer {
  const { access, definitions, search, keys, rules, base, store } = parts
  const workOf = createWork({ access, search, keys })
  const commit = createCommit({ definitions, access, search, rules, base, workOf })
  const handlers = createHandlers(parts, commit, perform)

  async function perform(asked: Context, interaction: Interaction, body: Body = { kind: 'none' }): Promise<Answer> {
    // A search changes nothing: it runs while its token is looked up, for whom the token stood for the last time.
    const early = asked.confirm && interaction.kind === 'search-type' ? handled(asked, interaction, body) : undefined
    early?.catch(() => undefined)
    const context = asked.confirm ? await asked.confirm() : asked
    try {
      const { answer, touched } = await (context === asked && early ? early : handled(context, interaction, body))
      if (touched) await store.audit.record(rowOf(context, interaction, touched, answer.status))
      return answer
    } catch (error) {
      const status = error instanceof FhirError ? error.status : 500
      await store.audit.record(rowOf(context, interaction, namedBy(interaction), status))
      throw error
    }
  }

  async function handled(context: Context, interaction: Interaction, body: Body): Promise<Answered> {
    const handler = handlers[interaction.kind] as Handler
    const ready = 'type' in interaction ? parts.beforehand?.(interaction.type) : undefined
    if (ready) await ready
    return handler(context, store, interaction as never, body)
  }

  return {
    perform,
    serverWork(tx, now) {
      const context = {
        principal: serverPrincipal,
        base,
        requestId: randomUUID(),
        now,
        signal: new AbortController().signal,
      }
      return workOf(context, tx, commit, [])
    },
  }
}

/** The table that routes every interaction, and from which the CapabilityStatement is made. */
function createHandlers(parts: Parts, commit: Commit, perform: Perform): Record<InteractionKind, unknown> {
  const { definitions, access, search, keys, store, operations, capabilities, base, limits } = parts
  const bytes = createBinaryBytes({ attachments: store.attachments, keys, limit: limits.binary })
  const interactionOf = createInteractionOf((name) => definitions.isResourceType(name))
  const plan = createPlan({ interactionOf, keys, base, limit: limits.bundleEntries })
  const patchOf = createPatchOf(definitions)
  const conditionalTarget = createConditionalTarget({ access, search })
  const subset = createSubset(definitions)
  const searches = createSearches({
    ...{ access, search, subset },
    withTerminology: createSearchTerminology({ definitions, access, search }),
  })
  const historyPage = createHistoryPage({ search, subset })
  const show: Show = (type, query) => {
    const form = search.form(query)
    return (json) => subset(json, type, form)
  }
  const reading = {
    read: createRead({ access, show }),
    vread: createVread({ access, show }),
    'history-instance': createHistoryInstance({ access, historyPage }),
    'history-type': createHistoryType({ access, historyPage }),
    'history-system': createHistorySystem({ access, resourceTypes: definitions.resourceTypes, historyPage }),
    operation: createRunOperation({ access, definitions, operations, commit }),
    'search-type': searches.searchType,
    'search-system': searches.searchSystem,
  }
  const transaction = createTransaction({
    access,
    keys,
    commit,
    bytes,
    plan,
    patchOf,
    resolveConditions: createResolveConditions({ access, search, keys, limit: limits.conditionalDelete }),
    resolveLinks: createResolveLinks({ access, search }),
    record: (row) => store.audit.record(row),
    changesState: (interaction) => interaction.kind === 'operation' && changesState(operations, interaction),
    readWithin: (context, tx, interaction, body) =>
      (reading[interaction.kind as keyof typeof reading] as unknown as Handler)(
        context,
        tx,
        interaction as never,
        body,
      ),
  })
  return {
    ...reading,
    capabilities: (_context: Context, _handle: Handle, { query }: Extract<Interaction, { kind: 'capabilities' }>) =>
      capabilities(query),
    create: createCreate({ access, search, keys, commit, bytes }),
    update: createUpdate({ access, keys, commit, bytes }),
    patch: createPatch({ access, commit, patchOf }),
    delete: createDelete({ access, commit }),
    'conditional-update': createConditionalUpdate({ access, keys, commit, conditionalTarget }),
    'conditional-patch': createConditionalPatch({ commit, conditionalTarget, patchOf }),
    'conditional-delete': createConditionalDelete({
      access,
      commit,
      conditionalTarget,
      limit: limits.conditionalDelete,
    }),
    batch: createBatch({ plan, perform, transaction, onError: parts.onError }),
  }
}

function rowOf(context: Context, interaction: Interaction, touched: Touched, status: number): AuditRow {
  return auditRow(context, codeOf(interaction.kind), withRequest(interaction, touched), status)
}

function namedBy(interaction: Interaction) {
  return {
    type: 'type' in interaction ? interaction.type : undefined,
    id: 'id' in interaction ? interaction.id : undefined,
    query: queryOf(interaction),
    detail: interaction.kind === 'operation' ? { operation: interaction.name } : undefined,
  }
}

function queryOf(interaction: Interaction): string | undefined {
  if ('criteria' in interaction) return interaction.criteria
  if (!('query' in interaction) || interaction.kind === 'operation') return undefined
  return interaction.query.toString()
}

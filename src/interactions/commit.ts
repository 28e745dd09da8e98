import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import { stringifyJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Search } from '../search/create-search.ts'
import type { Rid } from '../search/keys.ts'
import type { IndexValues } from '../search/index-values.ts'
import { type Attached, type Handle, isTransaction, type Taken, type Transaction, type Write } from '../store/store.ts'
import { auditRow } from './audit-row.ts'
import type { Attach } from './binary-bytes.ts'
import { checkReferences, type Judged } from './check-references.ts'
import { type Committed, placed, type Proposal, StaleVersion } from './proposal.ts'
import type { Change, Rule, Work } from './rule.ts'
import { isUnchanged, stamped } from './stamp.ts'

export interface CommitParts {
  definitions: Definitions
  access: Access
  search: Search
  rules: readonly Rule[]
  base: string
  /** The work that a rule may do inside the transaction; `commit` is passed back in for nested writes. */
  workOf: (context: Context, tx: Transaction, commit: Commit, proposals: readonly Proposal[]) => CommitWork
}

export interface CommitOptions {
  /** Writes that the server adds on its own: not judged, no rules. */
  nested?: boolean
  attach?: Attach
}

export type Commit = (
  context: Context,
  handle: Handle,
  proposals: readonly Proposal[],
  options?: CommitOptions,
) => Promise<Committed[]>

/**
 * The one path of every write, single or in a transaction: rules may change it, definitions validate it, access judges it,
 * search indexes it, the store puts all of it in one statement, rules react. All or nothing.
 *
 * Throws StaleVersion when another writer was quicker.
 */
export function createCommit({ definitions, access, search, rules, base, workOf }: CommitParts): Commit {
  const rulesOfType = new Map<string, Rule[]>()
  for (const rule of rules) rulesOfType.set(rule.type, [...(rulesOfType.get(rule.type) ?? []), rule])

  const commit: Commit = async (context, handle, proposals, options = {}) => {
    const ruled = !options.nested && proposals.some((proposal) => rulesOf(context, proposal).some(needsWork))
    const attached = ruled ? undefined : options.attach?.alone(proposals)
    if (!ruled && (attached || !options.attach)) return write(context, handle, proposals, options, { attached })
    const within = (alone?: Handle) => handle.transaction((tx) => write(context, tx, proposals, options, { tx, alone }))
    if (isTransaction(handle)) return within()
    try {
      return await within(handle)
    } catch (error) {
      // What a rule read before may have changed until the write; in a transaction it is told what and why.
      if (error instanceof StaleVersion && error.alone) return within()
      throw error
    }
  }

  function rulesOf(context: Context, proposal: Proposal): readonly Rule[] {
    const ofType = rulesOfType.get(proposal.type) ?? []
    if (!ofType.some(({ concerns }) => concerns)) return ofType
    const change = changeOf(context, proposal, proposal.after)
    return ofType.filter(({ concerns }) => concerns?.(change) ?? true)
  }

  async function write(
    context: Context,
    handle: Handle,
    proposals: readonly Proposal[],
    options: CommitOptions,
    { tx, alone, attached }: Ground,
  ): Promise<Committed[]> {
    const work = tx && !options.nested ? workOf(context, tx, commit, proposals) : undefined
    if (tx) await options.attach?.within(tx, proposals)
    const judged: Judged[] = []
    for (const proposal of proposals) {
      const after = await prepared(context, proposal, work, options.nested === true)
      const mustSee = options.nested || !after ? [] : judge(context, proposal, after)
      judged.push({ proposal, after, mustSee })
    }
    await checkReferences({ access, context, handle, judged })
    const committed = judged.map(({ proposal, after }) => committedOf(context, proposal, after))
    const indexes = committed.map(({ proposal, resource }) =>
      resource ? search.extract(resource, proposal.id, { isNew: true }) : undefined,
    )
    const takes = committed.map(({ proposal }) => work?.takenBy(proposal.rid) ?? [])
    const isAlone = alone !== undefined && !tx!.begun() && mayBeAlone(context, committed, takes)
    const { stale } = await (isAlone ? alone : handle).resources.put(
      committed.flatMap((done, n) => (done.unchanged ? [] : [writeOf(done, indexes[n], attached, takes[n]!)])),
      committed.map((done, n) => audited(context, done, indexes[n])),
    )
    if (stale.length > 0) throw new StaleVersion(stale, isAlone)
    if (work) {
      for (const done of committed) {
        if (done.unchanged) continue
        const change = changeOf(context, done.proposal, done.resource)
        for (const rule of rulesOf(context, done.proposal)) {
          await within(done.proposal, () => rule.after?.(change, work))
        }
      }
    }
    return committed
  }

  /** One statement is all or nothing by itself, when nothing reacts to it. */
  function mayBeAlone(
    context: Context,
    [one, ...others]: readonly Committed[],
    [takes]: readonly (readonly Taken[])[],
  ): boolean {
    if (!one || others.length > 0 || one.proposal.kind !== 'create' || takes!.length > 1) return false
    return rulesOf(context, one.proposal).every(({ after }) => !after)
  }

  /** The resource after the rules had their say, found valid; undefined for a delete. */
  async function prepared(
    context: Context,
    proposal: Proposal,
    work: Work | undefined,
    nested: boolean,
  ): Promise<Resource | undefined> {
    let after = proposal.after && withoutBase(proposal.after)
    if (after) refuseInvalid(proposal, after)
    if (!nested) after = settled(context, proposal, after)
    if (work) {
      for (const rule of rulesOf(context, proposal)) {
        const change = changeOf(context, proposal, after)
        const replaced = await within(proposal, () => rule.before?.(change, work))
        if (replaced) {
          after = replaced
          refuseInvalid(proposal, after)
        }
      }
    }
    return after && stamped(after, proposal.id, proposal.expectedVersion + 1, context.now)
  }

  function settled(context: Context, proposal: Proposal, sent: Resource | undefined): Resource | undefined {
    let after = sent
    for (const { settle } of rulesOf(context, proposal)) {
      const replaced = settle && withinSync(proposal, () => settle(changeOf(context, proposal, after)))
      if (replaced) after = replaced
    }
    return after
  }

  function refuseInvalid(proposal: Proposal, after: Resource): void {
    const issues = definitions.validate(after)
    const errors = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')
    if (errors.length === 0) return
    throw new FhirError('invalid', errors[0]!.diagnostics ?? 'The resource is not valid.', {
      issues: issues.map((issue) =>
        issue.expression
          ? { ...issue, expression: issue.expression.map((path) => placed(proposal.place, proposal.type, path)) }
          : issue,
      ),
    })
  }

  function judge(context: Context, proposal: Proposal, after: Resource) {
    return withinSync(proposal, () => {
      refuseRewriting(proposal, after)
      return access.judge(context.principal, proposal.before, after).mustSee
    })
  }

  /** Not even the server changes what is only added; the same again, as an import that goes on may send it, changes nothing. */
  function refuseRewriting({ type, before, id }: Proposal, after: Resource): void {
    if (!before || !access.appendOnly(type) || isUnchanged(before, after)) return
    throw new FhirError('methodNotAllowed', `${type}/${id} is there already, and never changed.`, {
      ...{ expression: type, allow: ['GET', 'HEAD'] },
    })
  }

  /** Attachment URLs below our own base are stored relative, so that a moved server serves them right. */
  function withoutBase(resource: Resource): Resource {
    for (const { attachment } of definitions.attachments(resource)) {
      if (typeof attachment.url === 'string' && attachment.url.startsWith(`${base}/`))
        attachment.url = attachment.url.slice(base.length + 1)
    }
    return resource
  }

  return commit
}

/** The work of the rules, with what they asked of the write itself. */
export interface CommitWork extends Work {
  takenBy(rid: Rid): readonly Taken[]
}

/** Where a write takes place: in a transaction, or alone. */
interface Ground {
  readonly tx?: Transaction
  /** Instead of the transaction, when that has nothing else to write. */
  readonly alone?: Handle | undefined
  readonly attached?: Attached | undefined
}

/** Only what reacts within the transaction needs one. */
function needsWork({ before, after }: Rule): boolean {
  return before !== undefined || after !== undefined
}

/** "If the content is unchanged": the version stays what it is. https://hl7.org/fhir/R4/http.html#update */
function committedOf(context: Context, proposal: Proposal, after: Resource | undefined): Committed {
  const { before, expectedVersion } = proposal
  if (before && after && isUnchanged(before, after)) {
    const lastUpdated = Date.parse(before.meta!.lastUpdated!)
    return {
      proposal,
      unchanged: true,
      resource: before,
      version: expectedVersion,
      lastUpdated,
      json: stringifyJson(before),
    }
  }
  const json = after ? stringifyJson(after) : ''
  const lastUpdated = context.now.getTime()
  return { proposal, unchanged: false, resource: after, version: expectedVersion + 1, lastUpdated, json }
}

function writeOf(
  { proposal, json, lastUpdated }: Committed,
  index: IndexValues | undefined,
  attached: Attached | undefined,
  takes: readonly Taken[],
): Write {
  const { type, id, rid, expectedVersion, revive } = proposal
  if (!index) return { kind: 'delete', type, id, rid, expectedVersion, lastUpdated }
  if (proposal.kind === 'create') return { kind: 'create', type, id, rid, lastUpdated, json, index, attached, takes }
  return { kind: 'update', type, id, rid, expectedVersion, revive, lastUpdated, json, index, takes }
}

/** Whose record a resource leaves is told as well as whose it comes into; a deletion leaves one. */
function audited(context: Context, { proposal, version }: Committed, index: IndexValues | undefined) {
  const concerned = [proposal.patBefore, index?.pat ?? null].filter((pat) => pat !== null)
  const patients = [...new Set(concerned)]
  const status = proposal.kind === 'create' ? 201 : proposal.kind === 'delete' ? 204 : 200
  const { type, id, detail } = proposal
  return auditRow(context, proposal.interaction, { type, id, version, patients, detail }, status)
}

function changeOf(context: Context, proposal: Proposal, after: Resource | undefined): Change {
  const { kind, interaction, type, id, rid, expectedVersion, before } = proposal
  return { context, kind, interaction, identity: { type, id, rid, version: expectedVersion + 1 }, before, after }
}

/** Refusals of a rule or of access name the element where the client put it, also inside a Bundle. */
async function within<T>(proposal: Proposal, act: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await act()
  } catch (error) {
    throw relocated(proposal, error)
  }
}

function withinSync<T>(proposal: Proposal, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw relocated(proposal, error)
  }
}

function relocated(proposal: Proposal, error: unknown): unknown {
  if (!(error instanceof FhirError) || proposal.place === proposal.type) return error
  const issues = error.issues.map((issue) => ({
    ...issue,
    expression: issue.expression?.map((path) => placed(proposal.place, proposal.type, path)) ?? [proposal.place],
  }))
  return new FhirError(error.problem, error.message, { issues, cause: error })
}

import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Keys } from '../search/keys.ts'
import type { Handle, StoredVersion, Transaction } from '../store/store.ts'
import { resourceOf } from './body.ts'
import type { Commit } from './commit.ts'
import type { ConditionalTarget } from './conditional-target.ts'
import { answerOf } from './create.ts'
import type { Answered, Body, Interaction, Versions } from './interaction.ts'
import { createProposal, type Proposal } from './proposal.ts'
import { updateProposal } from './update.ts'
import { readTargets } from './visible-rows.ts'

interface Parts {
  access: Access
  keys: Keys
  commit: Commit
  conditionalTarget: ConditionalTarget
}

/**
 * conditional update: the resource that the criteria find is updated, one that they do not find is created; several are
 * refused. Exact under parallel requests, like a conditional create.
 *
 * https://hl7.org/fhir/R4/http.html#cond-update
 */
export function createConditionalUpdate({ access, keys, commit, conditionalTarget }: Parts) {
  return async function conditionalUpdate(
    context: Context,
    handle: Handle,
    asked: Extract<Interaction, { kind: 'conditional-update' }>,
    body: Body,
  ): Promise<Answered> {
    const sent = resourceOf(body, asked.type)
    return conditionalTarget(context, handle, asked, { action: 'update' }, async (tx, [match]) => {
      const proposal = await proposalOf(context, tx, asked, sent, match)
      const [done] = await commit(context, tx, [proposal])
      return { answer: answerOf(done!, proposal.kind === 'create' ? 201 : 200) }
    })
  }

  async function proposalOf(
    context: Context,
    tx: Transaction,
    { type, ifMatch }: Extract<Interaction, { kind: 'conditional-update' }>,
    sent: Resource,
    match: StoredVersion | undefined,
  ): Promise<Proposal> {
    const decided = decide(type, sent, match, ifMatch, type)
    if (decided === 'create') {
      access.rows(context.principal, type, 'create', context.now.getTime())
      return createProposal(type, keys.newIdentity(type), sent, type)
    }
    const { id } = decided
    const stored = match ?? (await readTargets(access, context, tx, [{ type, id }], 'update')).get(`${type}/${id}`)
    if (!match && stored && !stored.deleted) throw alreadyThere(type, id, type)
    return updateProposal(access, keys, context, { type, id, ifMatch, after: { ...sent, id }, place: type }, stored)
  }
}

/** The four cases of R4: which id is written, or that a new one is. */
export function decide(
  type: string,
  sent: Resource,
  match: { id: string } | undefined,
  ifMatch: Versions | undefined,
  place: string,
): { id: string } | 'create' {
  if (match) {
    if (sent.id === undefined || sent.id === match.id) return { id: match.id }
    const text = `The criteria find ${type}/${match.id}, the body has the id "${sent.id}".`
    throw new FhirError('malformed', text, { expression: `${place}.id` })
  }
  if (ifMatch !== undefined) {
    throw new FhirError('preconditionFailed', `No ${type} matches, so none is of a version that If-Match names.`)
  }
  return sent.id === undefined ? 'create' : { id: sent.id }
}

/** Nothing matches, but the id of the body is in use: by a resource that the criteria do not find. */
export function alreadyThere(type: string, id: string, place: string): FhirError {
  return new FhirError('conflict', `${type}/${id} exists, but the criteria do not find it.`, {
    expression: `${place}.id`,
  })
}

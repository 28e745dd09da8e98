import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys } from '../search/keys.ts'
import type { Handle, Transaction } from '../store/store.ts'
import type { BinaryBytes } from './binary-bytes.ts'
import { resourceOf } from './body.ts'
import type { Commit } from './commit.ts'
import { criteria, type Match, matchesOf } from './conditional.ts'
import type { Answered, Body, Interaction } from './interaction.ts'
import { type Committed, createProposal, StaleVersion } from './proposal.ts'
import { patientsOf, refuseSmallScope } from './visible-rows.ts'

interface Parts {
  access: Access
  search: Search
  keys: Keys
  commit: Commit
  bytes: BinaryBytes
}

/**
 * create, and conditional create with `If-None-Exist`: exact under parallel requests, because a lock on the criteria is
 * held from the search to the commit.
 *
 * https://hl7.org/fhir/R4/http.html#create
 * https://hl7.org/fhir/R4/http.html#ccreate
 */
export function createCreate({ access, search, keys, commit, bytes }: Parts) {
  return async function create(
    context: Context,
    handle: Handle,
    { type, ifNoneExist }: Extract<Interaction, { kind: 'create' }>,
    body: Body,
  ): Promise<Answered> {
    access.rows(context.principal, type, 'create', context.now.getTime())
    if (ifNoneExist === undefined) return created(context, handle, type, body)
    refuseSmallScope(access, context, type, 'search')
    const asked = criteria(search, type, ifNoneExist)
    return handle.transaction(async (tx) => {
      await tx.lock([asked.text])
      const [existing, ...others] = await matchesOf(access, context, tx, asked)
      if (!existing) return created(context, tx, type, body)
      if (others.length > 0) throw severalMatches(type, ifNoneExist)
      return matched(tx, type, existing)
    })
  }

  async function created(context: Context, handle: Handle, type: string, body: Body): Promise<Answered> {
    const done = await bytes.around(context, type, body, async (json, attach) => {
      const identity = keys.newIdentity(type)
      const proposal = createProposal(type, identity, resourceOf(json, type), type)
      return onceMore(() => commit(context, handle, [proposal], attach ? { attach } : {}))
    })
    return { answer: answerOf(done[0]!, 201) }
  }
}

/**
 * What the criteria of a conditional create found: in the version that they found, which the caller may see, whatever
 * others have made of it meanwhile.
 */
export async function matched(tx: Transaction, type: string, { id, version }: Omit<Match, 'rid'>): Promise<Answered> {
  const stored = (await tx.resources.vread(type, id, version))!
  const { json, lastUpdated } = stored
  const location = `${type}/${id}/_history/${version}`
  return {
    answer: { status: 200, json, location, version, lastUpdated, unwritten: true },
    touched: { type, id, version, patients: patientsOf([stored]) },
  }
}

/** A new identity that is taken already is a defect of the clock or of luck; one conflict is told, never hidden. */
async function onceMore(act: () => Promise<Committed[]>): Promise<Committed[]> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StaleVersion)
      throw new FhirError('conflict', 'The new id is taken. Send it again.', { cause: error })
    throw error
  }
}

export function severalMatches(type: string, query: string, most = 1): FhirError {
  return new FhirError('multipleMatches', `More than ${most === 1 ? 'one' : most} ${type} matches "${query}".`)
}

export function answerOf({ proposal, version, json, lastUpdated }: Committed, status: 200 | 201) {
  const { type, id } = proposal
  return { status, json, version, lastUpdated, location: `${type}/${id}/_history/${version}` } as const
}

import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Search } from '../search/create-search.ts'
import type { Handle, StoredVersion, Transaction } from '../store/store.ts'
import { criteria, resolveAll } from './conditional.ts'
import { severalMatches } from './create.ts'
import type { Answered, Interaction } from './interaction.ts'
import { StaleVersion } from './proposal.ts'
import { retried } from './update.ts'
import { notFound, readTargets, refuseSmallScope } from './visible-rows.ts'

type Asked = Extract<Interaction, { criteria: string }>

export type ConditionalTarget = ReturnType<typeof createConditionalTarget>

/**
 * What a conditional write is about: the matches that the caller may see, `most` of them, each in the version that matched.
 * A lock on the criteria is held from here to the commit, and all of it is run again when another writer was quicker. To be
 * allowed to search and to write is needed both, and what matches but may not be seen counts as absent: no write is an oracle.
 *
 * https://hl7.org/fhir/R4/http.html#cond-update
 */
export function createConditionalTarget({ access, search }: { access: Access; search: Search }) {
  return conditionalTarget

  async function conditionalTarget(
    context: Context,
    handle: Handle,
    asked: Asked,
    { action, most = 1 }: { action: 'update' | 'delete'; most?: number },
    write: (tx: Transaction, matches: readonly StoredVersion[]) => Promise<Answered>,
  ): Promise<Answered> {
    return retried(asked.ifMatch, () =>
      handle.transaction(async (tx) => write(tx, await targetsOf(context, tx, asked, action, most))),
    )
  }

  async function targetsOf(
    context: Context,
    tx: Transaction,
    { type, criteria: query }: Asked,
    action: 'update' | 'delete',
    most: number,
  ): Promise<StoredVersion[]> {
    refuseSmallScope(access, context, type, 'search')
    refuseSmallScope(access, context, type, action)
    const asked = criteria(search, type, query)
    await tx.lock([asked.text])
    const [matches = []] = await resolveAll(access, context, tx, [asked], most + 1)
    if (matches.length > most) throw severalMatches(type, query, most)
    const targets = matches.map(({ id }) => ({ type, id }))
    const found = await readTargets(access, context, tx, targets, action)
    return matches.map(({ id, version }) => {
      const stored = found.get(`${type}/${id}`)
      if (!stored) throw notFound(type, id)
      if (stored.version !== version) throw new StaleVersion([{ type, id }])
      return stored
    })
  }
}

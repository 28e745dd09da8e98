import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys } from '../search/keys.ts'
import type { Transaction } from '../store/store.ts'
import { type Criteria, criteria, type Match, resolveAll } from './conditional.ts'
import { noMatch } from './conditional-patch.ts'
import { decide } from './conditional-update.ts'
import { severalMatches } from './create.ts'
import { at, type PlannedEntry, refuseTwice } from './transaction-plan.ts'

interface Parts {
  access: Access
  search: Search
  keys: Keys
  /** How many resources one conditional delete may delete. */
  limit: number
}

/**
 * Conditional updates, patches and deletes of a transaction become writes of what they match: one statement for the locks on
 * their criteria, one for all matches. What one conditional delete deletes beyond its first match stands behind the entries
 * of the Bundle.
 *
 * "If any resource identities (including resolved identities from conditional update/delete) overlap in steps 1-3, then the
 * transaction SHALL fail": https://hl7.org/fhir/R4/http.html#trules
 */
export function createResolveConditions({ access, search, keys, limit }: Parts) {
  return async function resolveConditions(
    context: Context,
    tx: Transaction,
    entries: readonly PlannedEntry[],
    resources: readonly (Resource | undefined)[],
  ): Promise<readonly PlannedEntry[]> {
    const asked = new Map<number, Criteria>()
    for (const [n, { interaction, place }] of entries.entries()) {
      if (!('criteria' in interaction)) continue
      const { type, criteria: query } = interaction
      asked.set(
        n,
        at(`${place}.request.url`, () => criteria(search, type, query)),
      )
    }
    if (asked.size === 0) return entries
    await tx.lock([...asked.values()].map(({ text }) => text))
    const found = await resolveAll(access, context, tx, [...asked.values()], Math.max(1, limit) + 1)
    const matches = new Map([...asked.keys()].map((n, k) => [n, found[k]!]))
    const decided: PlannedEntry[] = []
    const further: PlannedEntry[] = []
    for (const [n, entry] of entries.entries()) {
      const [first, ...others] = at(entry.place, () => decisions(context, entry, matches.get(n), resources[n]))
      decided.push(first!)
      further.push(...others)
    }
    const all = [...decided, ...further]
    refuseOverlaps(all, asked)
    return all
  }

  function decisions(
    context: Context,
    entry: PlannedEntry,
    matches: readonly Match[] | undefined,
    resource: Resource | undefined,
  ): PlannedEntry[] {
    const { interaction } = entry
    if (!matches || !('criteria' in interaction)) return [entry]
    const { kind, type, criteria: query, ifMatch } = interaction
    const most = kind === 'conditional-delete' ? limit : 1
    if (matches.length > most) throw severalMatches(type, query, most)
    const guard = ifMatch === undefined ? {} : { ifMatch }
    if (kind === 'conditional-delete') {
      const deletions = matches.map(({ id, version }) => deciding({ kind: 'delete', type, id, ...guard }, version))
      return deletions.length > 0 ? deletions : [entry]
    }
    const [match] = matches
    if (kind === 'conditional-patch') {
      if (!match) throw noMatch(type, query)
      return [deciding({ kind: 'patch', type, id: match.id, ...guard }, match.version)]
    }
    const decision = decide(type, resource!, match, ifMatch, `${entry.place}.resource`)
    if (decision === 'create') {
      access.rows(context.principal, type, 'create', context.now.getTime())
      return [{ ...entry, interaction: { kind: 'create', type }, identity: keys.newIdentity(type) }]
    }
    resource!.id = decision.id
    return [deciding({ kind: 'update', type, id: decision.id, ...guard }, match?.version ?? 0)]

    function deciding(decided: PlannedEntry['interaction'], matched: number): PlannedEntry {
      return { ...entry, interaction: decided, matched }
    }
  }
}

function refuseOverlaps(entries: readonly PlannedEntry[], asked: ReadonlyMap<number, Criteria>): void {
  const seen = new Map<string, string>()
  for (const [n, { interaction, place }] of entries.entries()) {
    const { kind } = interaction
    if (kind === 'update' || kind === 'patch' || kind === 'delete') {
      refuseTwice(seen, `${interaction.type}/${interaction.id}`, `${place}.request.url`)
    }
    // Two that find nothing by the same criteria would create two.
    if (kind === 'create' && asked.has(n)) refuseTwice(seen, asked.get(n)!.text, `${place}.request.url`)
  }
}

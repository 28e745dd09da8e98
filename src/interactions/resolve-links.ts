import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Search } from '../search/create-search.ts'
import type { Transaction } from '../store/store.ts'
import { conditionalReference, linksIn } from './bundle-links.ts'
import { type Criteria, criteria, resolveAll } from './conditional.ts'
import { severalMatches } from './create.ts'
import { unknownReference } from './check-references.ts'
import { placed } from './proposal.ts'
import { at, type PlannedEntry, refuseTwice } from './transaction-plan.ts'

export interface Resolved {
  /** The match of a conditional create, by entry: nothing is created then. */
  existing: Map<number, { type: string; id: string; version: number }>
}

/**
 * Conditional creates, conditional references and `urn:uuid` links of a transaction, in three steps and two statements:
 * lock the criteria of the creates, ask for all matches at once, then rewrite the links in place.
 *
 * "If the server fails to resolve a reference, the whole transaction fails": https://hl7.org/fhir/R4/http.html#trules
 */
export function createResolveLinks({ access, search }: { access: Access; search: Search }) {
  return async function resolveLinks(
    context: Context,
    tx: Transaction,
    entries: readonly PlannedEntry[],
    resources: readonly (Resource | undefined)[],
  ): Promise<Resolved> {
    const asked = new Map<string, Criteria>()
    const creates = new Map<number, string>()
    for (const [n, { interaction, place }] of entries.entries()) {
      if (interaction.kind !== 'create' || interaction.ifNoneExist === undefined) continue
      const { type, ifNoneExist } = interaction
      const found = at(`${place}.request.ifNoneExist`, () => criteria(search, type, ifNoneExist))
      asked.set(found.text, found)
      creates.set(n, found.text)
    }
    await tx.lock([...asked.keys()])
    const links = resources.map((resource) => (resource ? linksIn(resource) : []))
    const references = new Map<string, string>()
    for (const [n, ofEntry] of links.entries()) {
      for (const { text, path, isReference } of ofEntry) {
        const condition = isReference ? conditionalReference(text) : undefined
        if (!condition || references.has(text)) continue
        const place = placed(`${entries[n]!.place}.resource`, resources[n]!.resourceType, path)
        const found = at(place, () => criteria(search, condition.type, condition.query))
        asked.set(found.text, found)
        references.set(text, found.text)
      }
    }
    const criteriaList = [...asked.values()]
    const matches = await resolveAll(access, context, tx, criteriaList)
    const matchOf = new Map(criteriaList.map(({ text, type }, n) => [text, { type, found: matches[n]! }]))

    const existing: Resolved['existing'] = new Map()
    const once = new Map<string, string>()
    for (const [n, text] of creates) {
      const { type, found } = matchOf.get(text)!
      if (found.length > 1) throw at(entries[n]!.place, () => severalMatches(type, text))
      if (found[0]) existing.set(n, { type, ...found[0] })
      else refuseTwice(once, text, `${entries[n]!.place}.request.ifNoneExist`)
    }
    const targets = targetsOf(entries, existing, creates)
    for (const [n, ofEntry] of links.entries()) {
      for (const link of ofEntry) {
        const place = placed(`${entries[n]!.place}.resource`, resources[n]!.resourceType, link.path)
        const known = targets.get(link.text)
        const criterion = references.get(link.text)
        if (known !== undefined) link.replace(known)
        else if (criterion !== undefined) link.replace(onlyMatch(matchOf.get(criterion)!, criterion, targets, place))
        else if (link.text.startsWith('urn:uuid:') && link.isReference) throw unknownReference(link.text, place)
      }
    }
    return { existing }
  }
}

/** Where each fullUrl of the Bundle leads: to what exists, or to what will be created. Criteria of creates lead there too. */
function targetsOf(
  entries: readonly PlannedEntry[],
  existing: Resolved['existing'],
  creates: ReadonlyMap<number, string>,
): Map<string, string> {
  const targets = new Map<string, string>()
  for (const [n, { interaction, fullUrl, identity }] of entries.entries()) {
    const found = existing.get(n)
    const target = found
      ? `${found.type}/${found.id}`
      : interaction.kind === 'create'
        ? `${interaction.type}/${identity!.id}`
        : interaction.kind === 'update'
          ? `${interaction.type}/${interaction.id}`
          : undefined
    if (target === undefined) continue
    if (fullUrl !== undefined) targets.set(fullUrl, target)
    const criterion = creates.get(n)
    if (criterion !== undefined) targets.set(criterion, target)
  }
  return targets
}

function onlyMatch(
  { type, found }: { type: string; found: readonly { id: string }[] },
  criterion: string,
  targets: ReadonlyMap<string, string>,
  place: string,
): string {
  const [match, ...others] = found
  if (others.length > 0) throw at(place, () => severalMatches(type, criterion))
  if (match) return `${type}/${match.id}`
  const created = targets.get(criterion)
  if (created !== undefined) return created
  throw new FhirError('unprocessable', `"${criterion}" does not exist.`, { expression: place })
}

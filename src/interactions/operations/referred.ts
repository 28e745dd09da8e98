import type { Definitions } from '../../definitions/definitions.ts'
import { parseJson } from '../../fhir/json.ts'
import { localReference } from '../../fhir/reference.ts'
import type { Resource } from '../../fhir/resource.ts'
import { all, and, type Clause, not } from '../../search/clause.ts'
import type { Keys, Rid } from '../../search/keys.ts'
import { mostIncluded } from '../../search/sql.ts'
import type { StoredVersion } from '../../store/store.ts'
import type { Call } from '../operation.ts'

interface Parts {
  definitions: Definitions
  keys: Pick<Keys, 'ridOf'>
}

interface Referring {
  accessOf: (type: string) => Clause
  wanted: (type: string) => boolean
  // What comes as a match, on this page or another.
  isMatch: (type: string) => Clause | undefined
  // What else they must meet.
  also: (type: string) => Clause
}

/**
 * "The server also returns whatever resources are needed to support the records": what the page's resources refer to, as
 * much of it as a search would include.
 *
 * https://hl7.org/fhir/R4/patient-operation-everything.html
 */
export async function referred(
  { definitions, keys }: Parts,
  { context, handle }: Pick<Call, 'context' | 'handle'>,
  found: readonly StoredVersion[],
  { accessOf, wanted, isMatch, also }: Referring,
): Promise<{ found: readonly StoredVersion[]; more: boolean }> {
  const targets = new Map<string, Set<Rid>>()
  for (const { json } of found) {
    for (const { reference } of definitions.references(parseJson(json) as Resource)) {
      const target = localReference(reference.reference ?? '', context.base)
      if (!target || !definitions.isResourceType(target.type) || !wanted(target.type)) continue
      targets.set(target.type, (targets.get(target.type) ?? new Set()).add(keys.ridOf(target.type, target.id)))
    }
  }
  const parts = [...targets].map(([type, rids]) => {
    const matched = isMatch(type)
    const other = matched ? not(matched) : all
    return { type, where: and({ op: 'rid', any: [...rids] }, other, also(type)) }
  })
  return handle.resources.several({ parts, count: mostIncluded, after: undefined }, accessOf)
}

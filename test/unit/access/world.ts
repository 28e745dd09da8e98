import assert from 'node:assert/strict'
import { holds } from '../../../src/access/holds.ts'
import { deniesLabels, permitsLabels } from '../../../src/access/labels.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Clause } from '../../../src/search/clause.ts'
import type { IndexValues } from '../../../src/search/index-values.ts'
import type { Rid } from '../../../src/search/keys.ts'
import { labelBits } from '../../../src/search/label-bits.ts'
import { type buildAccess, keys, ridOf } from './build-access.ts'

/** What a Consent opens or closes, as sharing/compile-grants.ts writes it down. Names are like `Patient/1`. */
export interface Grant {
  readonly patient: string
  /** Whom it names; all who treat the patient, or everybody for a deny, if it names nobody. */
  readonly to?: string
  /** `rule`: the patient has said something that takes the place of what the hospital allows by itself. */
  readonly effect: 'permit' | 'deny' | 'rule'
  /** One resource instead of the whole record. */
  readonly only?: string
  /** A part of the record alone: what this one wrote. */
  readonly author?: string
  /** A part of the record alone: data of a time, here of any. */
  readonly timed?: true
}

interface Row {
  readonly type: string
  readonly id: string
  readonly rid: Rid
  readonly index: IndexValues
  /** The Binaries that it owns. */
  readonly bytes: readonly string[]
}

/** A few resources in memory, and which of them a clause means: what Postgres answers, without Postgres. */
export function createWorld(
  { search }: Pick<Awaited<ReturnType<typeof buildAccess>>, 'search'>,
  resources: readonly Resource[],
  { grants, uploads }: { grants: readonly Grant[]; uploads: Readonly<Record<string, Rid>> },
) {
  const rows = resources.map((resource): Row => {
    const { resourceType: type, id = '' } = resource
    const content = (resource['content'] ?? []) as { attachment: { url?: string } }[]
    const bytes = content.map(({ attachment }) => attachment.url ?? '')
    return { type, id, rid: keys.ridOf(type, id), index: search.extract(resource, id), bytes }
  })
  const isOwned = ({ type, id }: Row) => rows.some(({ bytes }) => bytes.includes(`${type}/${id}`))

  function meets(clause: Clause, row: Row): boolean {
    const others = (type: string, where: Clause) => rows.filter((one) => one.type === type && meets(where, one))
    switch (clause.op) {
      case 'and':
        return clause.of.every((part) => meets(part, row))
      case 'or':
        return clause.of.some((part) => meets(part, row))
      case 'not':
        return !meets(clause.of, row)
      case 'chain': {
        const { by } = clause
        const named = ({ rid }: Row) => (by === 'patient' ? row.index.pat === rid : row.index.keys.includes(rid ^ by))
        return others(clause.target, clause.where).some(named)
      }
      case 'samePatient':
        return others(clause.type, clause.where).some(({ index }) => index.pat !== null && index.pat === row.index.pat)
      case 'owned':
        return others(clause.type, clause.where).some(({ bytes }) => bytes.includes(`${row.type}/${row.id}`))
      case 'unowned':
        return uploads[`${row.type}/${row.id}`] === clause.uploader && !isOwned(row)
      case 'granted':
        return grants.some((grant) => speaks(grant, clause, row))
      default: {
        const held = holds(clause, row.index, row.rid)
        assert.ok(held !== undefined, `a row tells whether it meets "${clause.op}"`)
        return held
      }
    }
  }

  return {
    /** The ids of the rows of a type that the clause means. */
    meant: (type: string, clause: Clause) =>
      rows.filter((row) => row.type === type && meets(clause, row)).map(({ id }) => id),
  }
}

function speaks(
  grant: Grant,
  { grantees, covers, effect, data }: Extract<Clause, { op: 'granted' }>,
  row: Row,
): boolean {
  const patient = ridOf(grant.patient)
  if (grant.effect !== effect || !grantees.includes(grant.to === undefined ? 0n : ridOf(grant.to))) return false
  if (covers === 'subject') return patient === row.rid
  if (patient !== row.index.pat) return false
  if (effect === 'rule') return true
  if (grant.only !== undefined && ridOf(grant.only) !== row.rid) return false
  // What is said without a label is said of what is normally confidential.
  if (!(effect === 'deny' ? deniesLabels : permitsLabels)(labelBits.normal, row.index.labels)) return false
  if (grant.timed && !data) return false
  return (
    grant.author === undefined ||
    (data?.authored ?? []).some((salt) => row.index.keys.includes(ridOf(grant.author!) ^ salt))
  )
}

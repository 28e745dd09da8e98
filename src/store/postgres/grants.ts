import type { Rid } from '../../search/keys.ts'
import type { Grant, Grants, Handle } from '../store.ts'
import { type Column, createParams, manyRows } from './params.ts'

const effects = { permit: 1, deny: -1, rule: 0 } as const
const parts = { related: 1, authoredby: 2 } as const

const columns: readonly Column<Grant>[] = [
  { name: 'grantee', type: 'int8', of: ({ grantee }) => grantee },
  { name: 'pat', type: 'int8', of: ({ pat }) => pat },
  { name: 'type', type: 'text', of: ({ type }) => type },
  { name: 'rid', type: 'int8', of: ({ rid }) => rid },
  { name: 'effect', type: 'int2', of: ({ effect }) => effects[effect] },
  { name: 'labels', type: 'int4', of: ({ labels }) => labels },
  { name: 'starts', type: 'int8', of: ({ starts }) => starts },
  { name: 'ends', type: 'int8', of: ({ ends }) => ends },
  { name: 'obligations', type: 'int4', of: ({ obligations }) => obligations },
  { name: 'purpose', type: 'int4', of: ({ purposes }) => purposes },
  { name: 'nested', type: 'bool', of: ({ nested }) => nested },
  { name: 'excepted', type: 'bool', of: ({ excepted }) => excepted },
  { name: 'narrow', type: 'bool', of: ({ part, dataPeriod }) => part !== undefined || dataPeriod !== undefined },
  { name: 'how', type: 'int2', of: ({ part }) => (part ? parts[part.how] : 0) },
  { name: 'about', type: 'int8', of: ({ part }) => part?.about ?? null },
  { name: 'data_lo', type: 'int8', of: ({ dataPeriod }) => dataPeriod?.[0] ?? null },
  { name: 'data_hi', type: 'int8', of: ({ dataPeriod }) => dataPeriod?.[1] ?? null },
]

export function createGrants({ query }: Pick<Handle, 'query'>): Grants {
  return {
    /** One statement: its insert does not see its delete, and neither does anybody else before both are there. */
    async replace(consent: Rid, version: number, grants: readonly Grant[]) {
      const params = createParams()
      const of = params.add(consent)
      const names = columns.map(({ name }) => name).join(', ')
      const text = `with gone as (delete from access_grant where consent = ${of}::int8)
        insert into access_grant (${names}, consent, ver)
        select ${names}, ${of}::int8, ${params.add(version)}::int4 from (${manyRows(params, columns, grants)}) rows`
      await query(text, params.values, 'grants-replace')
    },
  }
}

import type { Rid } from '../../search/keys.ts'
import type { Grant, Grants, Handle } from '../store.ts'
import { type Column, createParams, manyRows } from './params.ts'

const columns: readonly Column<Grant>[] = [
  { name: 'grantee', type: 'int8', of: ({ grantee }) => grantee },
  { name: 'pat', type: 'int8', of: ({ pat }) => pat },
  { name: 'type', type: 'text', of: ({ type }) => type },
  { name: 'rid', type: 'int8', of: ({ rid }) => rid },
  { name: 'effect', type: 'int2', of: ({ effect }) => (effect === 'permit' ? 1 : -1) },
  { name: 'labels', type: 'int4', of: ({ labels }) => labels },
  { name: 'starts', type: 'int8', of: ({ starts }) => starts },
  { name: 'ends', type: 'int8', of: ({ ends }) => ends },
  { name: 'obligations', type: 'int4', of: ({ obligations }) => obligations },
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

import type { Clause, WordQuery } from '../clause.ts'
import { marker } from '../word-vector.ts'
import { bind } from './bind.ts'
import type { Row } from './row.ts'

type Words = Extract<Clause, { op: 'words' }>

/** The row has such words; or any, if nothing is asked of them. */
export function wordsSql(clause: Words, { alias }: Row, values: unknown[]): string {
  const t = `${alias}t`
  return `exists (select from fts ${t} where ${t}.rid = ${alias}.rid and ${test(clause, t, values)})`
}

/** The rids of the rows that have such words, of whatever type: the key is one type's. */
export function wordRowsSql(clause: Words, values: unknown[]): string {
  return `select t.rid from fts t where ${test(clause, 't', values)}`
}

/** The index holds the key among the words, so that it finds those of this parameter alone, also where some must be absent. */
function test({ key, asked }: Words, t: string, values: unknown[]): string {
  if (!asked) return `${t}.key = ${bind(values, 'int8', key)}`
  return `${t}.words @@ ${bind(values, 'text', `${quoted(marker(key))} & ${queryText(asked)}`)}::tsquery`
}

/** As a tsquery is written. https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY */
export function queryText(query: WordQuery): string {
  switch (query.is) {
    case 'phrase': {
      const words = query.words.map(quoted)
      return `(${words.join(' <-> ')}${query.open ? ':*' : ''})`
    }
    case 'and':
    case 'or':
      return `(${query.of.map(queryText).join(query.is === 'and' ? ' & ' : ' | ')})`
    case 'not':
      return `!${queryText(query.of)}`
  }
}

/** Words are letters and digits alone. */
function quoted(word: string): string {
  return `'${word}'`
}

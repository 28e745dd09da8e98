/** A row that a clause is about, as the statement names it. */
export interface Row {
  readonly alias: string
  readonly type: string
  /**
   * `current`: a row of the type's own table, with `keys` and `fkeys`. `version`: any version of a resource, with `rid`, `pat`,
   * `labels`, `lu` and `akeys`; what these cannot tell is never true of it.
   */
  readonly of: 'current' | 'version'
}

/** A current row of another type in a subquery; its alias differs from all that it stands in. */
export function inner(row: Row, type: string): Row {
  return { alias: `${row.alias}x`, type, of: 'current' }
}

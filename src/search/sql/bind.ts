export type SqlType = 'int4' | 'int8' | 'int8[]' | 'float8' | 'text'

/**
 * Adds a value to those of the statement and answers its placeholder. Values reach SQL in no other way.
 *
 * Lists travel as array literals, which the driver would otherwise quote element by element.
 */
export function bind(values: unknown[], type: SqlType, value: unknown): string {
  const sent = type === 'int8[]' ? `{${(value as readonly bigint[]).join(',')}}` : value
  return `$${values.push(typeof sent === 'bigint' ? sent.toString() : sent)}::${type}`
}

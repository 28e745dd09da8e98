export type SqlType = 'int4' | 'int8' | 'int8[]' | 'float8' | 'text'

/**
 * Adds a value to those of the statement and answers its placeholder. Values reach SQL in no other way.
 *
 * Lists travel as array literals, which the driver would otherwise quote element by element.
 */
export function bind(values: unknown[], type: SqlType, value: unknown): string {
  return `$${added(values, value)}::${type}`
}

/** The same for a value that `sharingPlan` leaves open: in an expression of which the planner knows nothing either way. */
export function open(values: unknown[], type: 'bigint' | 'bigint[]' | 'integer', value: unknown): string {
  return `$${added(values, value)}::${type}`
}

function added(values: unknown[], value: unknown): number {
  const sent = Array.isArray(value) ? `{${(value as readonly bigint[]).join(',')}}` : value
  return values.push(typeof sent === 'bigint' ? sent.toString() : sent)
}

/** A number of rows as part of the text: a plan for an unknown number reads a tenth of the table before it returns a page. */
export function rows(count: number): string {
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`${count} is no number of rows`)
  return count.toString()
}

/**
 * Hides the values from the planner, so that all values share one plan. Postgres weighs the cost that it estimates for known
 * values against that of a shared plan, and plans anew each time as long as the first is lower: 7 ms for an `_include`.
 */
export function sharingPlan(text: string): string {
  return shared.get(text) ?? remembered(text)
}

/** The same few texts come back with every request; what clients vary without end is forgotten. */
const shared = new Map<string, string>()
const mostRemembered = 1_000

function remembered(text: string): string {
  const made = text.replaceAll(/\$\d+::(int8\[\]|int8|int4|float8|text)/g, '(select $&)::$1')
  if (shared.size >= mostRemembered) shared.clear()
  shared.set(text, made)
  return made
}

/** The values of one statement, collected while its text is written. */
export interface Params {
  readonly values: unknown[]
  /** Answers the placeholder. */
  add(value: unknown): string
}

export function createParams(): Params {
  const values: unknown[] = []
  return { values, add: (value) => `$${values.push(value)}` }
}

export interface Column<Row> {
  readonly name: string
  readonly type: 'bool' | 'int2' | 'int4' | 'int8' | 'float8' | 'text' | 'tsvector' | 'jsonb' | ArrayType
  readonly of: (row: Row) => unknown
}

type ArrayType = 'int8[]' | 'float8[]' | 'text[]'

/** One row as a row source: its values become parameters of their own, which the planner treats as constants. */
export function oneRow<Row>(params: Params, columns: readonly Column<Row>[], row: Row): string {
  const list = columns.map(({ name, type, of }) => `${params.add(ofType(type, of(row)))}::${type} as ${name}`)
  return `select ${list.join(', ')}`
}

/**
 * Any number of rows as a row source, one array parameter per column, so that the text does not depend on how many there
 * are. Arrays of arrays must be rectangular in SQL; array columns therefore travel as texts such as `{1,2}`.
 */
export function manyRows<Row>(params: Params, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const arrays = columns.map(({ type, of }) => {
    const values = rows.map((row) => ofType(type, of(row)))
    return type === 'text' || travelsAsText(type)
      ? `${params.add(values)}::text[]`
      : `${params.add(listOf(values))}::${type}[]`
  })
  const names = columns.map(({ name }) => name)
  const casts = columns.map(({ name, type }) => (travelsAsText(type) ? `${name}::${type} as ${name}` : name))
  return `select ${casts.join(', ')} from unnest(${arrays.join(', ')}) as u(${names.join(', ')})`
}

function ofType(type: Column<never>['type'], value: unknown): unknown {
  if (value === null || !isArray(type)) return value
  return type === 'text[]' ? quotedListOf(value as readonly string[]) : listOf(value as readonly unknown[])
}

/** In a list of such values. */
function travelsAsText(type: Column<never>['type']): boolean {
  return isArray(type) || type === 'tsvector' || type === 'jsonb'
}

function isArray(type: Column<never>['type']): type is ArrayType {
  return type.endsWith('[]')
}

function quotedListOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

/** A Postgres array literal of numbers; the driver's own quoting is for texts and costs more. */
export function listOf(values: readonly unknown[]): string {
  return `{${values.map((value) => (value === null ? 'null' : String(value))).join(',')}}`
}

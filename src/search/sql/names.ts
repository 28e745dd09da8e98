/** The table of a type's current rows. Only a name from the definitions may come here; anything else throws. */
export function table(type: string): string {
  return `"${checked(type, /^[A-Z][A-Za-z]+$/).toLowerCase()}"`
}

/** The table of all versions of a type, with the JSON. */
export function versions(type: string): string {
  return `"${checked(type, /^[A-Z][A-Za-z]+$/).toLowerCase()}_v"`
}

export function literal(type: string): string {
  return `'${checked(type, /^[A-Z][A-Za-z]+$/)}'`
}

/** `s."date_lo"` */
export function dateColumn(alias: string, column: string, side: 'lo' | 'hi' | 'lz' | 'hz'): string {
  return `${alias}."${checked(column, /^[a-z][a-z0-9_]*$/)}_${side}"`
}

function checked(name: string, pattern: RegExp): string {
  if (!pattern.test(name)) throw new Error(`"${name}" must never become part of a statement`)
  return name
}

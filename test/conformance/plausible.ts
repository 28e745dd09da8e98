import type { Definitions } from '../../src/definitions/definitions.ts'

/** A value that a search parameter of this type could have. */
const values: Readonly<Record<string, string>> = {
  number: '1',
  date: '2024-01-01',
  string: 'a',
  token: 'http://example.org|a',
  reference: 'Patient/1',
  quantity: '1',
  uri: 'http://example.org',
}
const special: Readonly<Record<string, string>> = { near: '40|-70|10|km', _filter: '_id eq "1"', _list: '1' }
/** Tokens whose values are ids or media types rather than codings. */
const plain: Readonly<Record<string, string>> = { _id: 'absent', _type: 'Patient' }

interface Parameter {
  readonly name: string
  readonly type: string
  readonly definition: string
}

export function valueOf(definitions: Definitions, type: string, { name, type: kind }: Parameter): string {
  if (plain[name] !== undefined) return plain[name]
  if (kind === 'composite') {
    const { components = [] } = definitions.searchParameter(type, name) ?? {}
    return components.map((component) => values[component.type] ?? 'a').join('$')
  }
  return values[kind] ?? special[name] ?? 'a'
}

/** What to send of a type: its example; without one, so little that the answer is about its content. */
export function bodyOf(type: string, example: object | undefined): Record<string, unknown> {
  return { ...(example ?? {}), resourceType: type }
}

import type { Question } from './scope-questions.ts'

/** What a question asks for, in the words of FHIR's table of interactions: `conditional update`, `$meta of a type`. */
export function kindOf({ method, url, condition = {} }: Pick<Question, 'method' | 'url' | 'condition'>): string {
  const [path = '', query = ''] = url.split('?')
  const [first = '', ...rest] = path.split('/')
  const last = rest.at(-1) ?? first
  if (last.startsWith('$')) return `${last} of ${['the system', 'a type', 'an instance'][rest.length]}`
  if (method === 'POST') return last === '_search' ? searchKind([first, ...rest], ' by POST') : creation(condition)
  if (method !== 'GET') return `${query === '' ? '' : 'conditional '}${written[method]}`
  if (last === '_history') return `history-${['system', 'type', 'instance'][rest.length]}`
  if (rest[1] === '_history') return 'vread'
  if (rest.length === 1) return Object.keys(condition).length > 0 ? 'conditional read' : 'read'
  return searchKind([first, ...rest], '')
}

const written = { PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const

function creation(condition: object): string {
  return 'ifNoneExist' in condition ? 'conditional create' : 'create'
}

function searchKind(segments: readonly string[], way: string): string {
  const named = segments.filter((segment) => segment !== '' && segment !== '_search')
  if (named.length > 1) return `search in a compartment${way}`
  return `search-${named.length === 0 ? 'system' : 'type'}${way}`
}

/** What a search follows from one resource to another. */
export function joinsOf({ url }: Pick<Question, 'url'>): string[] {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  return [...query.keys()].flatMap((name) => {
    if (name === '_include' || name === '_revinclude') return [name]
    if (name.startsWith('_has:')) return ['_has']
    return name.includes('.') ? ['chain'] : []
  })
}

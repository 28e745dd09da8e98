import { isId } from '../../fhir/resource.ts'
import type { TrailRow } from '../../store/audit-trail-rows.ts'

/** So many patients that a request names are told of it; nobody names more by hand. */
const most = 20

/**
 * The ids of the patients whom a request names in its address: `Patient/1`, `Patient/1/Observation`, `patient=1,2`,
 * `subject=Patient/1`, `Patient?_id=1`. Whether they exist is for others to find out.
 */
export function askedAbout({ type, id, query }: Pick<TrailRow, 'type' | 'id' | 'query'>): string[] {
  const found = new Set<string>()
  const add = (one: string) => isId(one) && found.size < most && found.add(one)
  if (type === 'Patient' && id !== null) add(id)
  if (query === null) return [...found]
  const [path, parameters] = split(query)
  const inPath = /(?:^|\/)Patient\/([^/?$]+)/.exec(path)?.[1]
  if (inPath !== undefined && !inPath.startsWith('_')) add(inPath)
  for (const [name, value] of new URLSearchParams(parameters)) {
    const bare = /^(?:patient|subject:Patient)$/.test(name) || (type === 'Patient' && name === '_id')
    for (const one of value.split(',')) {
      const reference = /(?:^|\/)Patient\/([^/]+)$/.exec(one)?.[1]
      if (reference !== undefined) add(reference)
      else if (bare) add(one)
    }
  }
  return [...found]
}

/** The address, and the parameters of it and of a form that was posted; or parameters alone, by which a condition asks. */
function split(query: string): [path: string, parameters: string] {
  if (/^[^/?]*=/.test(query)) return ['', query]
  const [line = '', ...form] = query.split('\n')
  const address = line.replace(/^[A-Z]+ /, '')
  const at = address.indexOf('?')
  const parameters = [at < 0 ? '' : address.slice(at + 1), form.join('\n').trim()].filter((text) => text !== '')
  return [at < 0 ? address : address.slice(0, at), parameters.join('&')]
}

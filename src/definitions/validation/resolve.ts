import type { Frame } from '../walk.ts'
import { isObject } from './occurrence.ts'

type Json = Record<string, unknown>

/**
 * The resource that a reference leads to within what is being validated: a contained one, or an entry of the same Bundle.
 *
 * https://hl7.org/fhir/R4/bundle.html#references
 */
export function resolve(reference: unknown, frame: Frame): Json | undefined {
  const text = isObject(reference) ? reference.reference : reference
  if (typeof text !== 'string') return undefined
  const root = frame.root ?? frame
  if (text.startsWith('#')) {
    return resourcesIn(root.resource, 'contained').find(({ id }) => id === text.slice(1))
  }
  const bundle = root.outer?.resource
  const entries = resourcesIn(bundle, 'entry')
  const own = entries.find(({ resource }) => resource === root.resource)?.fullUrl
  const base = typeof own === 'string' ? /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[^/]+$/.exec(own)?.[1] : undefined
  const url = text.split('/_history/', 1)[0]!
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : base === undefined ? undefined : `${base}/${url}`
  const found = entries.find(({ fullUrl }) => fullUrl !== undefined && fullUrl === absolute)?.resource
  return isObject(found) ? found : undefined
}

function resourcesIn(container: unknown, member: string): readonly Json[] {
  const list = isObject(container) ? container[member] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

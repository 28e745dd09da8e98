import { isAbsolute } from '../../fhir/reference.ts'
import type { Json, Entries, Frame } from '../walk.ts'
import { isObject } from './occurrence.ts'

const restful = /^(https?:\/\/.+)\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/

/**
 * The resource that a reference leads to within what is being validated: a contained one, or an entry of the same Bundle.
 *
 * https://hl7.org/fhir/R4/bundle.html#references
 */
export function resolve(reference: unknown, frame: Frame): Json | undefined {
  const text = isObject(reference) ? reference.reference : reference
  if (typeof text !== 'string') return undefined
  const root = frame.root ?? frame
  if (text.startsWith('#')) return containedIn(root).get(text.slice(1))
  if (!root.outer) return undefined
  const [found] = entriesNamed(root.outer, text, entriesIn(root.outer).urlOf.get(root.resource))
  return isObject(found?.resource) ? found.resource : undefined
}

/** What is contained in the resource of a frame, by id. */
export function containedIn(frame: Frame): ReadonlyMap<unknown, Json> {
  // Of two with one id the first is meant.
  frame.contained ??= new Map(
    objectsIn(frame.resource, 'contained')
      .map((one) => [one.id, one] as const)
      .reverse(),
  )
  return frame.contained
}

/** The entries that a reference means; `from`: the fullUrl of the one that refers, below whose base relative ones stand. */
export function entriesNamed(bundle: Frame, reference: string, from: string | undefined): readonly Json[] {
  if (isAbsolute(reference)) return entriesIn(bundle).byUrl.get(reference) ?? []
  const base = restfulUrl(from ?? '')?.base
  return (base === undefined ? undefined : entriesIn(bundle).byUrl.get(`${base}/${reference}`)) ?? []
}

/** Made once, since as many references as there are entries may ask. */
function entriesIn(frame: Frame): Entries {
  return (frame.entries ??= indexed(objectsIn(frame.resource, 'entry')))
}

function indexed(entries: readonly Json[]): Entries {
  const byUrl = new Map<string, Json[]>()
  const urlOf = new Map<unknown, string>()
  for (const entry of entries) {
    const { fullUrl, resource } = entry
    if (typeof fullUrl !== 'string') continue
    if (resource !== undefined) urlOf.set(resource, fullUrl)
    const meta = isObject(resource) ? resource.meta : undefined
    const version = isObject(meta) ? meta.versionId : undefined
    for (const key of typeof version === 'string' ? [fullUrl, `${fullUrl}/_history/${version}`] : [fullUrl]) {
      const named = byUrl.get(key)
      if (named) named.push(entry)
      else byUrl.set(key, [entry])
    }
  }
  return { byUrl, urlOf }
}

/** The parts of `[base]/[type]/[id]`. */
export function restfulUrl(url: string): { base: string; type: string; id: string } | undefined {
  const [, base, type, id] = restful.exec(url) ?? []
  return base === undefined ? undefined : { base, type: type!, id: id! }
}

function objectsIn(container: unknown, member: string): readonly Json[] {
  const list = isObject(container) ? container[member] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

import { timeRange } from '../../fhir/date-time.ts'
import type { Walk } from '../walk.ts'
import { containedIn } from './resolve.ts'

type Json = Readonly<Record<string, unknown>>

/** Whether it holds, for objects of the right shape. */
export type Holds = (value: Json, walk: Walk) => boolean | undefined

/**
 * The invariants that stand on nearly every resource, as code; keyed by the expression, so that another rule under the same
 * key is evaluated as it is written. A test compares them with FHIRPath.
 */
export const fastInvariants: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ['hasValue() or (children().count() > id.count())', hasMoreThanId],
  ['extension.exists() != value.exists()', isExtensionOrValue],
  ['contained.contained.empty()', (value) => contained(value).every((inner) => inner.contained === undefined)],
  [
    'contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()',
    (value) => contained(value).every(({ meta }) => lacks(meta, 'versionId') && lacks(meta, 'lastUpdated')),
  ],
  ['contained.meta.security.empty()', (value) => contained(value).every(({ meta }) => lacks(meta, 'security'))],
  [
    "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | " +
      "%resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or " +
      "descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = '#').exists()).not())" +
      ".trace('unmatched', id).empty()",
    isEachReferenced,
  ],
  [
    "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))",
    isFoundInside,
  ],
  ['start.hasValue().not() or end.hasValue().not() or (start <= end)', endsAfterStart],
])

function hasMoreThanId(value: Json): boolean {
  for (const key in value) if (key !== 'id') return true
  return false
}

function isExtensionOrValue(value: Json): boolean {
  let hasValue = false
  for (const key in value) {
    if (/^_?value[A-Z]/.test(key)) hasValue = true
  }
  return hasValue !== (value.extension !== undefined)
}

const nothing: readonly Json[] = []

function contained({ contained: inner }: Json): readonly Json[] {
  return Array.isArray(inner) ? (inner as Json[]) : nothing
}

function lacks(meta: unknown, member: string): boolean {
  return (meta as Json | undefined)?.[member] === undefined
}

/** What refers to something inside was noted on the way. "#" from inside names the container itself. */
function isEachReferenced(value: Json, { frame }: Walk): boolean {
  return contained(value).every((inner) => frame.fragments?.has(`#${String(inner.id)}`) || frame.fragments?.has(inner))
}

function isFoundInside({ reference }: Json, { frame }: Walk): boolean {
  if (typeof reference !== 'string' || reference.charCodeAt(0) !== 0x23) return true
  // "A reference to the containing resource": https://hl7.org/fhir/R4/references.html#contained
  if (reference === '#') return true
  return containedIn(frame.root ?? frame).has(reference.slice(1))
}

/** "The end value includes any matching date/time: 2012-02-03T10:00:00 is in a period that has an end value of 2012-02-03." */
function endsAfterStart({ start, end }: Json): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true
  if (start.length === end.length && zoneOf(start) === zoneOf(end) && start <= end) return true
  const [from, to] = [timeRange(start), timeRange(end)]
  return !from || !to || from[0] < to[1]
}

function zoneOf(time: string): string {
  return time.length <= '2012-02-03'.length || time.endsWith('Z') ? '' : time.slice(-'+00:00'.length)
}

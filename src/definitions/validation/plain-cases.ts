import { timeRange } from '../../fhir/date-time.ts'

type Json = Readonly<Record<string, unknown>>

/** Whether an invariant plainly holds; where it does not, FHIRPath has the say. */
export type PlainlyHolds = (value: Json) => boolean

/**
 * Invariants that FHIRPath alone can judge in full, with the case that nearly every resource is: there is nothing to judge, or
 * a look at a few members tells. Keyed by the expression, as in fast-invariants.ts; the same test compares.
 */
export const plainCases: ReadonlyMap<string, PlainlyHolds> = new Map<string, PlainlyHolds>([
  [
    'value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()',
    (value) => value.component === undefined || !hasChoice(value, 'value'),
  ],
  [
    'lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn',
    (value) => isInOrder(value, 'authoredOn', 'lastModified'),
  ],
  [
    'whenHandedOver.empty() or whenPrepared.empty() or whenHandedOver >= whenPrepared',
    (value) => isInOrder(value, 'whenPrepared', 'whenHandedOver'),
  ],
  ['low.empty() or high.empty() or (low <= high)', (value) => lacks(value, 'low') || lacks(value, 'high')],
  [
    'onBehalfOf.exists() implies (member.resolve().iif(empty(), true, ofType(Practitioner).exists()))',
    (value) => lacks(value, 'onBehalfOf'),
  ],

  [
    "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = 'history'))",
    (value) => eachEntryHas(value, 'request', ['batch', 'transaction', 'history']),
  ],
  [
    "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or %resource.type = 'history'))",
    (value) => eachEntryHas(value, 'response', ['batch-response', 'transaction-response', 'history']),
  ],
  [
    "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
    hasOneEntryForEachUrl,
  ],
  ["type = 'document' implies entry.first().resource.is(Composition)", (value) => isOther(value.type, 'document')],
  ["type = 'message' implies entry.first().resource.is(MessageHeader)", (value) => isOther(value.type, 'message')],

  [
    "(type='group' implies item.empty().not()) and (type.trace('type')='display' implies item.trace('item').empty())",
    ({ type, item }) =>
      typeof type === 'string' && (type === 'group' ? item !== undefined : type !== 'display' || item === undefined),
  ],
  ["operator = 'exists' implies (answer is Boolean)", (value) => isOther(value.operator, 'exists')],
  [
    'descendants().linkId.isDistinct()',
    (value) => areDistinct(below(value, (object) => [object.linkId, object._linkId])),
  ],
  [
    'concept.code.combine($this.descendants().concept.code).isDistinct()',
    (value) =>
      areDistinct(
        [value, ...below(value, (object) => [object])]
          .flatMap((object) => listOf((object as Json).concept))
          .flatMap(({ code, _code }) => [code, _code]),
      ),
  ],
  [
    'group.stratifier.all((code | description | criteria).exists() xor component.exists())',
    ({ group }) =>
      stratifiersOf(group).every(
        (one) =>
          (lacks(one, 'code') && lacks(one, 'description') && lacks(one, 'criteria')) !== lacks(one, 'component'),
      ),
  ],
  [
    'group.stratifier.stratum.all(value.exists() xor component.exists())',
    ({ group }) =>
      stratifiersOf(group)
        .flatMap(({ stratum }) => listOf(stratum))
        .every((one) => lacks(one, 'value') !== lacks(one, 'component')),
  ],

  [
    "min.empty() or max.empty() or (max = '*') or iif(max != '*', min <= max.toInteger())",
    (value) => value.max === '*' || lacks(value, 'min') || lacks(value, 'max'),
  ],
  [
    "binding.empty() or type.code.empty() or type.select((code = 'code') or (code = 'Coding') or (code='CodeableConcept') or (code = 'Quantity') or (code = 'string') or (code = 'uri')).exists()",
    (value) => lacks(value, 'binding'),
  ],
  [
    "sliceName.empty() or sliceName.matches('^[a-zA-Z0-9\\\\/\\\\-_\\\\[\\\\]\\\\@]+$')",
    (value) => lacks(value, 'sliceName'),
  ],
  ['constraint.select(key).isDistinct()', (value) => lacks(value, 'constraint')],
])

/** Neither a value nor anything beside it. */
function lacks(value: Json, member: string): boolean {
  return value[member] === undefined && value[`_${member}`] === undefined
}

function hasChoice(value: Json, element: string): boolean {
  for (const key in value) if (key.startsWith(element, key.charCodeAt(0) === 0x5f ? 1 : 0)) return true
  return false
}

/** A text that is there, and another one. */
function isOther(value: unknown, text: string): boolean {
  return typeof value === 'string' && value !== text
}

/** One of them is missing, or both are as precise and in order. */
function isInOrder(value: Json, first: string, second: string): boolean {
  if (lacks(value, first) || lacks(value, second)) return true
  const [from, to] = [value[first], value[second]]
  if (typeof from !== 'string' || typeof to !== 'string' || from.length !== to.length) return false
  const [start, end] = [timeRange(from), timeRange(to)]
  return start !== undefined && end !== undefined && start[0] <= end[0]
}

/** Only if the Bundle is of one of the types. */
function eachEntryHas({ type, entry }: Json, member: string, types: readonly string[]): boolean {
  if (typeof type !== 'string') return false
  const wanted = types.includes(type)
  return listOf(entry).every((one) => (one[member] !== undefined) === wanted)
}

function hasOneEntryForEachUrl({ type, entry }: Json): boolean {
  if (type === 'history') return true
  const entries = listOf(entry).filter((one) => !lacks(one, 'fullUrl'))
  const named = entries.map(({ fullUrl, resource }) => {
    const { versionId = '' } = ((resource as Json | undefined)?.meta ?? {}) as Json
    return typeof fullUrl === 'string' && typeof versionId === 'string' ? fullUrl + versionId : {}
  })
  return areDistinct(named)
}

/** What is undefined does not count; what is no text cannot be told. */
function areDistinct(values: readonly unknown[]): boolean {
  const present = values.filter((value) => value !== undefined)
  return present.every((value) => typeof value === 'string') && new Set(present).size === present.length
}

/** Of every object inside of this one, whatever holds it. */
function below(value: unknown, of: (object: Json) => readonly unknown[]): unknown[] {
  const inner = Object.values(value as object).filter((member) => typeof member === 'object' && member !== null)
  return inner.flatMap((member) => [...(Array.isArray(member) ? [] : of(member as Json)), ...below(member, of)])
}

function stratifiersOf(group: unknown): readonly Json[] {
  return listOf(group).flatMap(({ stratifier }) => listOf(stratifier))
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]).filter((item) => item !== null) : []
}

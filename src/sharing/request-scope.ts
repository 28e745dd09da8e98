import { hasCode } from '../access/elements.ts'
import { labelsOf, maskOf } from '../access/labels.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Coding, Reference, Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import type { Parameter } from './access-request.ts'
import type { CodeableConcept } from './codes.ts'

/** What of a record is asked for: named documents, and those of a kind or a time; or all of it. */
export interface Wanted {
  readonly whole: boolean
  readonly ids: readonly string[]
  readonly identifiers: readonly { system?: string; value?: string }[]
  /** Categories and types of documents. */
  readonly codes: readonly Coding[]
  readonly period: { start?: string; end?: string } | undefined
  /** Labels above the ordinary that are asked for as well. */
  readonly labels: readonly Coding[]
}

type Query = readonly (readonly [name: string, value: string])[]

const most = 100

/** Reads `input[scope]`, or what an approver grants of it. Throws for what is none. */
export function wantedIn(parameters: readonly Parameter[], expression: string, base: string): Wanted {
  const ids: string[] = []
  const identifiers: { system?: string; value?: string }[] = []
  const codes: Coding[] = []
  const labels: Coding[] = []
  let period: Wanted['period']
  let whole = false
  for (const { valueReference, valueIdentifier, valueCodeableConcept, valueCoding, valuePeriod } of parameters) {
    const codings = valueCoding
      ? [valueCoding as Coding]
      : ((valueCodeableConcept as CodeableConcept | undefined)?.coding ?? [])
    if (valueReference) ids.push(documentIn(valueReference as Reference, expression, base))
    else if (valueIdentifier) identifiers.push(valueIdentifier)
    else if (valuePeriod) period = valuePeriod
    else if (codings.length === 0) throw unknownScope(expression)
    else if (hasCode(valueCodeableConcept, 'record')) whole = true
    else for (const coding of codings) (maskOf([coding]) === 0 ? codes : labels).push(coding)
  }
  const named = ids.length + identifiers.length + codes.length + (period ? 1 : 0)
  if (whole ? named > 0 : named === 0) throw unknownScope(expression)
  return { whole, ids, identifiers, codes, period, labels }
}

function documentIn(reference: Reference, expression: string, base: string): string {
  const target = localReference(reference.reference ?? '', base)
  if (target?.type !== 'DocumentReference') throw unknownScope(expression)
  return target.id
}

function unknownScope(expression: string): FhirError {
  const text =
    'Access is asked for documents (a reference or an identifier), categories or types of them, a period, or the whole record.'
  return new FhirError('unprocessable', text, { expression })
}

/** The current documents of the patient that are meant. What is labelled above the ordinary is, when it or the label is named. */
export async function documentsWanted(wanted: Wanted, patientId: string, work: Work): Promise<Resource[]> {
  const { ids, identifiers, codes, period, labels } = wanted
  const dates: Query = [
    ...(period?.start ? [['date', `ge${period.start}`] as const] : []),
    ...(period?.end ? [['date', `le${period.end}`] as const] : []),
  ]
  const named: Query[] = [
    ...(ids.length > 0 ? [[['_id', ids.join(',')] as const]] : []),
    ...(identifiers.length > 0 ? [[['identifier', identifiers.map(tokenOf).join(',')] as const]] : []),
  ]
  const tokens = codes.map(tokenOf).join(',')
  const kinds: Query[] = codes.length > 0 ? ['category', 'type'].map((by) => [[by, tokens], ...dates]) : []
  const any: Query[] = period && codes.length === 0 ? [dates] : []
  const open = (document: Resource) => (labelsOf(document) & ~maskOf(labels)) === 0
  const found = new Map<string, Resource>()
  for (const query of named) for (const one of await matching(query)) found.set(one.id!, one)
  for (const query of [...kinds, ...any])
    for (const one of await matching(query)) if (open(one)) found.set(one.id!, one)
  return [...found.values()]

  async function matching(query: Query): Promise<Resource[]> {
    const search = new URLSearchParams({ patient: patientId, status: 'current' })
    for (const [name, value] of query) search.append(name, value)
    const documents = await work.find('DocumentReference', search.toString())
    if (documents.length < most) return documents
    const text = `That is ${most} documents or more: grant fewer at once, or the whole record.`
    throw new FhirError('unprocessable', text, { expression: 'Task.output' })
  }
}

/** https://hl7.org/fhir/R4/search.html#escaping */
export function tokenOf({ system, code, value }: { system?: string; code?: string; value?: string }): string {
  const escaped = (text: string) => text.replace(/[\\$,|]/g, '\\$&')
  const name = escaped(code ?? value ?? '')
  return system === undefined ? name : `${escaped(system)}|${name}`
}

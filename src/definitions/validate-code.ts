import type { Bindings, CodeList } from './bindings.ts'
import { quoted } from './primitives.ts'
import type { Member } from './structure.ts'
import type { Walk } from './walk.ts'

export type CodeCheck = (value: unknown, walk: Walk) => void

interface Coding {
  readonly system?: string
  readonly code?: string
}

/** A few codes are named in full, more by the name of their value set. */
const namedCodes = 20

/**
 * "To be conformant, the concept in this element SHALL be from the specified value set." Undefined where no binding is
 * required. https://hl7.org/fhir/R4/terminologies.html#required
 */
export function codeCheck(bindings: Bindings, { element, type }: Member): CodeCheck | undefined {
  const valueSet = element.requiredValueSet
  if (valueSet === undefined) return undefined
  const check = checkOf[type]
  return (
    check &&
    ((value, walk) => {
      const list = bindings.codeList(valueSet)
      if (list) check(value, list, walk)
    })
  )
}

/**
 * "To be conformant, the concept in this element SHALL be from the specified value set if any of the codes within the value set
 * can apply": nobody but a person can tell, so it is advice. https://hl7.org/fhir/R4/terminologies.html#extensible
 */
export function extensibleAdvice(bindings: Bindings, { element }: Member): CodeCheck | undefined {
  const valueSet = element.extensibleValueSet
  if (valueSet === undefined) return undefined
  return (value, walk) => {
    const codings = codingsOf(value).filter(({ code }) => code !== undefined)
    const list = codings.length > 0 ? bindings.codeList(valueSet) : undefined
    if (!list || codings.some(({ system, code }) => list.has(system, code!))) return
    walk.warn(
      `${codings.map(shown).join(', ')} is not ${choices(list)}, which is to be used where it has a fitting code`,
      'code-invalid',
    )
  }
}

/** The binding of a profile, on a value of the type. */
export function checkBinding(
  bindings: Bindings,
  { strength, valueSet }: { readonly strength: string; readonly valueSet?: string },
  type: string,
  value: unknown,
  walk: Walk,
): void {
  const list = valueSet === undefined ? undefined : bindings.codeList(valueSet)
  if (list && strength === 'required') checkOf[type]?.(value, list, walk)
}

/** Of a CodeableConcept, a Coding or a Quantity. */
function codingsOf(value: unknown): readonly Coding[] {
  const { coding } = value as { coding?: unknown }
  return Array.isArray(coding) ? (coding as Coding[]) : [value as Coding]
}

const checkOf: Readonly<Record<string, (value: unknown, list: CodeList, walk: Walk) => void>> = {
  code: text,
  string: text,
  uri: text,
  Coding: (value, list, walk) => {
    const coding = value as Coding
    if (coding.code !== undefined && !list.has(coding.system, coding.code)) refuse(shown(coding), list, walk)
  },
  Quantity: (value, list, walk) => {
    const quantity = value as Coding
    if (quantity.code !== undefined && !list.has(quantity.system, quantity.code)) refuse(shown(quantity), list, walk)
  },
  CodeableConcept: concept,
}

function text(value: unknown, list: CodeList, walk: Walk): void {
  if (typeof value === 'string' && !list.codes.has(value)) refuse(quoted(value), list, walk)
}

/** One coding of the value set is enough; others may translate it. */
function concept(value: unknown, list: CodeList, walk: Walk): void {
  const { coding, extension } = value as { coding?: unknown; extension?: unknown }
  const codings: readonly Coding[] = Array.isArray(coding) ? coding : []
  if (codings.some(({ system, code }) => code !== undefined && list.has(system, code))) return
  if (codings.length > 0) return refuse(codings.map(shown).join(', '), list, walk, 'coding')
  // Why there is no code may be said in an extension.
  if (extension === undefined) walk.report('code-invalid', `a coding is required: ${choices(list)}`)
}

function refuse(what: string, list: CodeList, walk: Walk, below?: string): void {
  walk.report('code-invalid', `${what} is not ${choices(list)}`, below)
}

function choices(list: CodeList): string {
  if (list.codes.size > namedCodes) return `in the value set ${list.name} (${list.url})`
  return `one of ${[...list.codes].join(', ')}`
}

function shown({ system, code }: Coding): string {
  return quoted(system === undefined ? (code ?? '') : `${system}|${code ?? ''}`)
}

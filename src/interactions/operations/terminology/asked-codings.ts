import { FhirError } from '../../../fhir/error.ts'
import type { Coding } from '../../../fhir/resource.ts'
import type { Given } from '../../operation-parameters.ts'

/** A code that an operation is asked about. https://hl7.org/fhir/R4/terminology-service.html#validation */
export interface AskedCode {
  readonly system: string | undefined
  readonly version: string | undefined
  readonly code: string
  readonly display: string | undefined
}

/** As a code with its system, a Coding, or a CodeableConcept whose codings may each be the right one: one of the three. */
export function askedCodings(given: Given, versionName: 'version' | 'systemVersion', system?: string): AskedCode[] {
  const forms = ['code', 'coding', 'codeableConcept'].filter((name) => given.has(name))
  if (forms.length !== 1) throw refused('Ask about one "code", "coding" or "codeableConcept".', forms[1] ?? 'code')
  const code = given.text('code')
  if (code !== undefined) {
    const ownSystem = given.text('system') ?? system
    if (ownSystem === undefined) throw refused('A "code" needs its "system".', 'system')
    return [{ system: ownSystem, version: given.text(versionName), code, display: given.text('display') }]
  }
  const concept = given.element<{ coding?: Coding[] }>('codeableConcept')
  const codings = concept ? (concept.coding ?? []) : [given.element<Coding>('coding')!]
  const found = codings.flatMap((coding) => (coding.code === undefined ? [] : [askedCode(coding, coding.code)]))
  if (found.length === 0) throw refused('There is no code to ask about.', given.place(forms[0]!))
  return found
}

function askedCode({ system, version, display }: Coding, code: string): AskedCode {
  return { system, version, code, display }
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('invalidQuery', text, { expression })
}

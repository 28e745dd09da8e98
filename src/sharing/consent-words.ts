import type { Provision } from '../access/consent-rules.ts'
import { namedBy } from '../access/labels.ts'
import { grantObligation, isForeignObligation, type Obliging } from '../access/obligations.ts'
import { purposesOf } from '../access/purposes.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'

/** In days: how long a grant lasts at most that somebody else than the patient gives. */
export const longestShare = 90

export type Giver = 'patient' | 'doctor' | 'office'

/**
 * What nobody may write into a Consent here, because it would not be understood as it is meant: unknown purposes and labels,
 * actors and data that are contained, exceptions of exceptions, and from patients what IHE's profiles leave out.
 *
 * https://profiles.ihe.net/ITI/PCF/content.html
 */
export function refuseWords(consent: Resource, giver: Giver): void {
  if (consent['contained']) throw refused('A Consent names what is stored, and contains nothing.', 'Consent.contained')
  if (giver === 'patient' && consent['verification']) throw refused(unused, 'Consent.verification')
  refuseObligations(consent as Obliging, 'Consent')
  refuseProvision(consent['provision'] as Provision | undefined, 'Consent.provision', giver, 0)
}

const unused = 'This element has no meaning in the consent of a patient.'
/** A rule, and exceptions to it. */
const levels = 2

function refuseProvision(provision: Provision | undefined, path: string, giver: Giver, depth: number): void {
  if (!provision) return
  if (depth >= levels) throw refused('An exception has no exceptions of its own.', path)
  if (purposesOf(provision.purpose ?? []).unknown) {
    throw refused(
      'This purpose is unknown here; known are TREAT, HPAYMT, HOPERAT, HRESCH and others of v3-ActReason.',
      `${path}.purpose`,
    )
  }
  if (namedBy(provision.securityLabel ?? []).unknown) {
    throw refused('This security label is unknown here.', `${path}.securityLabel`)
  }
  refuseObligations(provision, path)
  for (const element of ['action', 'class', 'code'] as const) {
    if (giver === 'patient' && provision[element]) throw refused(unused, `${path}.${element}`)
  }
  for (const [n, exception] of (provision.provision ?? []).entries()) {
    refuseProvision(exception, `${path}.provision[${n}]`, giver, depth + 1)
  }
}

function refuseObligations({ extension = [] }: Obliging, path: string): void {
  const at = extension.findIndex(isForeignObligation)
  if (at === -1) return
  throw refused(`An obligation is written as the extension ${grantObligation}.`, `${path}.extension[${at}]`)
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('unprocessable', text, { expression })
}

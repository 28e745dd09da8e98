import type { Coding, Resource } from '../fhir/resource.ts'

/**
 * Security labels as bits: what makes a row more than normally confidential, or sensitive. A row is open to those whose
 * mask holds all of its bits, so that a label nobody has named for them closes it.
 *
 * https://hl7.org/fhir/R4/security-labels.html
 */
const bits: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality': { R: 1 << 0, V: 1 << 1 },
  'http://terminology.hl7.org/CodeSystem/v3-ActCode': {
    ETH: 1 << 2,
    SUD: 1 << 2,
    ETHUD: 1 << 3,
    OPIOIDUD: 1 << 4,
    PSY: 1 << 5,
    MH: 1 << 5,
    BH: 1 << 5,
    PSYTHPN: 1 << 5,
    SDV: 1 << 6,
    DVD: 1 << 6,
    VIO: 1 << 6,
    HIV: 1 << 7,
    SEX: 1 << 8,
    STD: 1 << 8,
    GDIS: 1 << 9,
    SICKLE: 1 << 9,
    SCA: 1 << 9,
    CEL: 1 << 10,
    EMP: 1 << 10,
    TBOO: 1 << 11,
    SPI: 1 << 11,
  },
}

/** Every bit that a label can set. */
const every = (1 << 12) - 1
const restrictedOrVeryRestricted = 0b11

export const labelMasks = {
  /** Nothing above normal confidentiality. */
  normal: 0,
  every,
  /** All but restricted and very restricted: what administrators may open of a document's content. */
  unrestricted: every & ~restrictedOrVeryRestricted,
} as const

/** The mask of a resource: its `meta.security`, and the labels that a document declares for its content. */
export function labelsOf(resource: Resource): number {
  const declared = (resource['securityLabel'] as { coding?: Coding[] }[] | undefined) ?? []
  return maskOf([...(resource.meta?.security ?? []), ...declared.flatMap(({ coding }) => coding ?? [])])
}

export function maskOf(codings: readonly Coding[]): number {
  return codings.reduce((mask, { system, code }) => mask | (bits[system ?? '']?.[code ?? ''] ?? 0), 0)
}

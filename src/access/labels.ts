import type { Coding, Resource } from '../fhir/resource.ts'
import { labelBits } from '../search/label-bits.ts'

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

const { every, confidential, normal, restricted, sensitive } = labelBits

export const labelMasks = {
  /** Nothing above normal confidentiality. */
  normal: 0,
  every,
  /** All but restricted and very restricted: what administrators may open of a document's content. */
  unrestricted: every & ~confidential,
} as const

/** The mask of a resource: its `meta.security`, and the labels that a document declares for its content. */
export function labelsOf(resource: Resource): number {
  const declared = (resource['securityLabel'] as { coding?: Coding[] }[] | undefined) ?? []
  return maskOf([...(resource.meta?.security ?? []), ...declared.flatMap(({ coding }) => coding ?? [])])
}

export function maskOf(codings: readonly Coding[]): number {
  return codings.reduce((mask, { system, code }) => mask | (bits[system ?? '']?.[code ?? ''] ?? 0), 0)
}

/** What the labels of a provision name, with a bit of its own for data without any; `unknown` where one means nothing here. */
export function namedBy(codings: readonly Coding[]): { mask: number; unknown: boolean } {
  const masks = codings.map((coding) => (isNormal(coding) ? normal : maskOf([coding])))
  return { mask: masks.reduce((all, one) => all | one, 0), unknown: masks.includes(0) }
}

function isNormal({ system, code }: Coding): boolean {
  return (
    system === 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality' && ['N', 'L', 'M', 'U'].includes(code ?? '')
  )
}

/**
 * Whether a permit that names these labels covers a row that has those: by the row's confidentiality, or by all of its
 * topics, which make it restricted but never very restricted. search/sql/grant-scope.ts says the same of columns.
 */
export function permitsLabels(named: number, has: number): boolean {
  if (has === 0) return (named & normal) !== 0
  const byConfidentiality = (has & confidential) !== 0 && (has & confidential & ~named) === 0
  const byTopic = (has & sensitive) !== 0 && (has & every & ~restricted & ~named) === 0
  return byConfidentiality || byTopic
}

/** Whether a deny that names these labels covers a row that has those: one is enough. */
export function deniesLabels(named: number, has: number): boolean {
  return (has & named) !== 0 || (has === 0 && (named & normal) !== 0)
}

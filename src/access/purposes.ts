import type { Coding } from '../fhir/resource.ts'

/**
 * What somebody wants data for, as bits: those that a Consent may name here.
 *
 * https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html
 */
const bits: Readonly<Record<string, number>> = {
  TREAT: 1 << 0,
  HPAYMT: 1 << 1,
  HOPERAT: 1 << 2,
  HRESCH: 1 << 3,
  ETREAT: 1 << 4,
  BTG: 1 << 5,
  PATRQT: 1 << 6,
  PUBHLTH: 1 << 7,
  HMARKT: 1 << 8,
  FAMRQT: 1 << 9,
  PWATRNY: 1 << 10,
  SUPNWK: 1 << 11,
}

const system = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

export const purposes = {
  /** What doctors act for, unless they say otherwise. */
  treatment: bits['TREAT']!,
  breakGlass: bits['BTG']!,
} as const

/** The purposes of a provision; `unknown` where one means nothing here. */
export function purposesOf(codings: readonly Coding[]): { mask: number; unknown: boolean } {
  const masks = codings.map((coding) => ((coding.system ?? system) === system ? (bits[coding.code ?? ''] ?? 0) : 0))
  return { mask: masks.reduce((all, one) => all | one, 0), unknown: masks.includes(0) }
}

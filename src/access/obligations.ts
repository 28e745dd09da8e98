/** What whoever is given access must keep to, as bits: the extension `grant-obligation` of a Consent or of its provisions. */
export const obligationBits: Readonly<Record<string, number>> = {
  'step-up': 1,
  'no-print': 2,
  'no-reshare': 4,
  'view-only': 8,
}

/** Whoever may only view may not pass on. */
export const forbidsSharing = obligationBits['no-reshare']! | obligationBits['view-only']!

export function obligationsOf({ extension = [] }: { extension?: { url?: string; valueCode?: string }[] }): number {
  return extension
    .filter(({ url }) => url?.endsWith('/StructureDefinition/grant-obligation'))
    .reduce((bits, { valueCode }) => bits | (obligationBits[valueCode ?? ''] ?? 0), 0)
}

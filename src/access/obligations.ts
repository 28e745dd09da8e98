/** What whoever is given access must keep to, as bits: the extension `grant-obligation` of a Consent or of its provisions. */
export const obligationBits: Readonly<Record<string, number>> = {
  'step-up': 1,
  'no-print': 2,
  'no-reshare': 4,
  'view-only': 8,
}

export const grantObligation = 'https://chartshare.example/fhir/StructureDefinition/grant-obligation'

/** Whoever may only view may not pass on. */
export const forbidsSharing = obligationBits['no-reshare']! | obligationBits['view-only']!

const all = Object.values(obligationBits).reduce((bits, bit) => bits | bit)

export interface Obliging {
  readonly extension?: readonly { readonly url?: string; readonly valueCode?: string }[]
}

/** Whether it speaks of an obligation below another base; which codes there are is told by the definition of ours. */
export function isForeignObligation({ url }: { readonly url?: string }): boolean {
  return isObligation(url) && url !== grantObligation
}

/** What is not understood obliges to everything. */
export function obligationsOf({ extension = [] }: Obliging): number {
  return extension
    .filter(({ url }) => isObligation(url))
    .reduce((bits, { valueCode }) => bits | (obligationBits[valueCode ?? ''] ?? all), 0)
}

function isObligation(url: string | undefined): boolean {
  return url?.endsWith('/StructureDefinition/grant-obligation') ?? false
}

import type { Designation } from '../../../definitions/terminology.ts'

/**
 * What to show to people who read this language: the exact tag, or else the language without its region.
 *
 * https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.concept.designation
 */
export function displayIn(
  language: string | undefined,
  { display, designations }: { readonly display: string | undefined; readonly designations: readonly Designation[] },
): string | undefined {
  if (language === undefined) return display
  const forPeople = designations.filter(({ use }) => use === undefined || use.code === 'display')
  const primary = language.split('-', 1)[0]!
  const found =
    forPeople.find((designation) => isSame(designation.language, language)) ??
    forPeople.find((designation) => isSame(designation.language?.split('-', 1)[0], primary))
  return found?.value ?? display
}

function isSame(a: string | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase()
}

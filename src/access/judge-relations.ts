import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import { changedElements, elementOf, isPerson, onlyChanges, referencesIn } from './elements.ts'
import type { Principal } from './principal.ts'

/** Elements that decide access: who treats whom, and who is whom. */
const relationElements: Readonly<Record<string, readonly string[]>> = {
  Patient: ['generalPractitioner', 'managingOrganization', 'link'],
  EpisodeOfCare: ['careManager'],
}

const ownContactFields = ['telecom', 'address', 'photo']

/** "Nobody approves, suspends or demotes himself", administrators included. */
export function judgeSelf(principal: Principal, before: Resource | undefined, after: Resource): void {
  if (!before || after.resourceType !== 'Practitioner' || principal.person?.type !== 'Practitioner') return
  if (after.id !== principal.person.id || before['active'] === after['active']) return
  throw new FhirError('forbidden', 'Nobody approves or suspends himself.', { expression: 'Practitioner.active' })
}

/** Relation elements are written by administrators, and by backend clients that were granted the type. */
export function judgeRelations(
  principal: Principal,
  before: Resource | undefined,
  after: Resource,
  base: string,
): void {
  const type = after.resourceType
  const touched = (before ? changedElements(before, after) : Object.keys(after)).map(elementOf)
  if (type === 'Practitioner' && before && touched.includes('active')) throw onlyAdministrators('Practitioner.active')
  if (principal.kind === 'system') return
  for (const element of relationElements[type] ?? []) {
    if (!touched.includes(element)) continue
    // "A doctor may set himself as generalPractitioner only while creating a Patient."
    const himself =
      !before &&
      element === 'generalPractitioner' &&
      referencesIn(after, element).every(({ reference }) => isPerson(reference, principal.person, base))
    if (!himself) throw onlyAdministrators(`${type}.${element}`)
  }
  // Whoever is no administrator makes none.
  if (type === 'Practitioner') onlyChanges(before!, after, ownContactFields)
}

function onlyAdministrators(expression: string): FhirError {
  return new FhirError('forbidden', `Only an administrator writes ${expression}, because it decides access.`, {
    expression,
  })
}

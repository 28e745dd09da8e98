import type { Resource } from '../fhir/resource.ts'
import type { createStructures, Member, Structure } from './structure.ts'

type Structures = Pick<ReturnType<typeof createStructures>, 'structure' | 'of'>

/**
 * What `_summary=true` leaves of a resource: the elements that the definition of its type marks, on every level that the type
 * itself defines, and those without which it would not be valid. Of a data type everything is left: "Other than
 * Attachment.data, all data type properties are included in the summary form."
 *
 * https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.isSummary
 */
export function createSummary({ structure, of }: Structures) {
  function resource(whole: Resource): Resource {
    const found = structure(whole.resourceType)
    if (!found) return whole
    return { resourceType: whole.resourceType, ...marked(whole, found) } as Resource
  }

  function marked(whole: object, { members }: Structure): Record<string, unknown> {
    return kept(whole, members, ({ element: { isSummary, min, name } }) => isSummary || min > 0 || isModifying(name))
  }

  /** A member and its sibling `_name`, which holds the extensions of a primitive, stay or go together. */
  function kept(whole: object, members: Structure['members'], isKept: (member: Member) => boolean) {
    const left: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(whole)) {
      const member = members.get(key.replace(/^_/, ''))
      if (member && isKept(member)) left[key] = Array.isArray(value) ? value.map(each(member)) : each(member)(value)
    }
    return left
  }

  function each(member: Member) {
    return (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value
      if ('resourceType' in value) return resource(value as Resource)
      const inner = of(member)
      if (!inner) return value
      if (member.part) return marked(value, inner)
      return kept(value, inner.members, ({ key }) => inner.type !== 'Attachment' || key !== 'data')
    }
  }

  return resource
}

/** What changes the meaning of the rest is never left out. */
export function isModifying(name: string): boolean {
  return name === 'modifierExtension'
}

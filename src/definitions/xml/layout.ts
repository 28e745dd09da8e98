import { isPrimitive, type Member, type Structure, type Structures } from '../structure.ts'

/** How the objects of a type stand in XML: which members are attributes, which elements, and in which order. */
export interface Layout {
  readonly structure: Structure
  /** By the name of the JSON member, which is the name of the tag. */
  readonly members: ReadonlyMap<string, LaidMember>
}

export interface LaidMember {
  readonly member: Member
  readonly kind: 'attribute' | 'primitive' | 'xhtml' | 'resource' | 'object'
  /** The place of its element among those of the type; the variants of a choice share theirs. */
  readonly order: number
  readonly isList: boolean
}

export type Layouts = ReturnType<typeof createLayouts>

/**
 * The layouts of all types, made from their definitions when first asked for.
 *
 * https://hl7.org/fhir/R4/xml.html
 */
export function createLayouts(structures: Structures) {
  const made = new Map<Structure, Layout>()

  function layoutOf(structure: Structure): Layout {
    const known = made.get(structure)
    if (known) return known
    const members = new Map<string, LaidMember>()
    for (const [order, { members: variants, max, isAttribute }] of structure.elements.entries()) {
      for (const member of variants) {
        const kind = isAttribute ? 'attribute' : kindOf(member)
        members.set(member.key, { member, kind, order, isList: max > 1 })
      }
    }
    const layout = { structure, members }
    made.set(structure, layout)
    return layout
  }

  /** Undefined for what is no type of a resource. */
  function ofResource(type: unknown): Layout | undefined {
    const structure = typeof type === 'string' ? structures.structure(type) : undefined
    return structure?.isResource && !structure.isAbstract ? layoutOf(structure) : undefined
  }

  return {
    ofResource,
    ofMember: ({ member }: LaidMember) => layoutOf(structures.of(member)!),
    /** What a primitive value may have beside it: an id and extensions. */
    beside: () => layoutOf(structures.structure('Element')!),
  }
}

function kindOf({ type }: Member): LaidMember['kind'] {
  if (type === 'Resource') return 'resource'
  if (type === 'xhtml') return 'xhtml'
  return isPrimitive(type) ? 'primitive' : 'object'
}

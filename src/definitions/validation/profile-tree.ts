import type {
  ElementDefinition,
  ElementDefinitionSlicing,
  ElementDefinitionType,
  StructureDefinition,
} from 'fhir/r4.js'
import type { Constraint } from '../structure.ts'

/** What a profile says of one element; what it leaves open is absent. */
export interface ProfileNode {
  /** `value` for `value[x]`; the name of one variant, `valueQuantity`, where the profile uses that. */
  readonly name: string
  readonly path: string
  readonly min: number
  readonly max: number
  readonly types: readonly ElementDefinitionType[] | undefined
  readonly fixed: unknown
  readonly pattern: unknown
  readonly minValue: unknown
  readonly maxValue: unknown
  readonly maxLength: number | undefined
  readonly binding: { readonly strength: string; readonly valueSet?: string } | undefined
  readonly constraints: readonly Constraint[]
  readonly children: Map<string, ProfileNode>
  slicing: ElementDefinitionSlicing | undefined
  readonly slices: Map<string, ProfileNode>
}

/**
 * A profile as a tree. Of one without a snapshot it is what the differential says, and the profile that it derives from is
 * followed besides: together that is the snapshot.
 *
 * https://hl7.org/fhir/R4/profiling.html#snapshot
 */
export function profileTree({ snapshot, differential, type }: StructureDefinition): ProfileNode {
  const elements = snapshot?.element ?? differential?.element ?? []
  const root = nodeOf(elements.find(({ path }) => !path.includes('.')) ?? { path: type })
  /** The element or the slice that was met last at a path: what follows below that path belongs to it. */
  let current = new Map([[root.path, root]])

  function nodeAt(path: string): ProfileNode {
    const known = current.get(path)
    if (known) return known
    const parent = nodeAt(path.slice(0, path.lastIndexOf('.')))
    const name = nameOf(path)
    const node = parent.children.get(name) ?? nodeOf({ path })
    parent.children.set(name, node)
    current.set(path, node)
    return node
  }

  function place(element: ElementDefinition): void {
    const { path, sliceName } = element
    current = new Map([...current].filter(([other]) => other !== path && !other.startsWith(`${path}.`)))
    const parent = nodeAt(path.slice(0, path.lastIndexOf('.')))
    const made = nodeOf(element)
    const whole = parent.children.get(made.name)
    if (sliceName === undefined) {
      parent.children.set(made.name, made)
    } else {
      const unsliced = whole ?? nodeOf({ path })
      parent.children.set(made.name, unsliced)
      slicedBy(sliceName, unsliced).slices.set(sliceName, made)
    }
    current.set(path, made)
  }

  for (const element of elements) if (element.path.includes('.')) place(element)
  return root
}

/** A slice of a slice is named `outer/inner`, and so on: the innermost of those around it, or the element itself. */
function slicedBy(sliceName: string, element: ProfileNode): ProfileNode {
  const parts = sliceName.split('/').slice(0, -1)
  return parts.reduce((around, _, n) => around.slices.get(parts.slice(0, n + 1).join('/')) ?? around, element)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).replace(/\[x\]$/, '')
}

function nodeOf(element: ElementDefinition): ProfileNode {
  const values = Object.entries(element)
  const named = (prefix: string): unknown =>
    values.find(([key]) => key.startsWith(prefix) && /^[A-Z]/.test(key.slice(prefix.length)))?.[1]
  const { path, min = 0, max, type, maxLength, binding, slicing, constraint = [] } = element
  return {
    name: nameOf(path),
    path,
    min,
    max: max === undefined || max === '*' ? Infinity : Number(max),
    types: type,
    fixed: named('fixed'),
    pattern: named('pattern'),
    minValue: named('minValue'),
    maxValue: named('maxValue'),
    maxLength,
    binding,
    constraints: constraint.map(({ key, severity, human, expression }) => ({ key, severity, human, expression })),
    children: new Map(),
    slicing,
    slices: new Map(),
  }
}

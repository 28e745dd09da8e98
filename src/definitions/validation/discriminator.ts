import type { ElementDefinitionSlicingDiscriminator } from 'fhir/r4.js'
import { referencedType } from '../referenced-type.ts'
import { structureBase } from '../registry.ts'
import type { Structures } from '../structure.ts'
import type { Frame } from '../walk.ts'
import { occurrences, type Occurrence } from './occurrence.ts'
import type { ProfileNode } from './profile-tree.ts'
import { resolve } from './resolve.ts'

export interface Parts {
  structures: Structures
  /** The tree of a profile by its canonical URL; undefined when it is not on board. */
  treeOf: (profile: string) => ProfileNode | undefined
  /** The type that a profile constrains. */
  typeOf: (profile: string) => string | undefined
  /** Whether the value follows all that the node says, and all below it. */
  conforms: (node: ProfileNode, value: Occurrence, frame: Frame) => boolean
  conformsTo: (profile: string, value: Occurrence, frame: Frame) => boolean
}

/** Where a discriminator leads to, in the value and in what the slice says. */
interface Reached {
  readonly values: readonly Occurrence[]
  readonly node: ProfileNode | undefined
  /** The profiles of what a reference leads to. */
  readonly targets?: readonly string[]
}

/** Whether a value belongs to a slice by one of its discriminators. https://hl7.org/fhir/R4/profiling.html#discriminator */
export function createDiscriminator(parts: Parts) {
  const { structures, treeOf, typeOf, conforms, conformsTo } = parts

  function fits(
    { type, path }: ElementDefinitionSlicingDiscriminator,
    slice: ProfileNode,
    value: Occurrence,
    frame: Frame,
  ): boolean {
    const { values, node, targets } = reach(slice, value, path, frame)
    switch (type) {
      case 'exists':
        return node?.max === 0 ? values.length === 0 : values.length > 0
      case 'type': {
        const wanted = targets ? targets.flatMap((profile) => typeOf(profile) ?? []) : (node?.types ?? []).map(codeOf)
        return values.some((one) => wanted.some((name) => structures.isA(one.type, name)))
      }
      case 'profile': {
        if (targets) return values.some((one) => targets.some((profile) => conformsTo(profile, one, frame)))
        const uses = node?.types ?? []
        return values.some((one) =>
          uses.some(
            (use) =>
              structures.isA(one.type, codeOf(use)) &&
              (use.profile ?? []).every((profile) => conformsTo(profile, one, frame)),
          ),
        )
      }
      default:
        return values.some((one) => node === undefined || conforms(node, one, frame))
    }
  }

  function reach(slice: ProfileNode, value: Occurrence, path: string, frame: Frame): Reached {
    let reached: Reached = { values: [value], node: slice }
    for (const step of stepsOf(path)) reached = next(reached, step, frame)
    return reached
  }

  function next({ values, node, targets }: Reached, step: string, frame: Frame): Reached {
    if (step === '$this') return { values, node, ...(targets ? { targets } : {}) }
    if (step === 'resolve()') {
      const profiles = (node?.types ?? []).flatMap(({ targetProfile = [] }) => targetProfile)
      const [only] = profiles
      return {
        values: values.flatMap((one) => resolved(one, frame)),
        node: only !== undefined && profiles.length === 1 ? treeOf(only) : undefined,
        targets: profiles,
      }
    }
    const ofType = /^ofType\((\w+)\)$/.exec(step)?.[1]
    if (ofType !== undefined) return { values: values.filter(({ type }) => structures.isA(type, ofType)), node }
    const extension = /^extension\(['"](.+)['"]\)$/.exec(step)?.[1]
    const name = extension === undefined ? step : 'extension'
    const found = values.flatMap(({ object, structure }) =>
      object && structure ? occurrences(structures, object, structure, name) : [],
    )
    if (extension === undefined) return { values: found, node: childOf(node, name) }
    return {
      values: found.filter(({ object }) => object?.url === extension),
      node: [...(node?.children.get('extension')?.slices.values() ?? [])].find((one) => urlOf(one) === extension),
    }
  }

  /** What is said of an element may stand in the profile of its parent's type. */
  function childOf(node: ProfileNode | undefined, name: string): ProfileNode | undefined {
    const own = node?.children.get(name)
    if (own || !node) return own
    const profiles = (node.types ?? []).flatMap(({ profile = [] }) => profile)
    return profiles.length === 1 ? treeOf(profiles[0]!)?.children.get(name) : undefined
  }

  function urlOf(slice: ProfileNode): unknown {
    return childOf(slice, 'url')?.fixed
  }

  /** The resource itself, or as much of it as the reference tells: its type. */
  function resolved({ value }: Occurrence, frame: Frame): Occurrence[] {
    const resource = resolve(value, frame)
    const type = resource ? String(resource.resourceType) : referencedType(value ?? {})
    if (type === undefined) return []
    const object = resource ?? { resourceType: type }
    return [{ type, value: object, object, structure: structures.structure(type), place: [] }]
  }

  return fits
}

export function codeOf({ code }: { readonly code: string }): string {
  return code.replace(structureBase, '').replace(/^http:\/\/hl7\.org\/fhirpath\/System\./, '')
}

/** Dots within the quotes of `extension('http://…')` do not part steps. */
function stepsOf(path: string): string[] {
  return path.match(/(?:[^.('"]|\((?:[^)'"]|'[^']*'|"[^"]*")*\))+/g) ?? []
}

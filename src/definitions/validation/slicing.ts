import type { ElementDefinitionSlicing } from 'fhir/r4.js'
import type { Walk } from '../walk.ts'
import { createDiscriminator, type Parts } from './discriminator.ts'
import type { Occurrence } from './occurrence.ts'
import type { ProfileNode } from './profile-tree.ts'

type Check = (node: ProfileNode, value: Occurrence, walk: Walk) => void

/** Slices of extensions are told by their url, those of a choice by their type, also where a differential does not repeat it. */
const byUrl: ElementDefinitionSlicing = { rules: 'open', discriminator: [{ type: 'value', path: 'url' }] }
const byType: ElementDefinitionSlicing = { rules: 'open', discriminator: [{ type: 'type', path: '$this' }] }

/**
 * Sorts the values of an element into the slices that a profile defines.
 *
 * https://hl7.org/fhir/R4/profiling.html#slicing
 */
export function createSlicing(parts: Parts) {
  const fits = createDiscriminator(parts)

  function belongs(
    slicing: ElementDefinitionSlicing | undefined,
    [name, slice]: readonly [string, ProfileNode],
    value: Occurrence,
    walk: Walk,
  ): boolean {
    const discriminators = slicing?.discriminator ?? []
    // A differential repeats the name of a slice and not its type: `valueQuantity` of `value[x]`.
    if (slicing === byType && slice.types === undefined) return name === `${slice.name}${capitalised(value.type)}`
    // "If there is no discriminator, the content is hard to process": what follows the slice is in it.
    if (discriminators.length === 0) return parts.conforms(slice, value, walk.frame)
    return discriminators.every((one) => fits(one, slice, value, walk.frame))
  }

  /** `around`: the slicing of what a slice of slices belongs to, whose discriminators it shares unless it has its own. */
  function checkSlices(
    node: ProfileNode,
    values: readonly Occurrence[],
    walk: Walk,
    check: Check,
    around?: ElementDefinitionSlicing,
  ): void {
    if (node.slices.size === 0) return
    const byDefault = /xtension$/.test(node.name) ? byUrl : node.path.endsWith('[x]') ? byType : undefined
    const slicing = node.slicing ?? (around && { ...around, rules: 'open', ordered: false }) ?? byDefault
    const slices = [...node.slices].filter(([name]) => name !== '@default')
    const members = new Map<string, Occurrence[]>(slices.map(([name]) => [name, []]))
    let furthest = -1
    for (const value of values) {
      const at = slices.findIndex((slice) => belongs(slicing, slice, value, walk))
      const [name, slice] = slices[at] ?? []
      within(value, walk, () => {
        if (name === undefined || !slice) {
          if (slicing?.rules === 'closed') walk.report('structure', `this fits none of the slices ${named(slices)}`)
          else if (slicing?.rules === 'openAtEnd') furthest = slices.length
          const rest = node.slices.get('@default')
          if (rest) check(rest, value, walk)
          return
        }
        members.get(name)!.push(value)
        const isOutOfOrder = at < furthest && (slicing?.ordered === true || furthest === slices.length)
        if (isOutOfOrder) walk.report('structure', `the slice "${name}" comes too late`)
        furthest = Math.max(furthest, at)
        check(slice, value, walk)
      })
    }
    for (const [name, slice] of slices) {
      const { min, max } = slice
      const own = members.get(name)!
      const count = own.length
      if (count < min) walk.report('required', `the slice "${name}" needs ${min} and has ${count}`, node.name)
      if (count > max) walk.report('structure', `the slice "${name}" may have ${max} and has ${count}`, node.name)
      checkSlices(slice, own, walk, check, slicing)
    }
  }

  return (node: ProfileNode, values: readonly Occurrence[], walk: Walk, check: Check): void =>
    checkSlices(node, values, walk, check)
}

/** Does something at the place of a value. */
export function within({ place }: Occurrence, walk: Walk, act: () => void): void {
  for (const segment of place) walk.enter(segment)
  act()
  place.forEach(() => walk.leave())
}

function named(slices: readonly (readonly [string, ProfileNode])[]): string {
  return slices.map(([name]) => `"${name}"`).join(', ')
}

function capitalised(type: string): string {
  return `${type.charAt(0).toUpperCase()}${type.slice(1)}`
}

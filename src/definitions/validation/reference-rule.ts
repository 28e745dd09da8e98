import type { Structures } from '../structure.ts'
import { noteFragment } from '../walk.ts'
import type { Rule } from './invariants.ts'

const relative = /^([A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
const inUrl = /^https?:\/\/.*\/([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/

/** Found in the wild where only one type can be meant, and searched for as that. */
const bareId = /^[A-Za-z0-9\-.]{1,64}$/

/**
 * "References SHALL be a reference to an actual FHIR resource", relative as [type]/[id], absolute, or of the form #id.
 *
 * https://hl7.org/fhir/R4/references.html#literal
 */
export function createReferenceRule(structures: Structures): Rule {
  const isResourceType = (name: string) => structures.hasType(name) && structures.isA(name, 'Resource')

  return (value, walk) => {
    const { reference, type } = value as { reference?: string; type?: string }
    // "The type is a resource type, or the absolute URL of a logical model."
    if (type !== undefined && !type.includes(':') && !isResourceType(type))
      walk.report('invalid', `"${type.slice(0, 80)}" is not a resource type of FHIR R4`, 'type')
    if (reference === undefined) return
    if (reference.startsWith('#')) return noteFragment(walk, reference)
    const named = relative.exec(reference)?.[1] ?? inUrl.exec(reference)?.[1]
    if (bareId.test(reference))
      return walk.tolerate(
        'value',
        `"${reference}" is no reference as R4 writes them: [type]/[id], an absolute URL, or #id`,
      )
    if (named === undefined && !/[:?]/.test(reference))
      return walk.report(
        'value',
        `"${reference.slice(0, 80)}" is not a reference: [type]/[id], an absolute URL, or #id`,
        'reference',
      )
    if (named === undefined || !isResourceType(named)) {
      if (relative.test(reference)) walk.report('invalid', `"${named}" is not a resource type of FHIR R4`, 'reference')
      return
    }
    if (type !== undefined && isResourceType(type) && type !== named)
      walk.report('invalid', `the reference names a ${named}, and "type" says ${type}`, 'type')
  }
}

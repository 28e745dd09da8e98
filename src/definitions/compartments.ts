import type { CompartmentCode } from './definitions.ts'
import type { Registry } from './registry.ts'

/**
 * Which search parameters put a resource into a compartment. https://hl7.org/fhir/R4/compartmentdefinition.html
 *
 * `{def}`, by which a compartment holds its own resource, is left out: that is no search parameter.
 */
export function createCompartments(registry: Registry) {
  const parameters = new Map<string, readonly string[]>()
  for (const { definition } of registry.compartments()) {
    for (const { code, param = [] } of definition.resource ?? []) {
      parameters.set(
        `${definition.code}/${code}`,
        param.filter((name) => name !== '{def}'),
      )
    }
  }
  return (compartment: CompartmentCode, resourceType: string): readonly string[] =>
    parameters.get(`${compartment}/${resourceType}`) ?? []
}

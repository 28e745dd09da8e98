import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'
import { createBindings } from './bindings.ts'
import { createCompartments } from './compartments.ts'
import type { Definitions, FoundAttachment, FoundReference } from './definitions.ts'
import { createFhirPathPatch } from './fhirpath-patch.ts'
import { createElementFinder } from './find-elements.ts'
import { createTextFinder } from './find-texts.ts'
import { loadFhirPath, type FhirPath } from './fhirpath-expression.ts'
import { NotPlain } from './path-syntax.ts'
import { createRegistry, type Registry } from './registry.ts'
import { createExpressionCompiler } from './search-expression.ts'
import { createSearchParameters } from './search-parameters.ts'
import { createStructures, type Element } from './structure.ts'
import { createSummary } from './summary.ts'
import { createTerminology } from './terminology/create-terminology.ts'
import { createValidator } from './validate.ts'
import { createXml } from './xml.ts'
import { createFhirPathEngine } from './validation/fhirpath-engine.ts'
import { createInvariants } from './validation/invariants.ts'
import { createProfiles } from './validation/profiles.ts'
import { createProseRules } from './validation/prose-rules.ts'

/** Types that R4 gives no endpoint. https://hl7.org/fhir/R4/parameters.html, https://hl7.org/fhir/R4/operationoutcome.html */
const withoutEndpoint = new Set(['Parameters', 'OperationOutcome'])

/** Reads the FHIR packages of the folder. Throws, naming file and element, when they do not fit together. */
export async function loadDefinitions(folder: string = join(projectRoot, 'fhir-profiles')): Promise<Definitions> {
  const registry = createRegistry(folder)
  const structures = createStructures(registry)
  const resourceTypes = registry.resourceTypes.filter((type) => !withoutEndpoint.has(type))
  const known = new Set(resourceTypes)
  const terminology = createTerminology(registry)
  const searchParameters = await withFhirPathIfNeeded((fhirPath) => {
    const compiler = createExpressionCompiler({
      structures,
      systemOf: (valueSet) => systemOf(registry, valueSet),
      fhirPath,
    })
    return createSearchParameters({ registry, structures, compiler })
  })
  const bindings = createBindings(terminology)
  const invariants = createInvariants({ structures, engine: createFhirPathEngine({ bindings }) })
  const profiles = createProfiles({ registry, structures, bindings, invariants })
  const proseRules = createProseRules({ structures, registry, profiles })
  const findReferences = createElementFinder(structures, 'Reference')
  const findAttachments = createElementFinder(structures, 'Attachment')

  function namesOf(resourceType: string, is: (element: Element) => boolean): readonly string[] {
    return (structures.structure(resourceType)?.elements ?? []).filter(is).map(({ name }) => name)
  }

  return {
    searchDigest: searchParameters.digest,
    resourceTypes,
    isResourceType: (name) => known.has(name),
    searchParameter: (type, code) => (known.has(type) ? searchParameters.find(type, code) : undefined),
    searchParameters: (type) => (known.has(type) ? searchParameters.of(type) : []),
    compartmentParameters: createCompartments(registry),
    validate: createValidator({ structures, bindings, invariants, profiles, proseRules }),
    profiles: registry.profiles,
    terminology,
    ...createXml(structures),
    fhirPathPatch: createFhirPathPatch(structures),
    references: (resource) =>
      findReferences(resource).map(({ path, value, targets }): FoundReference => ({ path, reference: value, targets })),
    attachments: (resource) =>
      findAttachments(resource).map(({ path, value }): FoundAttachment => ({ path, attachment: value })),
    summary: createSummary(structures),
    texts: createTextFinder(structures),
    mandatoryElements: (resourceType) => namesOf(resourceType, ({ min }) => min > 0),
  }
}

/** Undefined when the value set draws on several, or on other value sets. */
function systemOf(registry: Registry, valueSet: string): string | undefined {
  const parts = registry.valueSet(valueSet.split('|', 1)[0]!)?.compose?.include ?? []
  const [system, ...others] = new Set(parts.map((part) => (part.valueSet ? undefined : part.system)))
  return others.length === 0 ? system : undefined
}

/** All of R4's expressions are plain paths; those of other packages may not be. */
async function withFhirPathIfNeeded<T>(make: (fhirPath: FhirPath | undefined) => T): Promise<T> {
  try {
    return make(undefined)
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error
    return make(await loadFhirPath())
  }
}

/** What is kept of a definition: `true` the member as it is, a shape its parts, a function what it answers. */
type Shape = true | ((value: never) => unknown) | { readonly [member: string]: Shape }

type Json = Record<string, unknown>

const fhirType = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const maxValueSet = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'

const onlyExtensions =
  (...urls: readonly string[]) =>
  (extensions: readonly { url: string }[]): unknown => {
    const kept = extensions.filter(({ url }) => urls.includes(url))
    return kept.length === 0 ? undefined : kept
  }
const onlyTrue = (value: boolean): true | undefined => value || undefined

const usage = 'http://terminology.hl7.org/CodeSystem/designation-usage'

/** "If no use is provided, the designation can be assumed to be suitable for general display to a human user." */
const designation: Shape = {
  language: true,
  use: ({ system, code }: { system?: string; code?: string }) =>
    system === usage && code === 'display' ? undefined : { system, code },
  value: true,
}

const concept: Record<string, Shape> = {
  code: true,
  display: true,
  designation,
  property: (properties: readonly { code: string }[]) => {
    const kept = properties.filter(({ code }) => code !== 'deprecationDate')
    return kept.length === 0 ? undefined : kept
  },
}
concept.concept = concept

const valueSetPart: Shape = {
  system: true,
  version: true,
  concept: { code: true, display: true, designation },
  filter: true,
  valueSet: true,
}

const element: Shape = {
  id: true,
  path: true,
  sliceName: true,
  slicing: { discriminator: true, ordered: true, rules: true },
  min: true,
  max: true,
  base: true,
  contentReference: true,
  type: {
    extension: onlyExtensions(fhirType),
    code: true,
    profile: true,
    targetProfile: true,
    aggregation: true,
    versioning: true,
  },
  minValueInteger: true,
  maxValueInteger: true,
  maxLength: true,
  constraint: true,
  isModifier: onlyTrue,
  isSummary: onlyTrue,
  mustSupport: onlyTrue,
  binding: { extension: onlyExtensions(maxValueSet), strength: true, valueSet: true },
}

const shapes: Readonly<Record<string, { readonly [member: string]: Shape }>> = {
  CodeSystem: {
    url: true,
    version: true,
    valueSet: true,
    name: true,
    title: true,
    status: true,
    caseSensitive: true,
    hierarchyMeaning: true,
    content: true,
    supplements: true,
    property: { code: true, type: true },
    concept,
  },
  CompartmentDefinition: { url: true, code: true, search: true, resource: { code: true, param: true } },
  SearchParameter: {
    url: true,
    name: true,
    derivedFrom: true,
    code: true,
    base: true,
    type: true,
    expression: true,
    target: true,
    multipleOr: true,
    multipleAnd: true,
    comparator: true,
    modifier: true,
    component: { definition: true, expression: true },
  },
  StructureDefinition: {
    url: true,
    name: true,
    type: true,
    kind: true,
    abstract: true,
    derivation: true,
    baseDefinition: true,
    context: true,
    snapshot: { element },
  },
  ValueSet: {
    url: true,
    version: true,
    name: true,
    title: true,
    status: true,
    compose: { lockedDate: true, inactive: true, include: valueSetPart, exclude: valueSetPart },
  },
}

export const strippedTypes: readonly string[] = Object.keys(shapes)

/** Plain members come first, so that the reader can tell what a line is without parsing it. Undefined for logical models. */
export function stripDefinition(definition: Json & { resourceType: string }): Json | undefined {
  if (definition.kind === 'logical') return undefined
  const stripped = strip(definition, shapes[definition.resourceType]!) as Json
  if (definition.resourceType === 'StructureDefinition') stripElements(stripped)
  return { resourceType: definition.resourceType, ...stripped }
}

function strip(value: unknown, shape: Shape): unknown {
  if (shape === true) return value
  if (typeof shape === 'function') return shape(value as never)
  if (Array.isArray(value)) return value.map((item) => strip(item, shape))
  const source = value as Json
  const members = Object.entries(shape)
    .filter(([name]) => source[name] !== undefined)
    .map(([name, inner]) => [name, strip(source[name], inner)] as const)
  return Object.fromEntries([
    ...members.filter(([, member]) => member !== undefined),
    // fixed[x], pattern[x] and defaultValue[x] have one name per type.
    ...Object.entries(source).filter(([name]) => shape === element && /^(fixed|pattern)[A-Z]/.test(name)),
  ])
}

function stripElements(definition: Json): void {
  for (const item of (definition.snapshot as { element: Json[] }).element) {
    if (item.id === item.path) delete item.id
    if (definition.derivation !== 'constraint') delete item.base
    const own = ((item.constraint ?? []) as Json[])
      .filter(({ source }) => source === undefined || source === definition.url)
      .map(({ key, severity, human, expression }) => ({ key, severity, human, expression }))
    if (own.length > 0) item.constraint = own
    else delete item.constraint
  }
}

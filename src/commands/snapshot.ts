/** An ElementDefinition, as far as it matters here. */
export interface Element {
  id?: string
  path: string
  sliceName?: string
  contentReference?: string
  type?: { code: string }[]
  constraint?: { key: string }[]
  [member: string]: unknown
}

export interface StructureDefinition {
  readonly resourceType: string
  readonly url: string
  readonly version: string
  readonly name: string
  readonly type: string
  readonly kind: string
  readonly abstract: boolean
  readonly derivation: string
  readonly baseDefinition: string
  readonly snapshot?: { readonly element: readonly Element[] }
  readonly differential?: { readonly element: readonly Element[] }
}

type Find = (url: string) => StructureDefinition | undefined

const types = 'http://hl7.org/fhir/StructureDefinition/'
const named = (element: Element): Element & { id: string } => ({ ...element, id: element.id ?? element.path })
const isBelow = (id: string, above: string) => id.startsWith(`${above}.`) || id.startsWith(`${above}:`)

/**
 * The elements of a profile: those of its base, with what its differential says put on top. Slices stand behind the element
 * that they slice, and the parts of a data type are laid open where the differential speaks of one.
 *
 * https://hl7.org/fhir/R4/profiling.html#snapshot
 */
export function snapshotOf(profile: StructureDefinition, find: Find): Element[] {
  const elements = elementsOf(profile.baseDefinition, find).map(named)
  for (const change of (profile.differential?.element ?? []).map(named)) {
    const at = place(change, elements, find)
    elements[at] = merged(elements[at]!, change)
  }
  return elements.map((element) => withoutPlainId(element))
}

function elementsOf(url: string, find: Find): readonly Element[] {
  const elements = find(url)?.snapshot?.element
  if (!elements) throw new Error(`${url} has no snapshot here`)
  return elements
}

/** Where the element stands; it is put there when it is a slice or a part that was not laid open yet. */
function place(change: Element & { id: string }, elements: (Element & { id: string })[], find: Find): number {
  const at = elements.findIndex(({ id }) => id === change.id)
  if (at !== -1) return at
  if (change.sliceName !== undefined) return addSlice(change, change.sliceName, elements)
  const parent = change.id.slice(0, change.id.lastIndexOf('.'))
  const above = place({ id: parent, path: change.path.slice(0, change.path.lastIndexOf('.')) }, elements, find)
  elements.splice(above + 1, 0, ...parts(elements[above]!, elements, find))
  const found = elements.findIndex(({ id }) => id === change.id)
  if (found === -1) throw new Error(`There is no element ${change.id}`)
  return found
}

function addSlice(change: Element & { id: string }, sliceName: string, elements: (Element & { id: string })[]): number {
  const sliced = change.id.slice(0, -sliceName.length - 1)
  const from = elements.findIndex(({ id }) => id === sliced)
  if (from === -1) throw new Error(`${change.id} slices nothing`)
  const end = elements.findLastIndex(({ id }) => id === sliced || isBelow(id, sliced)) + 1
  const { slicing: _, ...copy } = elements[from]!
  elements.splice(end, 0, { ...copy, id: change.id, sliceName, min: 0 })
  return end
}

/** What the type of an element holds, or for one without a type of its own, the element that it repeats. */
function parts(
  element: Element & { id: string },
  elements: readonly Element[],
  find: Find,
): (Element & { id: string })[] {
  const [type] = element.type ?? []
  const inPlace = element.sliceName !== undefined && /^(BackboneElement|Element)$/.test(type?.code ?? '')
  const model = inPlace ? elements : elementsOf(types + (type?.code ?? ''), find)
  const root = inPlace ? element.path : type!.code
  return model
    .map(named)
    .filter(({ id }) => id.startsWith(`${root}.`) && !id.includes(':'))
    .map((part) => ({
      ...part,
      id: element.id + part.id.slice(root.length),
      path: element.path + part.path.slice(root.length),
    }))
}

function merged(base: Element & { id: string }, { constraint = [], ...change }: Element): Element & { id: string } {
  const constraints = [...(base.constraint ?? []), ...constraint]
  return { ...base, ...change, id: base.id, ...(constraints.length === 0 ? {} : { constraint: constraints }) }
}

function withoutPlainId({ id, ...element }: Element): Element {
  return id === undefined || id === element.path ? element : { id, ...element }
}

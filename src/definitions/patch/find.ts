import { Decimal, numberOf } from '../../fhir/json.ts'
import type { Json, Position, Positions, Step } from './position.ts'

/** The positions of what a FHIRPath selects, in the resource as it is now. */
export type Find = (resource: Json, path: string) => Promise<Position[]>

interface Node {
  readonly parentResNode: Node | null
  readonly propName: string | null
  readonly index: number | null
}

const longestPath = 1_000
/** Functions that only select from what they are given, in a time that grows with it and no faster. */
const selecting = new Set(
  'where first last tail skip take single ofType as is exists empty not count extension startsWith endsWith contains hasValue'.split(
    ' ',
  ),
)
/** Nodes of the library's syntax tree. No `%resource`, no arithmetic, no unions, and nothing that recurses. */
const selectors =
  /^(?:EntireExpression|IndexerExpression|InvocationExpression|TermExpression|InvocationTerm|MemberInvocation|Identifier|FunctionInvocation|Functn|ParamList|AndExpression|OrExpression|EqualityExpression|InequalityExpression|TypeExpression|TypeSpecifier|QualifiedIdentifier|LiteralTerm|\w+Literal|ParenthesizedTerm|ThisInvocation)$/

/**
 * A plain path is walked; for everything else FHIRPath itself is asked, as far as it selects elements of this resource.
 * `refuse` makes the error for a path that does more than that, or is none.
 *
 * https://hl7.org/fhir/R4/fhirpath.html
 */
export function createFind(positions: Positions, refuse: (text: string) => Error): Find {
  return async function find(resource, path) {
    const steps = plainSteps(path, String(resource['resourceType']))
    if (steps) return walk(resource, steps)
    if (path.length > longestPath) throw refuse(`the path is longer than ${longestPath} characters`)
    const nodes = await select(resource, path)
    return nodes.flatMap((node) => walk(resource, stepsTo(node)))
  }

  function walk(resource: Json, steps: readonly Step[]): Position[] {
    let found = [positions.root(resource)]
    for (const { name, index } of steps) {
      const below = found.flatMap((position) => positions.children(position, { name, index: undefined }))
      // FHIRPath counts what all parents have together.
      found = index === undefined ? below : below.slice(index, index + 1)
    }
    return found
  }

  async function select(resource: Json, path: string): Promise<Node[]> {
    const { compile, parse, model } = await library()
    try {
      refuseMore(parse(path))
      const nodes = compile(path, model, { resolveInternalTypes: false })(plain(resource)) as unknown[]
      if (nodes.every(isNode)) return nodes
    } catch (cause) {
      if (cause instanceof Unselective) throw refuse(`the path may not use ${cause.message}`)
      throw refuse('the path is no FHIRPath that fits here')
    }
    throw refuse('the path computes something instead of selecting elements')
  }
}

class Unselective extends Error {}

/** `Patient.name[0].given`, the type's name first or left out; undefined when it is more than that. */
function plainSteps(path: string, type: string): Step[] | undefined {
  const names = path.trim().split('.')
  if (names[0] === type || names[0] === '$this' || names[0] === 'Resource' || names[0] === 'DomainResource')
    names.shift()
  const steps = names.map((name) => /^([A-Za-z_]\w*)(?:\[(\d{1,9})\])?$/.exec(name))
  if (!steps.every((step) => step !== null)) return undefined
  return steps.map(([, name, index]) => ({ name: name!, index: index === undefined ? undefined : Number(index) }))
}

/** A node of the library names its property, and its place in the list that it was found in. */
function stepsTo(node: Node): Step[] {
  const steps: Step[] = []
  for (let at = node; at.parentResNode; at = at.parentResNode) {
    steps.unshift({ name: at.propName!, index: at.index ?? undefined })
  }
  return steps
}

function refuseMore(tree: { type?: string; text?: string; children?: unknown[] }): void {
  const { type = '', text = '', children = [] } = tree
  if (!selectors.test(type)) throw new Unselective(`"${text || type}"`)
  if (type === 'Functn' && !selecting.has(text)) throw new Unselective(`${text}()`)
  if (type === 'EqualityExpression' && text !== '=' && text !== '!=') throw new Unselective(`"${text}"`)
  for (const child of children) refuseMore(child as typeof tree)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'parentResNode' in value
}

/** A copy that the library may mark as it likes, with numbers as it knows them. */
function plain(value: unknown): unknown {
  if (value instanceof Decimal) return numberOf(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}

/** 170 ms and 30 MB, so only when a path needs it. */
async function library() {
  const [{ default: fhirpath }, { default: model }] = await Promise.all([
    import('fhirpath'),
    import('fhirpath/fhir-context/r4'),
  ])
  return { compile: fhirpath.compile, parse: fhirpath.parse, model }
}

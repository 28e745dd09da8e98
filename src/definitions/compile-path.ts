import { compileTest, type Test } from './compile-test.ts'
import { extended, mayRepeat, type Branch } from './path-branch.ts'
import { isTest, NotPlain, PathError, type Path } from './path-syntax.ts'
import { isPrimitive, type Structures } from './structure.ts'

export type Compiled =
  { readonly kind: 'values'; readonly branches: readonly Branch[] } | { readonly kind: 'test'; readonly test: Test }

export function contextOf(structures: Structures, type: string): Branch {
  const structure = structures.structure(type)
  if (!structure) throw new PathError(`there is no type ${type}`)
  return { steps: [], type, structure, targets: [] }
}

/** Throws NotPlain or PathError. */
export function compilePath(structures: Structures, path: Path, context: readonly Branch[]): Compiled {
  if (isTest(path)) return { kind: 'test', test: testOf(structures, path, context) }
  return { kind: 'values', branches: branchesOf(structures, path, context) }
}

function testOf(structures: Structures, path: Path, context: readonly Branch[]): Test {
  return compileTest(path, (part) => (part ? branchesOf(structures, part, context) : context))
}

function branchesOf(structures: Structures, path: Path, context: readonly Branch[]): readonly Branch[] {
  const within = (of: Path | undefined) => (of ? branchesOf(structures, of, context) : context)
  switch (path.kind) {
    case 'this':
      return context
    case 'member':
      if (path.of === undefined && /^[A-Z]/.test(path.name)) return rootsOf(structures, path.name, context)
      return members(structures, within(path.of), path.name)
    case 'union':
      return [...within(path.left), ...within(path.right)]
    case 'as':
      return ofType(structures, within(path.of), path.type)
    case 'index':
      return picked(within(path.of), path.at)
    case 'call':
      return called(structures, path, within(path.of))
    default:
      throw new NotPlain()
  }
}

/** `Patient` at the start of a path: the context if it is one, nothing if it is of another type. */
function rootsOf(structures: Structures, name: string, context: readonly Branch[]): readonly Branch[] {
  if (!structures.hasType(name)) throw new PathError(`there is no type ${name}`)
  return context.filter(({ type }) => structures.isA(type, name))
}

function members(structures: Structures, of: readonly Branch[], name: string): readonly Branch[] {
  const found = of.flatMap((branch) => {
    // What hangs on a primitive stands beside it in JSON, and a nested resource has any type.
    if (isPrimitive(branch.type) || !branch.structure) {
      if (of.length === 1) throw new NotPlain()
      return []
    }
    const element = branch.structure.elements.find((candidate) => candidate.name === name)
    return (element?.members ?? []).map((member): Branch => {
      const steps = [...branch.steps, { kind: 'member' as const, key: member.key, element: member.element }]
      return { steps, type: member.type, structure: structures.of(member), targets: member.targets }
    })
  })
  if (found.length === 0 && of.length > 0) throw new PathError(`${of[0]!.type} has no element "${name}"`)
  return found
}

function called(structures: Structures, path: Path & { kind: 'call' }, of: readonly Branch[]): readonly Branch[] {
  const [argument, ...others] = path.arguments
  if (others.length > 0) throw new NotPlain()
  switch (path.name) {
    case 'where':
      if (!argument) throw new PathError('where() needs a criterion')
      return of.map((branch) => filtered(structures, branch, argument))
    case 'ofType':
    case 'as':
      if (argument?.kind !== 'member') throw new PathError(`${path.name}() needs a type`)
      return ofType(structures, of, argument.name)
    case 'first':
      return picked(of, 0)
    case 'extension': {
      if (argument?.kind !== 'literal') throw new NotPlain()
      const url: Path = { kind: 'member', of: undefined, name: 'url' }
      return members(structures, of, 'extension').map((branch) =>
        filtered(structures, branch, { kind: '=', left: url, right: argument }),
      )
    }
    default:
      throw new NotPlain()
  }
}

function filtered(structures: Structures, branch: Branch, criterion: Path): Branch {
  const test = testOf(structures, criterion, [{ ...branch, steps: [] }])
  const narrowed = resolvedType(criterion)
  return { ...extended(branch, { kind: 'filter', test }), ...(narrowed === undefined ? {} : { targets: [narrowed] }) }
}

/** The type that `resolve() is Patient` leaves. */
function resolvedType(criterion: Path): string | undefined {
  const isOfReference = criterion.kind === 'is' && criterion.of.kind === 'call' && criterion.of.name === 'resolve'
  return isOfReference ? criterion.type : undefined
}

function ofType(structures: Structures, of: readonly Branch[], given: string): readonly Branch[] {
  // R4 writes `value.as(DateTime)` once.
  const name = structures.hasType(given) ? given : given[0]!.toLowerCase() + given.slice(1)
  if (!structures.hasType(name)) throw new PathError(`there is no type ${given}`)
  return of.flatMap((branch): Branch[] => {
    if (structures.isA(branch.type, name)) return [branch]
    if (branch.type !== 'Resource' || !structures.isA(name, 'Resource')) return []
    const test = (value: unknown) => (value as { resourceType?: unknown }).resourceType === name
    return [{ ...extended(branch, { kind: 'filter', test }), type: name, structure: structures.structure(name) }]
  })
}

/** FHIRPath counts over everything before; we only count where nothing before repeats. */
function picked(of: readonly Branch[], at: number): readonly Branch[] {
  const [branch, ...others] = of
  if (!branch || others.length > 0) throw new NotPlain()
  if (branch.steps.at(-1)?.kind !== 'member' || mayRepeat([{ ...branch, steps: branch.steps.slice(0, -1) }])) {
    throw new NotPlain()
  }
  return [extended(branch, { kind: 'pick', at })]
}

import { sameNumber } from '../fhir/json.ts'
import { valuesOf, type Branch } from './path-branch.ts'
import { isTest, NotPlain, type Path } from './path-syntax.ts'
import { referencedType } from './referenced-type.ts'

/** FHIRPath's truth has three values: undefined stands for the empty collection. */
export type Test = (value: unknown) => boolean | undefined

/** `branches` compiles a part of the path, or answers the context of the test itself. Throws NotPlain or PathError. */
export function compileTest(path: Path, branches: (part: Path | undefined) => readonly Branch[]): Test {
  const testOf = (part: Path) => compileTest(part, branches)
  switch (path.kind) {
    case 'and':
      return both(testOf(path.left), testOf(path.right))
    case 'or':
      return either(testOf(path.left), testOf(path.right))
    case '=':
    case '!=':
      return comparison(branches(path.left), path.right, path.kind === '=')
    case 'is':
      return resolvesTo(path, branches)
    case 'call':
      if (path.name === 'exists' && path.arguments.length === 0) return existence(branches(path.of), true)
      if (path.name === 'exists') return existence(branches({ ...path, name: 'where' }), true)
      if (path.name === 'empty') return existence(branches(path.of), false)
      if (path.name === 'not' && path.of) return negation(isTest(path.of) ? testOf(path.of) : single(branches(path.of)))
      return single(branches(path))
    default:
      return single(branches(path))
  }
}

function both(left: Test, right: Test): Test {
  return (value) => {
    const [first, second] = [left(value), right(value)]
    if (first === false || second === false) return false
    return first === undefined || second === undefined ? undefined : true
  }
}

function either(left: Test, right: Test): Test {
  return (value) => {
    const [first, second] = [left(value), right(value)]
    if (first === true || second === true) return true
    return first === undefined || second === undefined ? undefined : false
  }
}

function negation(test: Test): Test {
  return (value) => {
    const truth = test(value)
    return truth === undefined ? undefined : !truth
  }
}

function existence(branches: readonly Branch[], wanted: boolean): Test {
  return (value) => valuesOf(branches, value).length > 0 === wanted
}

/** Collections are compared, so several values never equal one literal, and none makes no statement. */
function comparison(branches: readonly Branch[], literal: Path, wanted: boolean): Test {
  if (literal.kind !== 'literal') throw new NotPlain()
  return (value) => {
    const values = valuesOf(branches, value)
    if (values.length === 0) return undefined
    const [first, ...others] = values
    const isEqual = others.length === 0 && (first!.value === literal.value || sameNumber(first!.value, literal.value))
    return isEqual === wanted
  }
}

/** One boolean is itself, any other single value is true. */
function single(branches: readonly Branch[]): Test {
  return (value) => {
    const [first, ...others] = valuesOf(branches, value)
    if (first === undefined || others.length > 0) return undefined
    return typeof first.value === 'boolean' ? first.value : true
  }
}

/** `resolve() is Patient`: nothing is fetched, the reference itself tells. */
function resolvesTo(path: Path & { kind: 'is' }, branches: (part: Path | undefined) => readonly Branch[]): Test {
  if (path.of.kind !== 'call' || path.of.name !== 'resolve') throw new NotPlain()
  const references = branches(path.of.of)
  return (value) => {
    const [first, ...others] = valuesOf(references, value)
    if (first === undefined || others.length > 0) return undefined
    return referencedType(first.value) === path.type
  }
}

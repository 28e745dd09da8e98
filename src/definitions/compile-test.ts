import { numberOf, sameNumber } from '../fhir/json.ts'
import { valuesOf, type Branch } from './path-branch.ts'
import { isTest, NotPlain, type Comparison, type Path } from './path-syntax.ts'
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
    case 'xor':
      return difference(testOf(path.left), testOf(path.right))
    case 'implies':
      return either(negation(testOf(path.left)), testOf(path.right))
    case 'in':
      return membership(branches(path.left), literalsOf(path.right))
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordering(amountOf(path.left, branches), path.right, path.kind)
    case '=':
    case '!=':
      if (isCount(path.left)) return ordering(amountOf(path.left, branches), path.right, path.kind)
      return comparison(branches(path.left), path.right, path.kind === '=')
    case 'is':
      return resolvesTo(path, branches)
    case 'call':
      if (path.name === 'exists' && path.arguments.length === 0) return existence(branches(path.of), true)
      if (path.name === 'exists') return existence(branches({ ...path, name: 'where' }), true)
      if (path.name === 'empty') return existence(branches(path.of), false)
      if (path.name === 'hasValue') return valued(branches(path.of))
      if (Object.hasOwn(textTests, path.name))
        return textTest(branches(path.of), textTests[path.name]!, path.arguments[0])
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

function difference(left: Test, right: Test): Test {
  return (value) => {
    const [first, second] = [left(value), right(value)]
    return first === undefined || second === undefined ? undefined : first !== second
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

function literalsOf(path: Path): readonly unknown[] {
  if (path.kind === 'literal') return [path.value]
  if (path.kind !== 'union') throw new NotPlain()
  return [...literalsOf(path.left), ...literalsOf(path.right)]
}

function membership(branches: readonly Branch[], literals: readonly unknown[]): Test {
  return (value) => {
    const [first, ...others] = valuesOf(branches, value)
    return first === undefined || others.length > 0 ? undefined : literals.includes(first.value)
  }
}

type Amount = (value: unknown) => number | undefined

function isCount(path: Path): boolean {
  return path.kind === '+' ? isCount(path.left) : path.kind === 'call' && path.name === 'count'
}

/** A count, a sum of counts, or one number. */
function amountOf(path: Path, branches: (part: Path | undefined) => readonly Branch[]): Amount {
  if (path.kind === '+' && isCount(path.left) && isCount(path.right)) {
    const [left, right] = [amountOf(path.left, branches), amountOf(path.right, branches)]
    return (value) => left(value)! + right(value)!
  }
  if (isCount(path) && path.kind === 'call') {
    const counted = branches(path.of)
    return (value) => valuesOf(counted, value).length
  }
  const found = branches(path)
  return (value) => {
    const [first, ...others] = valuesOf(found, value)
    return others.length > 0 ? undefined : numberOf(first?.value)
  }
}

function ordering(amount: Amount, literal: Path, operator: Comparison | '=' | '!='): Test {
  if (literal.kind !== 'literal' || typeof literal.value !== 'number') throw new NotPlain()
  const limit = literal.value
  const holds = {
    '<': (number: number) => number < limit,
    '<=': (number: number) => number <= limit,
    '>': (number: number) => number > limit,
    '>=': (number: number) => number >= limit,
    '=': (number: number) => number === limit,
    '!=': (number: number) => number !== limit,
  }[operator]
  return (value) => {
    const number = amount(value)
    return number === undefined ? undefined : holds(number)
  }
}

/** "true if the input collection contains a single value which is a FHIR primitive, and it has a primitive value" */
function valued(branches: readonly Branch[]): Test {
  return (value) => {
    const [first, ...others] = valuesOf(branches, value)
    return (
      first !== undefined &&
      others.length === 0 &&
      (typeof first.value !== 'object' || numberOf(first.value) !== undefined)
    )
  }
}

const textTests: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
}

function textTest(
  branches: readonly Branch[],
  holds: (text: string, part: string) => boolean,
  argument: Path | undefined,
): Test {
  if (argument?.kind !== 'literal' || typeof argument.value !== 'string') throw new NotPlain()
  const part = argument.value
  return (value) => {
    const [first, ...others] = valuesOf(branches, value)
    return typeof first?.value !== 'string' || others.length > 0 ? undefined : holds(first.value, part)
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

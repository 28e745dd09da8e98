import { compilePath, contextOf } from './compile-path.ts'
import type { TypedValue } from './definitions.ts'
import type { FhirPath } from './fhirpath-expression.ts'
import { mayRepeat, valuesOf, type Branch, type Step } from './path-branch.ts'
import { NotPlain, parsePath, type Path } from './path-syntax.ts'
import type { Structures } from './structure.ts'

/** A search expression, ready to run on contexts of one type. */
export interface SearchExpression {
  values(context: unknown): TypedValue[]
  readonly repeats: boolean
  /** The FHIR types that the values can have; undefined when only FHIRPath itself knows. */
  readonly types: readonly string[] | undefined
  /** The types that references among the values may name; empty: any. */
  readonly targets: readonly string[]
  /** As `SearchParameter.paths`. */
  readonly paths: readonly string[] | undefined
  /** For the components of a composite: where their expressions start. */
  readonly ends: readonly Branch[]
}

export type ExpressionCompiler = ReturnType<typeof createExpressionCompiler>

interface Parts {
  structures: Structures
  /** The only code system of a value set. */
  systemOf: (valueSet: string) => string | undefined
  /** Without FHIRPath itself, an expression beyond our walkers throws NotPlain. */
  fhirPath: FhirPath | undefined
}

export function createExpressionCompiler({ structures, systemOf, fhirPath }: Parts) {
  const parsed = new Map<string, Path>()

  function parse(expression: string): Path {
    const path = parsed.get(expression) ?? parsePath(expression)
    parsed.set(expression, path)
    return path
  }

  function compileIn(context: readonly Branch[], expression: string): SearchExpression {
    try {
      const compiled = compilePath(structures, parse(expression), context)
      return compiled.kind === 'test'
        ? testExpression(compiled.test)
        : pathExpression(compiled.branches.map(withSystem))
    } catch (error) {
      if (!(error instanceof NotPlain) || !fhirPath) throw error
      const values = fhirPath(expression, context[0]?.structure?.path ?? '')
      return { values, repeats: true, types: undefined, targets: [], paths: undefined, ends: [] }
    }
  }

  /** "code: (implicit) the system is defined in the value set": https://hl7.org/fhir/R4/search.html#token */
  function withSystem(branch: Branch): Branch {
    const last = branch.steps.findLast(({ kind }) => kind === 'member')
    const valueSet = branch.type === 'code' && last?.kind === 'member' ? last.element.requiredValueSet : undefined
    return valueSet === undefined ? branch : { ...branch, system: systemOf(valueSet) }
  }

  return {
    compileIn,
    /** Throws when the expression does not compile for the type. */
    compile: (type: string, expression: string) => compileIn([contextOf(structures, type)], expression),
  }
}

function testExpression(test: (context: unknown) => boolean | undefined): SearchExpression {
  const values = (context: unknown): TypedValue[] => {
    const truth = test(context)
    return truth === undefined ? [] : [{ type: 'boolean', value: truth }]
  }
  return { values, repeats: false, types: ['boolean'], targets: [], paths: undefined, ends: [] }
}

function pathExpression(branches: readonly Branch[]): SearchExpression {
  const named = branches.map(({ targets }) => targets)
  return {
    values: (context) => valuesOf(branches, context),
    repeats: mayRepeat(branches),
    types: [...new Set(branches.map(({ type }) => type))],
    targets: named.some((targets) => targets.length === 0) ? [] : [...new Set(named.flat())],
    paths: pathsOf(branches),
    ends: branches.map((branch) => ({ ...branch, steps: [] })),
  }
}

function pathsOf(branches: readonly Branch[]): readonly string[] | undefined {
  if (branches.some(({ steps }) => steps.some(({ kind }) => kind !== 'member'))) return undefined
  const keyOf = (step: Step) => (step.kind === 'member' ? step.key : '')
  return branches.map(({ steps, type }) => `${steps.map(keyOf).join('.')}:${type}`)
}

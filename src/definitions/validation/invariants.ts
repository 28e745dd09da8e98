import { compilePath } from '../compile-path.ts'
import type { Branch } from '../path-branch.ts'
import { NotPlain, parsePath, PathError } from '../path-syntax.ts'
import type { Constraint, Structure, Structures } from '../structure.ts'
import type { Walk } from '../walk.ts'
import { fastInvariants } from './fast-invariants.ts'
import type { Evaluate, FhirPathEngine } from './fhirpath-engine.ts'
import { plainCases } from './plain-cases.ts'

/** Reports where an invariant does not hold on a value of the type that it was compiled for. */
export type Rule = (value: unknown, walk: Walk) => void

export interface Rules {
  readonly errors: readonly Rule[]
  /** Recommendations: for those alone who want to hear them. */
  readonly warnings: readonly Rule[]
}

export type Invariants = ReturnType<typeof createInvariants>

interface Parts {
  structures: Structures
  engine: FhirPathEngine
  /** What takes the place of a shortcut; tests put FHIRPath itself beside it. */
  compared?: (constraint: Constraint, shortcut: Holds, byFhirPath: Holds) => Holds
}

/** Undefined: open. */
export type Holds = (value: unknown, walk: Walk) => boolean | undefined

/** What narrative.ts says in full. */
const elsewhere = new Set(['txt-1', 'txt-2'])

/**
 * "Constraints: rules that must be met" of the definitions, each prepared once. The ubiquitous ones are code, nine in ten of
 * the others are walked (compile-test.ts), the rest is evaluated by FHIRPath.
 *
 * https://hl7.org/fhir/R4/conformance-rules.html#constraints
 */
export function createInvariants({ structures, engine, compared }: Parts) {
  /** The rules for the objects of a structure, those of the types that it derives from included. */
  function ofStructure(structure: Structure): Rules {
    const line = structures.lineOf(structure.type).flatMap((type) => {
      const ancestor = structures.structure(type)
      return ancestor && ancestor !== structure ? ancestor.constraints : []
    })
    return rulesOf([...structure.constraints, ...line], structure.path, structure)
  }

  /** `path`: as FHIRPath's base, e.g. `Patient.contact`; `structure`: of the values, undefined for primitives. */
  function rulesOf(constraints: readonly Constraint[], path: string, structure: Structure | undefined): Rules {
    const chosen = new Map(constraints.filter(({ key }) => !elsewhere.has(key)).map((one) => [one.key, one]))
    const made = (severity: string) =>
      [...chosen.values()]
        .filter((one) => one.severity === severity)
        .flatMap((one) => ruleOf(one, path, structure) ?? [])
    return { errors: made('error'), warnings: made('warning') }
  }

  function ruleOf(constraint: Constraint, path: string, structure: Structure | undefined): Rule | undefined {
    const { key, human, severity, expression } = constraint
    if (expression === undefined) return undefined
    const text = `${human} (${key})`
    const byFhirPath = lazily(expression, path)
    const shortcut = shortcutOf(expression, structure, byFhirPath)
    const holds = shortcut && compared ? compared(constraint, shortcut, byFhirPath) : (shortcut ?? byFhirPath)
    return (value, walk) => {
      // Nothing (`fullUrl.contains('/')` where there is no fullUrl) leaves it open: HL7's own examples rely on that.
      if (holds(value, walk) !== false) return
      if (severity === 'error') walk.report('invariant', text)
      else walk.warn(text, 'invariant')
    }
  }

  function shortcutOf(expression: string, structure: Structure | undefined, byFhirPath: Holds): Holds | undefined {
    const fast = fastInvariants.get(expression)
    if (fast) return (value, walk) => fast(value as Record<string, unknown>, walk)
    const plain = plainCases.get(expression)
    if (plain) return (value, walk) => plain(value as Record<string, unknown>) || byFhirPath(value, walk)
    const walked = structure && walkedTest(expression, structure)
    return walked && ((value, walk) => (walk.hasBesides ? byFhirPath(value, walk) : walked(value)))
  }

  function walkedTest(expression: string, structure: Structure) {
    const context: Branch = { steps: [], type: structure.type, structure, targets: [] }
    try {
      const compiled = compilePath(structures, parsePath(expression), [context])
      return compiled.kind === 'test' ? compiled.test : undefined
    } catch (error) {
      if (error instanceof NotPlain || error instanceof PathError) return undefined
      throw error
    }
  }

  function lazily(expression: string, path: string): Holds {
    let evaluate: Evaluate | undefined
    return (value, { frame }) => {
      evaluate ??= compiled(expression, path)
      return evaluate(value, frame)
    }
  }

  function compiled(expression: string, path: string): Evaluate {
    try {
      return engine.compile(expression, path)
    } catch {
      return () => undefined
    }
  }

  return { ofStructure, rulesOf }
}

import type { Definitions, SearchParameter } from '../definitions/definitions.ts'

/** Patients: the type whose rid stands in `pat`. */
export const subjectType = 'Patient'

/** Where the rows of a type have their patient from. */
export interface Subject {
  /** The parameter whose single target is `pat`; with several, all of them are keys of this parameter. */
  readonly code: string
  readonly several: boolean
  /** Whether the parameter's references to patients are exactly those, so that they need no keys of their own. */
  carries(parameter: SearchParameter): boolean
}

/**
 * Every type with a `patient` parameter has its patient there; a type without one, in the `subject` that puts it into the
 * Patient compartment. Other types, and Patient itself, have none.
 */
export function createSubjects(definitions: Definitions): (type: string) => Subject | undefined {
  const cache = new Map<string, Subject | undefined>()
  return (type) => {
    if (!cache.has(type)) cache.set(type, made(definitions, type))
    return cache.get(type)
  }
}

function made(definitions: Definitions, type: string): Subject | undefined {
  const source =
    definitions.searchParameter(type, 'patient') ??
    (definitions.compartmentParameters(subjectType, type).includes('subject')
      ? definitions.searchParameter(type, 'subject')
      : undefined)
  if (type === subjectType || source?.type !== 'reference') return undefined
  const own = paths(type, source)
  const carries = (other: SearchParameter) =>
    other.type === 'reference' && (other.code === source.code || same(own, paths(type, other)))
  return { code: source.code, several: source.repeats, carries }
}

/** The elements that an expression names on this type, without the restriction to patients: `Observation.subject`. */
function paths(type: string, { expression }: SearchParameter): ReadonlySet<string> {
  const arms = expression.split('|').map((arm) =>
    arm
      .replaceAll(/\.where\(\s*resolve\(\)\s+is\s+[A-Za-z]+\s*\)/g, '')
      .replaceAll(/\.(?:as|ofType)\(\s*Reference\s*\)|\s+as\s+Reference/g, '')
      .replaceAll(/[()\s]/g, ''),
  )
  return new Set(arms.filter((arm) => arm.startsWith(`${type}.`)))
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size > 0 && one.size === other.size && [...one].every((path) => other.has(path))
}

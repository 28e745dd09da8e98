import type { Issue } from '../fhir/error.ts'

/** Of each severity: beyond this nobody reads on, and a Bundle full of mistakes must not fill the memory. */
const issueLimit = 100

/** Where a validation stands in a resource, and what it has found so far. */
export interface Walk {
  readonly issues: Issue[]
  enter(segment: string | number): void
  leave(): void
  /** `below`: the rest of the location, e.g. `coding[0]`. */
  report(code: 'structure' | 'required' | 'value' | 'code-invalid', diagnostics: string, below?: string): void
  /** What a resource is accepted with. */
  warn(diagnostics: string): void
}

export function createWalk(root: string): Walk {
  const issues: Issue[] = []
  const segments: (string | number)[] = []
  const room = { error: issueLimit, warning: issueLimit }

  function add(severity: keyof typeof room, code: string, diagnostics: string, below: string | undefined): void {
    if (room[severity]-- <= 0) return
    const place = segments.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${segment}`)).join('')
    issues.push({ severity, code, diagnostics, expression: [root + place + (below === undefined ? '' : `.${below}`)] })
  }

  return {
    issues,
    enter: (segment) => void segments.push(segment),
    leave: () => void segments.pop(),
    report: (code, diagnostics, below) => add('error', code, diagnostics, below),
    warn: (diagnostics) => add('warning', 'structure', diagnostics, undefined),
  }
}

import type { Issue } from '../fhir/error.ts'

/** Of each severity: beyond this nobody reads on, and a Bundle full of mistakes must not fill the memory. */
const issueLimit = 100

export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'code-invalid'
  | 'invariant'
  | 'invalid'
  | 'extension'
  | 'not-found'
  | 'business-rule'

/** Where a validation stands in a resource, and what it has found so far. */
export interface Walk {
  readonly issues: Issue[]
  /** Warnings are wanted too. Those who only ask whether a resource is valid do not pay for them. */
  readonly advises: boolean
  /** The errors so far, those beyond the limit included. */
  errors: number
  /**
   * A primitive with an id or extensions was met in the value whose rules come next: then what is no member of that name may be
   * there all the same. What lies beside the value does not count, or one such primitive would slow down all that follows.
   */
  hasBesides: boolean
  frame: Frame
  /** The definition's path of the element that is being checked: `Patient.contact`, or `HumanName.period` inside of a name. */
  element: string
  /** That of the object around it: `Patient.name`. */
  container: string
  enter(segment: string | number): void
  leave(): void
  /** `below`: the rest of the location, e.g. `coding[0]`. */
  report(code: IssueCode, diagnostics: string, below?: string): void
  /** What a resource is accepted with. */
  warn(diagnostics: string, code?: IssueCode): void
  /**
   * What breaks a rule that records everywhere break: an error for who asks whether a resource is valid, a warning for who
   * stores it.
   */
  tolerate(code: IssueCode, diagnostics: string, below?: string): void
}

/** What is asked of a resource as a whole. */
export interface Frame {
  /** FHIRPath's %resource and %rootResource, which is the container of a contained one. */
  readonly resource: unknown
  readonly root: Frame | undefined
  /** That of the resource around it, e.g. the Bundle. */
  readonly outer: Frame | undefined
  /** The ids of elements, to find one that comes twice. */
  ids: Set<string> | undefined
  /** References within the resource, such as `#p1`, and for "#" the contained resource that it comes from. */
  fragments: Set<unknown> | undefined
  /** What is contained in it, by id; made when the first reference asks. */
  contained: ReadonlyMap<unknown, Json> | undefined
  /** Of a Bundle: what its entries are found by; made when the first reference asks. */
  entries: Entries | undefined
  /** What FHIRPath was given instead of parts of the resource; made once, since every rule on every element may ask for them. */
  readonly copies: Map<object, unknown>
}

export type Json = Record<string, unknown>

export interface Entries {
  /** By the fullUrl, and by the fullUrl with the version: `http://a/Patient/1/_history/2`. */
  readonly byUrl: ReadonlyMap<string, readonly Json[]>
  readonly urlOf: ReadonlyMap<unknown, string>
}

export function frameOf(resource: unknown, root?: Frame, outer?: Frame): Frame {
  return {
    resource,
    root,
    outer,
    ids: undefined,
    fragments: undefined,
    contained: undefined,
    entries: undefined,
    copies: outer?.copies ?? root?.copies ?? new Map(),
  }
}

/** Remembers a reference within the resource; those of a contained resource count for its container. */
export function noteFragment({ frame }: Walk, text: string): void {
  const root = frame.root ?? frame
  root.fragments ??= new Set()
  if (text !== '#') root.fragments.add(text)
  else if (frame.root) root.fragments.add(frame.resource)
}

export function createWalk(root: string, advises: boolean): Walk {
  const issues: Issue[] = []
  const segments: (string | number)[] = []
  const room = { error: issueLimit, warning: issueLimit }

  function add(severity: keyof typeof room, code: string, diagnostics: string, below: string | undefined): void {
    if (severity === 'error') walk.errors++
    if (room[severity]-- <= 0) return
    const place = segments.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${segment}`)).join('')
    issues.push({ severity, code, diagnostics, expression: [root + place + (below === undefined ? '' : `.${below}`)] })
  }

  const walk: Walk = {
    issues,
    advises,
    errors: 0,
    hasBesides: false,
    frame: frameOf(undefined),
    element: root,
    container: root,
    enter: (segment) => void segments.push(segment),
    leave: () => void segments.pop(),
    report: (code, diagnostics, below) => add('error', code, diagnostics, below),
    tolerate: (code, diagnostics, below) => add(advises ? 'error' : 'warning', code, diagnostics, below),
    warn: (diagnostics, code = 'structure') => add('warning', code, diagnostics, undefined),
  }
  return walk
}

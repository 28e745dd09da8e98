import type { ValueSetComposeIncludeFilter } from 'fhir/r4.js'
import type { Concept, Verdict } from '../terminology.ts'

/** A code system as far as it can be asked: one with a list of concepts, or one that is known by its rules. */
export interface System {
  readonly url: string
  readonly name: string
  readonly version: string | undefined
  /** `unknown` where the list is a fragment, or the rules do not decide. */
  has(code: string): Verdict
  concept(code: string): Concept | undefined
  /** Undefined when they cannot be listed. */
  codes(): readonly string[] | undefined
  /** Why `codes` cannot list them. */
  readonly unlisted: 'unknown' | 'endless'
  /** What passes; undefined for a filter that is not known here. */
  filter(filter: ValueSetComposeIncludeFilter): ((code: string) => Verdict) | undefined
  /** With the code itself. */
  descendants(code: string): ReadonlySet<string>
  ancestors(code: string): ReadonlySet<string>
}

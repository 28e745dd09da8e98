import type { CodeSystem, CodeSystemConceptProperty, Coding, ValueSet } from 'fhir/r4.js'

export type { CodeSystem, ValueSet }

/** `unknown`: nobody here can tell, because a code system or value set that it takes is not on board. */
export type Verdict = 'yes' | 'no' | 'unknown'

/**
 * Questions about codes, answered from the code systems and value sets that are on board, and for languages, countries,
 * currencies, media types, time zones and units by their rules. https://hl7.org/fhir/R4/terminology-service.html
 */
export interface Terminology {
  /** By canonical URL; a `|version` must be the one on board. */
  valueSet(canonical: string): ValueSet | undefined
  codeSystem(canonical: string): CodeSystem | undefined
  validateCode(question: CodeQuestion): CodeAnswer
  /** Its codes, flat, or why they cannot be listed. A `|version` that is not on board is passed over. */
  expand(valueSet: string | ValueSet, options?: ExpandOptions): Expansion | NoExpansion
  /** `unknown` when the code system is not on board, undefined when the code is not in it. */
  lookup(system: string, code: string): Concept | undefined | 'unknown'
  /** How `a` stands to `b`; undefined when one of them is not known. */
  subsumes(system: string, a: string, b: string): Subsumption | undefined
  /** The code and all below it; empty for a code that is not in the system, undefined when the system is not on board. */
  descendants(system: string, code: string): ReadonlySet<string> | undefined
  /** The code and all above it, as `descendants`. */
  ancestors(system: string, code: string): ReadonlySet<string> | undefined
  /** What a value set names, itself or through others that are here, and what is not here. */
  missing(valueSet: ValueSet): readonly MissingDefinition[]
  /** With these, which go before what is on board. Answers take bounded work, or are refused as too costly. */
  with(more: readonly (ValueSet | CodeSystem)[]): Terminology
}

export interface MissingDefinition {
  readonly kind: 'ValueSet' | 'CodeSystem'
  /** Of value sets with the version, where one is named. */
  readonly canonical: string
}

export interface CodeQuestion {
  /** Canonical URL (a version that is not on board is passed over) or the value set itself; none: is it in its code system? */
  readonly valueSet?: string | ValueSet | undefined
  /** Undefined, e.g. for an element of type code: any system that the value set draws on. */
  readonly system?: string | undefined
  readonly version?: string | undefined
  readonly code: string
  /** Judged too, when it is given. */
  readonly display?: string | undefined
  /** Whether the answer is to hold the display, which is some more work. */
  readonly wantsDisplay?: boolean
}

export interface CodeAnswer {
  readonly result: Verdict
  /** The sentence that says why not, or what is wrong with the display. */
  readonly text?: string
  /** The system of the code, where the question did not name it. */
  readonly system?: string
  readonly display?: string
  /** The code is right, and the display that came with it is none of its own. */
  readonly hasWrongDisplay?: true
}

export type Subsumption = 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed'

export interface ExpandOptions {
  /** Words that must all stand in the code, its display or a designation. */
  readonly filter?: string | undefined
  readonly offset?: number | undefined
  readonly count?: number | undefined
  readonly activeOnly?: boolean | undefined
}

export interface Expansion {
  /** After the filter, before paging. */
  readonly total: number
  readonly members: readonly ValueSetMember[]
  /** `system|version` of the code systems that the members are from. */
  readonly systems: readonly string[]
}

export interface NoExpansion {
  /** `unknown`: something is not on board; `endless`: too many codes to list, such as all languages or all units. */
  readonly problem: 'unknown' | 'endless'
  readonly text: string
}

export interface ValueSetMember {
  readonly system: string
  readonly code: string
  readonly display: string | undefined
  readonly designations: readonly Designation[]
  readonly isAbstract: boolean
  readonly isInactive: boolean
}

export interface Designation {
  readonly language?: string
  readonly use?: Coding
  readonly value: string
}

export interface Concept {
  readonly code: string
  /** Name and version of its code system. */
  readonly systemName: string
  readonly systemVersion: string | undefined
  readonly display: string | undefined
  readonly definition: string | undefined
  readonly designations: readonly Designation[]
  readonly properties: readonly CodeSystemConceptProperty[]
  readonly parents: readonly string[]
  readonly children: readonly string[]
  readonly isAbstract: boolean
  readonly isInactive: boolean
}

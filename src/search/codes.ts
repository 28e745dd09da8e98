import type { Expansion, NoExpansion } from '../definitions/terminology.ts'

/** What a search asks of terminology: what is on board, or that and what is stored here, as far as the caller may see it. */
export interface Codes {
  /** By canonical URL, or by a reference. */
  expand(valueSet: string): Expansion | NoExpansion
  /** The code and all below it; undefined where the code system is not known. */
  descendants(system: string, code: string): ReadonlySet<string> | undefined
  ancestors(system: string, code: string): ReadonlySet<string> | undefined
}

import type { Clause } from '../clause.ts'
import { type Budget, newBudget } from './budget.ts'
import type { Compartment, IncludeRule, SearchRequest, SortKey } from '../request.ts'
import { defaultCount } from './result-parameters.ts'

/** What a client asks to be searched. */
export interface Target {
  /** Undefined: every type of the system, or of the compartment. */
  readonly type: string | undefined
  readonly within?: Compartment | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A request that is being read, parameter by parameter. */
export type Draft = Mutable<
  Omit<SearchRequest, 'type' | 'where' | 'sort' | 'others' | 'includes' | 'follow' | 'used' | 'ignored'>
> & {
  types: readonly DraftType[]
  rules: IncludeRule[]
  used: [string, string][]
  ignored: string[]
  budget: Budget
}

export interface DraftType {
  readonly type: string
  readonly where: Clause[]
  sort: readonly SortKey[]
}

export function emptyDraft(types: readonly string[], { type, within }: Target): Draft {
  return {
    types: types.map((one) => ({ type: one, where: [], sort: [] })),
    within,
    everyType: type === undefined,
    count: defaultCount,
    total: undefined,
    summary: undefined,
    elements: undefined,
    rules: [],
    after: undefined,
    used: [],
    ignored: [],
    budget: newBudget(),
  }
}

import { type Clause, none } from '../search/clause.ts'
import type { Rid } from '../search/keys.ts'
import type { Action } from './access.ts'
import type { Principal } from './principal.ts'

export type Person = NonNullable<Principal['person']>

/** Who asks, for what, when. */
export interface Asked {
  readonly person: Person | undefined
  /** Whom the Binaries name that this principal has sent. */
  readonly uploader: Rid
  readonly type: string
  readonly action: Action
  /** Epoch ms, for grants. */
  readonly at: number
}

/** The rows of a type that a permission speaks of; a clause that can be judged on a version's own row. */
export type Rule = (asked: Asked) => Clause

/** A rule that gives no row unless the one who asks is a person of these kinds. */
export function ruleFor(kinds: readonly Person['type'][], rule: (asked: Asked, me: Person) => Clause): Rule {
  return (asked) => (asked.person && kinds.includes(asked.person.type) ? rule(asked, asked.person) : none)
}

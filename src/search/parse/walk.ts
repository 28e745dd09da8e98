import type { Codes } from '../codes.ts'
import type { Budget } from './budget.ts'

/** What all branches of one parameter may still take. */
export interface Ways {
  left: number
}

/** How far one parameter has led: links so far, and ways that all of its branches together may still take. */
export interface Walk {
  readonly depth: number
  readonly ways: Ways
  readonly codes: Codes | undefined
  readonly budget: Budget
}

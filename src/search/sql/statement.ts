import type { Statement } from '../request.ts'
import { sharingPlan } from './bind.ts'

export function statement(text: string, values: readonly unknown[], sharesPlan: boolean): Statement {
  return { text: sharesPlan ? sharingPlan(text) : text, values, sharesPlan }
}

import { oneOf } from './scope-instances.ts'
import { kindOf } from './scope-kinds.ts'
import type { Question } from './scope-questions.ts'

/** How many refusals a scope string is tried with in transactions: each costs a request of its own. */
const refusals = 5

/**
 * What was asked one by one, as transactions: one of what is answered, one write among it, and one for each of some refusals,
 * which have to refuse the whole. The next scope string tries others.
 */
export function transactionsOf(questions: readonly Question[], turn: number): Question[][] {
  // A transaction holds no operation that changes something.
  const changing =
    /(?:^|\/)\$(meta-|invite|set-roles|link-sign-in|reset-second-factor|mark-read|message-settings|ask-about-access|send-again)/
  const certain = questions.filter(({ statuses, url }) => statuses.length === 1 && !changing.test(url))
  const answered = byKind(certain.filter(({ statuses }) => statuses[0] === 200))
  const [reads, writes] = parted(answered, ([some]) => some!.method === 'GET')
  const refused = byKind(certain.filter(({ statuses: [status = 0] }) => status === 403 || status === 404))
  const some = Array.from({ length: Math.min(refusals, refused.length) }, (_one, n) =>
    oneOf(refused, turn * refusals + n),
  )
  const write = oneOf(writes, turn)
  const whole = [...reads, ...(write ? [write] : [])].map((of) => oneOf(of, turn)!)
  return [...(whole.length > 0 ? [whole] : []), ...some.map((of) => [oneOf(of!, turn)!])]
}

function byKind(questions: readonly Question[]): Question[][] {
  const kinds = new Map<string, Question[]>()
  for (const question of questions) {
    const kind = kindOf(question)
    kinds.set(kind, [...(kinds.get(kind) ?? []), question])
  }
  return [...kinds.values()]
}

function parted<T>(things: readonly T[], is: (thing: T) => boolean): [T[], T[]] {
  return [things.filter(is), things.filter((thing) => !is(thing))]
}

import type { Known } from './known.ts'
import type { Listed } from './list-mutants.ts'

export interface Order {
  /** The mutant's test files, those first that will have noticed soonest. */
  of(mutant: Listed): readonly string[]
  tell(mutant: Listed, test: string, noticed: boolean): void
}

/** What noticed it last time; then what noticed the mutant before in the same file; then what notices most of its file's mutants in the least time. */
export function createOrder(seconds: ReadonlyMap<string, number>, known: Pick<Known, 'killerOf'>): Order {
  const killers = new Map<string, string>()
  const asked = new Map<string, { times: number; noticed: number }>()
  const keyOf = ({ file }: Listed, test: string) => `${file} ${test}`

  /** How many it may be thought to notice in a second; one that was never asked has the benefit of the doubt. */
  function worth(mutant: Listed, test: string): number {
    const { times, noticed } = asked.get(keyOf(mutant, test)) ?? { times: 0, noticed: 0 }
    return (noticed + 1) / (times + 1) / Math.max(seconds.get(test) ?? 0, 0.1)
  }

  return {
    of(mutant) {
      const first = [known.killerOf(mutant), killers.get(mutant.file)].filter((test) => test !== undefined)
      const likely = first.filter((test) => mutant.tests.includes(test))
      const others = [...mutant.tests].sort((a, b) => worth(mutant, b) - worth(mutant, a))
      return [...new Set([...likely, ...others])]
    },
    tell(mutant, test, noticed) {
      if (noticed) killers.set(mutant.file, test)
      const before = asked.get(keyOf(mutant, test)) ?? { times: 0, noticed: 0 }
      asked.set(keyOf(mutant, test), { times: before.times + 1, noticed: before.noticed + (noticed ? 1 : 0) })
    },
  }
}

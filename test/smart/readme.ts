import type { Assertion, Section } from './assertions.ts'

/** Between its markers, README.md holds what these make; the rest of it is written by hand. */
export function withPart(readme: string, marker: string, part: string): string {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`]
  const [from, to] = [readme.indexOf(open), readme.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`README.md has no ${open} … ${close}`)
  return `${readme.slice(0, from + open.length)}\n\n${part}\n\n${readme.slice(to)}`
}

export type Outcome = 'pass' | 'fail' | 'not run'

export function assertionList(sections: readonly Section[], outcomeOf: (assertion: Assertion) => Outcome): string {
  return sections
    .map(({ title, assertions }) => {
      const lines = assertions.map((assertion) => `- ${lineOf(assertion, outcomeOf)}`)
      return [`**${title}**`, '', ...lines].join('\n')
    })
    .join('\n\n')
}

function lineOf(assertion: Assertion, outcomeOf: (assertion: Assertion) => Outcome): string {
  const { id, says, notApplicable } = assertion
  return notApplicable === undefined
    ? `${outcomeOf(assertion)}: \`${id}\` – ${says}`
    : `not applicable: \`${id}\` – ${says} (${notApplicable})`
}

/** The ids in the brackets at the end of a test's title. */
export function idsOfTitle(title: string): string[] {
  return / \[([\w$, -]+)\]$/.exec(title)?.[1]?.split(', ') ?? []
}

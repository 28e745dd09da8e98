/** What a list in a README tells of one assertion. */
export interface Assertion {
  readonly id: string
  readonly says: string
  /** Why the assertion is not one about this server. */
  readonly notApplicable?: string
  /** What was made otherwise than the design asks, and why. */
  readonly changed?: string
  /** What is missing. */
  readonly notDone?: string
}

export interface Section {
  readonly title: string
  readonly assertions: readonly Assertion[]
}

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
  const { id, says, notApplicable, notDone, changed } = assertion
  const what = `\`${id}\` – ${says}`
  if (notApplicable !== undefined) return `not applicable: ${what} (${notApplicable})`
  if (notDone !== undefined) return `not done: ${what} (${notDone})`
  return `${outcomeOf(assertion)}: ${what}${changed === undefined ? '' : ` (changed: ${changed})`}`
}

/** The ids in the brackets at the end of a test's title, or before the colon at its beginning. */
export function idsOfTitle(title: string): string[] {
  const ids = / \[([\w$, -]+)\]$/.exec(title)?.[1] ?? /^([A-Z]+-\d+(?:, [A-Z]+-\d+)*): /.exec(title)?.[1]
  return ids?.split(', ') ?? []
}

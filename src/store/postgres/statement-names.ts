import { createHash } from 'node:crypto'

const worthPreparing = 3
const mostNames = 400
const mostCandidates = 2_000

/** The name under which a text is prepared on every connection; undefined: it is sent unnamed. */
export type NameOf = (text: string) => string | undefined

/**
 * Names for the statements that come back. Every connection keeps a plan per name, so a text earns one by being used, and
 * clients who send an endless variety of searches cannot fill the memory of the database.
 */
export function createStatementNames(): NameOf {
  const names = new Map<string, string>()
  const uses = new Map<string, number>()

  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= mostNames) return known
    const count = (uses.get(text) ?? 0) + 1
    uses.delete(text)
    if (count < worthPreparing) {
      uses.set(text, count)
      if (uses.size > mostCandidates) uses.delete(uses.keys().next().value!)
      return undefined
    }
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    names.set(text, name)
    return name
  }
}

import { createHash } from 'node:crypto'

const most = 2_000

/**
 * Names for statements that are worth preparing: the same text has the same name on every connection. Beyond a number that
 * no server of ours should meet, statements go unnamed, so that connections do not fill up with plans.
 */
export function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= most) return known
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    names.set(text, name)
    return name
  }
}

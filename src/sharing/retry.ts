const minute = 60
const longest = 8 * 60 * minute
const days = 86_400
const patience = 5 * days

/**
 * Seconds until something is tried again; undefined: it has been tried for days. One minute first, for a server that
 * defers whom it does not know, then four times as long each time, up to eight hours.
 *
 * https://www.rfc-editor.org/rfc/rfc5321#section-4.5.4.1 ("the give-up time generally needs to be at least 4-5 days")
 */
export function retryAfter({ attempts, age }: { attempts: number; age: number }): number | undefined {
  if (age >= patience) return undefined
  return Math.min(minute * 4 ** Math.min(attempts - 1, 10), longest)
}

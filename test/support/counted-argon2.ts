/**
 * Counts what argon2 is asked in this process, so that a test can hold "the same work" without a clock. Import it before
 * anything of `src/`: the library's functions are taken from its exports when the first module imports them.
 */
import { createRequire } from 'node:module'

const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as Record<
  'hash' | 'verify',
  (...args: unknown[]) => unknown
>

let calls = 0

for (const name of ['hash', 'verify'] as const) {
  const original = argon2[name]
  argon2[name] = (...args) => {
    calls += 1
    return original(...args)
  }
}

/** How many passwords were hashed or verified so far. */
export function argon2Calls(): number {
  return calls
}

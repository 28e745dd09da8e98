/** Of the machine's CPU time; beyond it a measurement says more about the neighbours than about what is measured. */
const tolerated = 0.03
const tries = 8

interface Disturbable {
  /** Of the machine's CPU time while it was measured, what its host gave to others. */
  readonly stolen: number
}

/**
 * Measures until the machine's host leaves it alone, eight times and to the end of the time at most; then the least disturbed
 * measurement counts, and is said to be disturbed. Which one counts depends on the host alone, never on what was measured. Each is told which it is: what was written the first time would change nothing the second.
 */
export async function undisturbed<T extends Disturbable>(
  measure: (nth: number) => Promise<T>,
  { until, retry }: { until: number; retry(stolen: number): void },
): Promise<{ best: T; all: readonly T[]; isDisturbed: boolean }> {
  const all = [await measure(0)]
  while (all.at(-1)!.stolen > tolerated && all.length < tries && Date.now() < until) {
    retry(all.at(-1)!.stolen)
    all.push(await measure(all.length))
  }
  const best = all.reduce((least, each) => (each.stolen < least.stolen ? each : least))
  return { best, all, isDisturbed: best.stolen > tolerated }
}

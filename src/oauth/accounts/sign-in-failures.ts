/**
 * Many accounts tried from one place: what fails there is counted together, beside the pause of each account. What succeeds does not
 * count, so that a clinic behind one address signs in as often as it likes.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#throttle
 */
import { isIPv6 } from 'node:net'
import type { Throttle, Verdict } from './throttle.ts'

/** In a quarter of an hour; both steps of signing in together. */
const perNetwork = { most: 100, seconds: 900 }

export type SignInFailures = ReturnType<typeof createSignInFailures>

export function createSignInFailures({ throttle }: { throttle: Pick<Throttle, 'limit' | 'refund'> }) {
  const key = (ip: string) => ['sign-in failures', networkOf(ip)]
  return {
    /** Counted before it is judged, so that parallel guesses cannot slip by. */
    attempt: (ip: string): Promise<Verdict> => throttle.limit(key(ip), perNetwork),
    /** It was no failure after all. */
    forgive: (ip: string): Promise<void> => throttle.refund(key(ip)),
  }
}

/** Whoever has one address of IPv6 has all of its /64. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = ip.toLowerCase().replace(/%.*/, '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(ip.toLowerCase())?.[1]
  if (mapped !== undefined) return mapped
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length
  const groups = [...front, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf } from '../../../src/oauth/accounts/sign-in-failures.ts'

test('an address of IPv4 is itself, and one of IPv6 stands for its /64, however it is written', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ]
  for (const [ip, network] of cases) assert.equal(networkOf(ip), network, ip)
})

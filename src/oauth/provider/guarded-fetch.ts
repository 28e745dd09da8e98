/**
 * Fetches what an URL in a client's registration names, without letting the client reach into our network (SSRF).
 *
 * https://www.rfc-editor.org/rfc/rfc7591#section-5
 */
import { lookup, type LookupAddress } from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import { BlockList, isIP } from 'node:net'

const timeout = 2_500
const limit = 64 * 1024

/** IANA's special-purpose registries: nothing a public client could live at. */
const special = ranges([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...[
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
  ],
  ...[
    '::/127',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    'fc00::/7',
    'fe80::/10',
    'ff00::/8',
  ],
])

/** `allow`: hosts and CIDR ranges that are fine although they are not public, such as a hospital's intranet. */
export function createGuardedFetch(allow: readonly string[]) {
  const hosts = new Set(allow.filter((entry) => !entry.includes('/')))
  const allowed = ranges(allow.filter((entry) => entry.includes('/') || isIP(entry) !== 0))

  function isReachable(address: string): boolean {
    return holds(allowed, address) || !holds(special, address)
  }

  /** The text behind an http(s) URL and its headers. Redirects are not followed. Throws for anything but a 200. */
  return async function guardedFetch(target: string): Promise<{ text: string; headers: http.IncomingHttpHeaders }> {
    const url = new URL(target)
    const hostname = url.hostname.replace(/^\[|\]$/g, '')
    const trusted = hosts.has(hostname)
    if (!['http:', 'https:'].includes(url.protocol) || url.username || url.password) throw refusal(url)
    if (isIP(hostname) !== 0 && !trusted && !isReachable(hostname)) throw refusal(url)
    const response = await get(url, (addresses) => trusted || addresses.every(({ address }) => isReachable(address)))
    const text = await textOf(response)
    if (response.statusCode !== 200) throw new Error(`${url.host} answered ${response.statusCode}`)
    return { text, headers: response.headers }
  }
}

/** The addresses are judged where the connection is made, so that no second look-up can answer differently. */
function get(url: URL, mayReach: (addresses: LookupAddress[]) => boolean): Promise<http.IncomingMessage> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      headers: { accept: 'application/json' },
      agent: false,
      signal: AbortSignal.timeout(timeout),
      lookup: (hostname, options, done) => {
        lookup(hostname, { ...options, all: true }, (error, addresses) => {
          if (error) done(error, [])
          else if (addresses.length === 0 || !mayReach(addresses)) done(refusal(url), [])
          else if (options.all) done(null, addresses)
          else done(null, addresses[0]!.address, addresses[0]!.family)
        })
      },
    })
    outgoing.once('response', resolve).once('error', reject).end()
  })
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new Error(`the answer is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function ranges(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function refusal(url: URL): Error {
  return new Error(`${url.host} is not a public address; FETCH_ALLOW can name it`)
}

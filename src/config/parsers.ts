import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'

/** From the text of an environment variable to its value; throws an Error whose message completes "NAME: …". */
export type Parser<T> = (text: string) => T

/** A value that is refused, told without the value where it may be a secret. */
function refuse(reason: string): never {
  throw new Error(reason)
}

export const text: Parser<string> = (value) => value

/** A file or folder, relative to where the server was started. */
export const path: Parser<string> = (value) => resolve(value)

export function oneOf<const Name extends string>(...names: readonly Name[]): Parser<Name> {
  return (value) => names.find((name) => name === value) ?? refuse(`must be one of ${names.join(', ')}, not "${value}"`)
}

/** Some of these names, separated by commas; none for an empty text. */
export function someOf<const Name extends string>(...names: readonly Name[]): Parser<readonly Name[]> {
  return (value) => {
    const given = value.split(',').flatMap((entry) => entry.trim() || [])
    const wrong = given.find((entry) => !names.some((name) => name === entry))
    if (wrong !== undefined) refuse(`must be a comma list of ${names.join(', ')}, and "${wrong}" is none`)
    return names.filter((name) => given.includes(name))
  }
}

export function integer(least: number, most: number): Parser<number> {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN
    return number >= least && number <= most
      ? number
      : refuse(`must be a whole number from ${least} to ${most}, not "${value}"`)
  }
}

export function decimal(least: number, most: number): Parser<number> {
  return (value) => {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN
    return number >= least && number <= most
      ? number
      : refuse(`must be a number from ${least} to ${most}, not "${value}"`)
  }
}

const byteUnits = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** `32MiB`, `5 GiB` or a plain number of bytes. */
export function bytes(least: number, most: number): Parser<number> {
  return (value) => {
    const [, count, unit] = /^(\d{1,15}) ?(|B|KiB|MiB|GiB)$/.exec(value) ?? []
    const size = count === undefined ? NaN : Number(count) * byteUnits[unit as keyof typeof byteUnits]
    return size >= least && size <= most
      ? size
      : refuse(`must be a size from ${least} to ${most} bytes such as "32MiB", not "${value}"`)
  }
}

const timeUnits = { ms: 1, s: 1000, min: 60_000 } as const

/** `500ms`, `30s`, `5min`; in milliseconds. */
export function duration(least: number, most: number): Parser<number> {
  return (value) => {
    const [, count, unit] = /^(\d{1,9}) ?(ms|s|min)$/.exec(value) ?? []
    const time = count === undefined ? NaN : Number(count) * timeUnits[unit as keyof typeof timeUnits]
    return time >= least && time <= most
      ? time
      : refuse(`must be a time from ${least / 1000}s to ${most / 1000}s such as "30s" or "500ms", not "${value}"`)
  }
}

/** An URL with one of the protocols. Never quoted in the refusal: it may hold a password. */
export function url(...protocols: readonly string[]): Parser<string> {
  return (value) => {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol.slice(0, -1))) {
      refuse(`must be an URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`)
    }
    return value
  }
}

/** Scheme, host and port, without a trailing slash: every address the server hands out starts with it. */
export const origin: Parser<string> = (value) => {
  const { origin, username, pathname, search, hash } = new URL(url('http', 'https')(value))
  if (username || pathname !== '/' || search || hash) {
    refuse('must be scheme, host and port alone, such as "https://records.example.org"')
  }
  return origin
}

export const listenAddress: Parser<string> = (value) =>
  isIP(value) !== 0 || isHost(value) ? value : refuse(`must be an address or a host name, not "${value}"`)

/** Long enough that it cannot be guessed; never quoted. */
export const token: Parser<string> = (value) =>
  /^[A-Za-z0-9\-._~+/]{16,}=*$/.test(value) ? value : refuse('must be 16 or more letters, digits and -._~+/ characters')

/** How many proxies in front of the server add to X-Forwarded-For: a number, or `true` for one and `false` for none. */
export const proxies: Parser<number> = (value) => (value === 'true' ? 1 : value === 'false' ? 0 : integer(0, 10)(value))

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS (names that need no quotes) */
export const schemaName: Parser<string> = (value) =>
  /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(value)
    ? value
    : refuse(`must be a lower-case name of letters, digits and "_" that does not start with "pg_", not "${value}"`)

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName: Parser<string> = (value) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value) && !value.includes('..') && isIP(value) === 0
    ? value
    : refuse(`must be 3 to 63 lower-case letters, digits, dots and hyphens, not "${value}"`)

export const email: Parser<string> = (value) =>
  /^[^\s@<>]+@[^\s@<>]+$/.test(value) ? value : refuse(`must be a mail address, not "${value}"`)

/** `name@host` or `Name <name@host>`. */
export const mailbox: Parser<string> = (value) => {
  email(/^[^<>\r\n]*<([^<>]+)>$/.exec(value)?.[1] ?? value)
  return value
}

/** A comma list of host names, addresses and CIDR ranges. */
export const hosts: Parser<readonly string[]> = (value) => {
  const entries = value.split(',').flatMap((entry) => entry.trim().toLowerCase() || [])
  const wrong = entries.find((entry) => !isHost(entry) && !isRange(entry))
  if (wrong !== undefined) refuse(`must be a comma list of hosts and CIDR ranges, and "${wrong}" is neither`)
  return entries
}

function isHost(entry: string): boolean {
  return (
    isIP(entry) !== 0 || /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(entry)
  )
}

function isRange(entry: string): boolean {
  const [, address = '', prefix] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? []
  const family = isIP(address)
  if (family === 0) return false
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6')
    return true
  } catch {
    return false
  }
}

import { hash, randomBytes } from 'node:crypto'

/** A signed 64-bit number that stands for one resource, a pure function of its type and id. */
export type Rid = bigint
/** A signed 64-bit number that stands for one indexed value of one search parameter. */
export type Key = bigint

const epoch = Date.UTC(2026, 0, 1)
const cacheLimit = 50_000
/** Characters: longer texts come once, and would fill the memory. */
const cachedLength = 200

/**
 * Turns types, ids and values into the numbers that the index holds.
 *
 * A server-made id is UUID-shaped and carries its rid: 41 bits of milliseconds since 2026, 22 bits of node and counter,
 * then a keyed MAC of 59 bits, so that ids can be neither forged nor enumerated. Any other id hashes to a rid with the
 * top bit set, so a client's id can never meet a server's. Reference keys are `rid # salt`, which joins can invert.
 */
export function createKeys(secret: Buffer, now: () => number = Date.now) {
  const hmac64 = createHmac64(secret)
  const cache = new Map<string, bigint>()
  const rids = new Map<string, Rid>()
  const node = BigInt(randomBytes(2).readUInt16BE() & 0x3ff)
  let lastTick = 0
  let counter = 0

  function hash64(text: string): bigint {
    const known = cache.get(text)
    if (known !== undefined) return known
    const value = BigInt.asIntN(64, hmac64(text))
    if (text.length > cachedLength) return value
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(text, value)
    return value
  }

  /** The HMAC of the parts; parts are separated so that `a|b` and `a`,`b` differ. */
  function key(...parts: string[]): Key {
    return hash64(parts.join('\u001f'))
  }

  function mac(type: string, rid: Rid): bigint {
    return BigInt.asUintN(59, hmac64(`id\u001f${type}\u001f${rid}`))
  }

  /** The same few people and patients are named again and again, several times by one resource. */
  function ridOf(type: string, id: string): Rid {
    const name = `${type}/${id}`
    return rids.get(name) ?? remembered(name, computedOf(type, id))
  }

  function remembered(name: string, rid: Rid): Rid {
    if (name.length > cachedLength) return rid
    if (rids.size >= cacheLimit) rids.clear()
    rids.set(name, rid)
    return rid
  }

  function computedOf(type: string, id: string): Rid {
    const rid = ridInside(id)
    if (rid !== undefined && idOf(type, rid) === id) return rid
    return BigInt.asIntN(64, (1n << 63n) | BigInt.asUintN(62, hash64(`rid\u001f${type}\u001f${id}`)))
  }

  function idOf(type: string, rid: Rid): string {
    const bits = (rid << 59n) | mac(type, rid)
    // 122 bits around the UUID's version (8: custom, RFC 9562) and variant.
    const high = bits >> 62n
    const low = bits & ((1n << 62n) - 1n)
    const first = ((high >> 12n) << 16n) | 0x8000n | (high & 0xfffn)
    const second = (0b10n << 62n) | low
    const hex = first.toString(16).padStart(16, '0') + second.toString(16).padStart(16, '0')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  function newIdentity(type: string): { id: string; rid: Rid } {
    const tick = Math.max(now() - epoch, lastTick)
    counter = tick === lastTick ? counter + 1 : 0
    lastTick = counter > 0xfff ? tick + 1 : tick
    if (counter > 0xfff) counter = 0
    const rid = (BigInt(lastTick) << 22n) | (node << 12n) | BigInt(counter)
    const id = idOf(type, rid)
    return { id, rid: remembered(`${type}/${id}`, rid) }
  }

  const salt = (parameter: string, targetType: string): Key => key('salt', parameter, targetType)
  const reference = (parameter: string, targetType: string, rid: Rid): Key =>
    BigInt.asIntN(64, rid ^ salt(parameter, targetType))

  return { key, salt, reference, ridOf, newIdentity }
}

export type Keys = ReturnType<typeof createKeys>

const blockSize = 64

/**
 * The first 64 bits of HMAC-SHA-256, from two hashes of one call each: an Hmac object for each of the many values of a resource
 * costs twice as much. https://www.rfc-editor.org/rfc/rfc2104
 */
function createHmac64(secret: Buffer): (text: string) => bigint {
  if (secret.length > blockSize) throw new Error(`A secret has ${blockSize} bytes at most`)
  const padded = (pad: number, room: number) => {
    const bytes = Buffer.alloc(blockSize + room)
    for (let at = 0; at < blockSize; at++) bytes[at] = (secret[at] ?? 0) ^ pad
    return bytes
  }
  const inner = padded(0x36, 0)
  const outer = padded(0x5c, 32)
  return (text) => {
    const message = Buffer.allocUnsafe(blockSize + Buffer.byteLength(text))
    inner.copy(message)
    message.write(text, blockSize)
    outer.write(hash('sha256', message, 'binary'), blockSize, 'binary')
    return BigInt(`0x${hash('sha256', outer, 'hex').slice(0, 16)}`)
  }
}

/** The rid that a server-made id would carry; the caller checks the MAC by making the id again. */
function ridInside(id: string): Rid | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) return undefined
  const hex = id.replaceAll('-', '')
  const first = BigInt(`0x${hex.slice(0, 16)}`)
  const second = BigInt(`0x${hex.slice(16)}`)
  const high = ((first >> 16n) << 12n) | (first & 0xfffn)
  const bits = (high << 62n) | (second & ((1n << 62n) - 1n))
  return bits >> 59n
}

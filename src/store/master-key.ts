import { hkdfSync, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const length = 32

/**
 * The 32 bytes in a file that everything secret is derived from; made with mode 0600 when `create` is set and it is absent.
 * Throws when the file is not 32 bytes (raw, or as 64 hexadecimal digits).
 */
export function readMasterKey(file: string, create: boolean): Buffer {
  try {
    return parse(file, readFileSync(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || !create) throw error
  }
  mkdirSync(path.dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, randomBytes(length), { mode: 0o600, flush: true })
  try {
    linkSync(unfinished, file)
  } catch (error) {
    // Another process that started at the same moment made it: its key holds.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(unfinished)
  }
  return parse(file, readFileSync(file))
}

/** The 32 bytes for one purpose. https://www.rfc-editor.org/rfc/rfc5869 */
export function derivedKey(masterKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', `chartshare ${purpose}`, length))
}

function parse(file: string, bytes: Buffer): Buffer {
  if (bytes.length === length) return bytes
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  throw new Error(`${file} is no master key: it must hold 32 bytes, or 64 hexadecimal digits.`)
}

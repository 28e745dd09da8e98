import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Account, accountFor, barrier } from './account.ts'

/** What root uses when Postgres, which runs as another account, cannot enter the folders of the project. */
export const systemFolder = '/var/lib/chartshare'

/** A Unix socket's path holds about 104 bytes on the smallest platform; its name takes the rest. */
const longestSocketPath = 100
const socketName = '/.s.PGSQL.5432'

/**
 * The cluster's folder: `postgres` in the data folder. Where the data folder lies below one that only root may enter (a
 * clone in `/root`, say) it is kept in a new folder below `/var/lib/chartshare`, and `postgres` is a link to it. A data
 * folder that was removed and made again gets another one: what the old one held must not come back.
 */
export function clusterFolder(dataDir: string): { folder: string; account: Account | undefined } {
  mkdirSync(dataDir, { recursive: true })
  const place = path.join(realpathSync(dataDir), 'postgres')
  const linked = linkTarget(place)
  if (linked) {
    if (existsSync(path.dirname(linked))) return { folder: linked, account: accountFor(linked) }
    throw new Error(`${place} leads to ${linked}, which is not there: bring the data back, or remove the link.`)
  }
  const account = accountFor(place)
  if (!barrier(path.dirname(place), account)) return { folder: place, account }
  mkdirSync(systemFolder, { recursive: true })
  const parent = mkdtempSync(path.join(systemFolder, 'data-'))
  chmodSync(parent, 0o711)
  const elsewhere = path.join(parent, 'postgres')
  symlinkSync(elsewhere, place)
  return { folder: elsewhere, account: accountFor(elsewhere) }
}

function linkTarget(place: string): string | undefined {
  return lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()
    ? path.resolve(path.dirname(place), readlinkSync(place))
    : undefined
}

/** Where the socket stands: in the cluster's folder, which is private, or in a private temporary one with a short name. */
export function socketFolder(cluster: string, account: Account | undefined): { folder: string; temporary: boolean } {
  if (Buffer.byteLength(cluster + socketName) <= longestSocketPath) return { folder: cluster, temporary: false }
  const roots = [os.tmpdir(), '/tmp'].filter((root) => root.length < 60 && !barrier(root, account))
  const folder = mkdtempSync(path.join(roots[0] ?? '/tmp', 'chartshare-'))
  if (account) chownSync(folder, account.uid, account.gid)
  return { folder, temporary: true }
}

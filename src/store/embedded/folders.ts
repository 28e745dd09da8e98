import { createHash } from 'node:crypto'
import { chownSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs'
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
 * clone in `/root`, say) it is kept in `/var/lib/chartshare/<hash of the data folder>`, and `postgres` is a link to it.
 */
export function clusterFolder(dataDir: string): { folder: string; account: Account | undefined } {
  mkdirSync(dataDir, { recursive: true })
  const place = path.join(realpathSync(dataDir), 'postgres')
  const linked = linkTarget(place)
  if (linked) {
    mkdirSync(path.dirname(linked), { recursive: true })
    return { folder: linked, account: accountFor(linked) }
  }
  const account = accountFor(place)
  if (!barrier(path.dirname(place), account)) return { folder: place, account }
  const name = createHash('sha256').update(place).digest('hex').slice(0, 16)
  const elsewhere = path.join(systemFolder, name, 'postgres')
  mkdirSync(path.dirname(elsewhere), { recursive: true })
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

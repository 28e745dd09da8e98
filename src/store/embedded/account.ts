import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'

/** The operating system account that Postgres runs as when it is not our own. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Postgres refuses to run as root. Root therefore starts it as the owner of the cluster, when there is one already, and as
 * `nobody` otherwise; no account is ever added to the machine. Undefined: run it as ourselves.
 */
export function accountFor(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster)
    if (uid !== 0) return { uid, gid }
  }
  return nobody()
}

function nobody(): Account {
  const line = existsSync('/etc/passwd')
    ? /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
    : null
  return line ? { uid: Number(line[1]), gid: Number(line[2]) } : { uid: 65_534, gid: 65_534 }
}

/** The first folder on the way to `target` that the account may not enter; undefined when it can reach the target. */
export function barrier(target: string, account: Account | undefined): string | undefined {
  if (!account) return undefined
  let folder = path.resolve(target)
  while (!existsSync(folder)) folder = path.dirname(folder)
  folder = realpathSync(folder)
  const ways = [folder]
  while (folder !== path.dirname(folder)) ways.unshift((folder = path.dirname(folder)))
  return ways.find((way) => !mayEnter(way, account))
}

function mayEnter(folder: string, account: Account): boolean {
  const { mode, uid, gid } = statSync(folder)
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  return (mode & bit) !== 0
}

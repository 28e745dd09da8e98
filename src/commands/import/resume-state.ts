import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How far one file has come on one server. */
export interface FileState {
  readonly file: string
  /** The units before this one were answered. */
  readonly next: number
  /** Of those, the ones that were refused; `entries` when the others of the unit were accepted. */
  readonly failed: readonly { readonly unit: number; readonly entries?: readonly number[] }[]
  readonly complete: boolean
  /** Something that this import made, `Patient/1`: when it is gone, so is everything else that the state claims. */
  readonly witness?: string
}

/**
 * Remembers what was loaded, so that an interrupted import goes on where it stopped. One small file for each imported
 * file, named by its content and by the server it went to: an edited file is a new one.
 */
export interface ResumeState {
  read(hash: string): Promise<FileState | undefined>
  write(hash: string, state: FileState): Promise<void>
  forget(hash: string): Promise<void>
}

export function createResumeState(folder: string, target: string): ResumeState {
  const pathOf = (hash: string) =>
    join(folder, `${createHash('sha256').update(`${target}\n${hash}`).digest('hex').slice(0, 32)}.json`)
  return {
    async read(hash) {
      try {
        return JSON.parse(await readFile(pathOf(hash), 'utf8')) as FileState
      } catch {
        // Absent, or cut off by a full disk: the file is loaded from its start.
        return undefined
      }
    },

    async write(hash, state) {
      await mkdir(folder, { recursive: true })
      const path = pathOf(hash)
      await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
      await rename(`${path}.new`, path)
    },

    async forget(hash) {
      await rm(pathOf(hash), { force: true })
    },
  }
}

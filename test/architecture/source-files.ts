import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../src/project-root.ts'

export interface SourceFile {
  /** Below the project's root, with `/`: `src/store/store.ts`. */
  readonly path: string
  readonly text: string
}

/** Every TypeScript file below a folder of the project. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({
      path: file.slice(projectRoot.length + 1).replaceAll('\\', '/'),
      text: readFileSync(file, 'utf8'),
    }))
}

/** The room of a file under `src/`; the files at the root have the room ''. */
export function roomOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? ''
}

/** Fails with every offender on a line of its own. */
export function none(offenders: readonly string[]): void {
  assert.ok(offenders.length === 0, `\n${offenders.join('\n')}`)
}

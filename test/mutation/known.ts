import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../../src/project-root.ts'
import type { Listed } from './list-mutants.ts'

/** How a test file ended, without any mutant or with one. */
interface Ended {
  readonly key: string
  /** Which mutant it was, whatever else has changed since; absent without one. */
  readonly mutant?: string | undefined
  readonly test: string
  readonly failed: boolean
  readonly by: string
  readonly seconds: number
}

export type Known = ReturnType<typeof openKnown>

/**
 * What earlier runs found out, so that one that was interrupted goes on where it ended. It holds while nothing has changed
 * but other test files; later on it still says which test to ask first.
 */
export function openKnown(file = join(projectRoot, 'node_modules', '.cache', 'mutation.jsonl')) {
  const ended = new Map<string, Ended>()
  const killers = new Map<string, string>()
  const around = digest(...['src', 'migrations', 'test'].flatMap(textsBelow), read('package-lock.json'))
  const keyOf = (test: string, mutant?: string) => digest(around, test, read(join('test', test)), mutant ?? '')

  function keep(one: Ended): void {
    ended.set(one.key, one)
    if (one.mutant !== undefined && one.failed) killers.set(one.mutant, one.test)
  }

  if (existsSync(file)) for (const line of readFileSync(file, 'utf8').split('\n')) readLine(line)
  mkdirSync(dirname(file), { recursive: true })

  /** The last line of a run that was killed may be half a line. */
  function readLine(line: string): void {
    try {
      keep(JSON.parse(line) as Ended)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }

  return {
    /** How the test file ended with this mutant, all else being as it is now. */
    of: (test: string, mutant?: Listed) => ended.get(keyOf(test, mutant && idOf(mutant))),
    /** The test file that noticed this mutant last. */
    killerOf: (mutant: Listed) => killers.get(idOf(mutant)),
    add(test: string, mutant: Listed | undefined, { failed, by, seconds }: Pick<Ended, 'failed' | 'by' | 'seconds'>) {
      const id = mutant && idOf(mutant)
      const one = { key: keyOf(test, id), mutant: id, test, failed, by, seconds }
      keep(one)
      appendFileSync(file, `${JSON.stringify(one)}\n`)
    },
  }
}

const idOf = ({ file, text }: Listed) => digest(file, text)
const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')

/** Of everything below but test files, and but what tries them. */
function textsBelow(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts') && !entry.parentPath.endsWith('mutation'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((path) => [path.slice(projectRoot.length), readFileSync(path, 'utf8')])
}

function digest(...texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length}:`).update(text)
  return hash.digest('base64url')
}

import type { Progress } from '../progress.ts'
import type { InspectedFile } from './load-order.ts'
import { loadUnit } from './load-unit.ts'
import type { Loader } from './loader.ts'
import { readUnits } from './read-units.ts'
import { createTally } from './report.ts'
import type { Failure, Tally } from './report.ts'
import type { FileState, ResumeState } from './resume-state.ts'

export interface Imported {
  readonly tally: Tally
  readonly failures: readonly Failure[]
  /** Files that an earlier run had loaded to their end. */
  readonly skipped: number
}

interface Parts {
  readonly loader: Loader
  readonly state: ResumeState
  readonly progress: Progress
}

/**
 * Loads the files in the order given. What was refused is tried again at the end as long as something else has been loaded
 * since: it may have referred to what came later.
 */
export async function runImport(files: readonly InspectedFile[], parts: Parts): Promise<Imported> {
  const tally = createTally()
  const total = files.reduce((sum, file) => sum + file.bytes, 0)
  let skipped = 0
  let done = 0
  const refused = new Map<InspectedFile, Refused>()
  for (const [n, file] of files.entries()) {
    const show = (bytes: number) =>
      parts.progress.show(
        done + bytes,
        total,
        `${n + 1}/${files.length} files, ${tally.loaded} resources, ${file.path}`,
      )
    const before = await stateOf(file, parts)
    if (before?.complete && before.failed.length === 0) skipped++
    else refused.set(file, await loadFile(file, before, tally, parts, show))
    done += file.bytes
    show(0)
  }
  const hopeful = () => [...refused].filter(([, { loadedBefore }]) => loadedBefore < tally.loaded)
  for (let again = hopeful(); again.length > 0; again = hopeful()) {
    for (const [file] of again) {
      refused.set(file, await loadFile(file, await parts.state.read(file.hash), tally, parts, () => {}))
    }
  }
  return { tally, failures: [...refused.values()].flatMap(({ failures }) => failures), skipped }
}

interface Refused {
  readonly failures: readonly Failure[]
  /** How many resources the import had loaded when the first of them was refused. */
  readonly loadedBefore: number
}

/** What an earlier run left, unless the server has lost what that run made. */
async function stateOf(file: InspectedFile, { loader, state }: Parts): Promise<FileState | undefined> {
  const found = await state.read(file.hash)
  if (!found?.witness || (await loader.exists(found.witness))) return found
  await state.forget(file.hash)
  return undefined
}

async function loadFile(
  file: InspectedFile,
  before: FileState | undefined,
  tally: Tally,
  { loader, state }: Parts,
  show: (bytes: number) => void,
): Promise<Refused> {
  const failures: Failure[] = []
  let loadedBefore = Number.POSITIVE_INFINITY
  const failed = new Map((before?.failed ?? []).map(({ unit, entries }) => [unit, entries]))
  let next = before?.next ?? 0
  let witness = before?.witness
  for await (const unit of await readUnits(file.path)) {
    const again = failed.has(unit.index)
    if (unit.index < next && !again) continue
    const outcome = await loadUnit(unit, failed.get(unit.index), loader)
    failed.delete(unit.index)
    if (outcome.failures.length > 0) {
      failed.set(unit.index, outcome.failedEntries)
      loadedBefore = Math.min(loadedBefore, tally.loaded)
    }
    outcome.results.forEach(({ type, result }) => tally.add(type, result))
    failures.push(...outcome.failures.map((failure) => ({ file: file.path, ...failure })))
    next = Math.max(next, unit.index + 1)
    witness ??= outcome.witness
    await state.write(file.hash, snapshot(file, next, failed, false, witness))
    show(unit.end)
  }
  await state.write(file.hash, snapshot(file, next, failed, true, witness))
  return { failures, loadedBefore }
}

function snapshot(
  file: InspectedFile,
  next: number,
  failed: ReadonlyMap<number, readonly number[] | undefined>,
  complete: boolean,
  witness: string | undefined,
): FileState {
  return { file: file.path, next, failed: [...failed].map(([unit, entries]) => ({ unit, entries })), complete, witness }
}

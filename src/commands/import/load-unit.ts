import type { Issue } from '../../fhir/error.ts'
import type { Loaded, Loader } from './loader.ts'
import type { Failure, Result } from './report.ts'
import type { Unit } from './units.ts'

export interface UnitOutcome {
  readonly results: readonly { readonly type: string; readonly result: Result }[]
  readonly failures: readonly Omit<Failure, 'file'>[]
  /** Which entries were refused; undefined: all of them. */
  readonly failedEntries?: readonly number[]
  /** Something that is there now. */
  readonly witness?: string
}

/** Sends a unit, or those of its entries that `only` names. */
export async function loadUnit(unit: Unit, only: readonly number[] | undefined, loader: Loader): Promise<UnitOutcome> {
  if (unit.unusable !== undefined) {
    return refused(unit, only, [{ severity: 'error', code: 'structure', diagnostics: unit.unusable }])
  }
  let loaded: Loaded | undefined
  for (const request of unit.attempts(only)) {
    loaded = await loader.send(request)
    if (loaded.status < 300) break
  }
  return loaded && loaded.status < 300
    ? answered(unit, only, loaded)
    : refused(unit, only, loaded?.issues ?? [{ severity: 'error', code: 'processing', diagnostics: 'Nothing to send' }])
}

function answered(unit: Unit, only: readonly number[] | undefined, loaded: Loaded): UnitOutcome {
  const places = only ?? unit.entries.map((_, n) => n)
  const answers = unit.bundled ? loaded.entries : [loaded]
  if (answers.length !== places.length) {
    const text = `The server answered ${answers.length} entries to ${places.length}`
    return refused(unit, only, [{ severity: 'error', code: 'processing', diagnostics: text }])
  }
  const entries = places.map((place, n) => ({ place, entry: unit.entries[place]!, answer: answers[n]! }))
  const good = entries.filter(({ answer }) => answer.status < 300)
  const bad = entries.filter(({ answer }) => answer.status >= 300)
  return {
    results: good.map(({ entry, answer }) => ({ type: entry.type, result: resultOf(answer.status, entry.method) })),
    failures: bad.map(({ entry, answer }) => ({ place: entry.place, type: entry.type, issues: answer.issues })),
    failedEntries: bad.map(({ place }) => place),
    witness: good.find(({ answer }) => answer.reference)?.answer.reference,
  }
}

function refused(unit: Unit, only: readonly number[] | undefined, issues: readonly Issue[]): UnitOutcome {
  const concerned = only ? only.map((n) => unit.entries[n]!) : unit.entries
  const [first] = concerned
  const last = concerned.at(-1)
  const place = first === last ? (first?.place ?? '') : `${first?.place} to ${last?.place}`
  return {
    results: [],
    failures: [{ place, type: first === last ? (first?.type ?? 'unknown') : 'unknown', issues }],
    failedEntries: only,
  }
}

/** A create that answers 200 found what its `ifNoneExist` asks for. https://hl7.org/fhir/R4/http.html#ccreate */
function resultOf(status: number, method: string): Result {
  if (status === 201) return 'created'
  return method === 'POST' ? 'present' : 'updated'
}

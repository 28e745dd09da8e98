import { createRequire } from 'node:module'
import type { Verdict } from '../terminology.ts'

interface Library {
  readonly UcumLhcUtils: { getInstance(): Utilities }
}

interface Utilities {
  validateUnitString(unit: string): { status: 'valid' | 'invalid' | 'error'; ucumCode: string | null }
}

let loaded: Utilities | undefined
const cache = new Map<string, Verdict>()
const [cacheLimit, longest] = [1_000, 60]

/** Whether a text is a unit by the grammar of https://ucum.org/ucum; the library is loaded for the first of them. */
export function ucumVerdict(code: string): Verdict {
  if (!/^[!-~]+$/.test(code)) return 'no'
  if (code.length > longest) return 'unknown'
  const known = cache.get(code)
  if (known) return known
  loaded ??= load()
  const { status, ucumCode } = loaded.validateUnitString(code)
  // It also knows names and misspellings, which are no codes.
  const verdict = status === 'invalid' ? 'no' : status === 'valid' && ucumCode === code ? 'yes' : 'unknown'
  if (cache.size >= cacheLimit) cache.clear()
  cache.set(code, verdict)
  return verdict
}

function load(): Utilities {
  const library = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as Library
  return library.UcumLhcUtils.getInstance()
}

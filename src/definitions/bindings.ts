import type { Terminology } from './terminology.ts'

/** The codes of a value set that can be listed from what is on board. */
export interface CodeList {
  readonly name: string
  readonly url: string
  /** Every code, whatever its system, for elements of type code. */
  readonly codes: ReadonlySet<string>
  has(system: string | undefined, code: string): boolean
}

export type Bindings = ReturnType<typeof createBindings>

/** Value sets as lists of codes, made when first asked for. Undefined for one that cannot be listed. */
export function createBindings(terminology: Terminology) {
  const made = new Map<string, CodeList | undefined>()

  function codeList(canonical: string): CodeList | undefined {
    const known = made.get(canonical)
    if (known || made.has(canonical)) return known
    const url = canonical.split('|', 1)[0]!
    const list = made.has(url) ? made.get(url) : listOf(url)
    made.set(url, list).set(canonical, list)
    return list
  }

  function listOf(url: string): CodeList | undefined {
    const expansion = terminology.expand(url)
    if ('problem' in expansion) return undefined
    const members = new Set(expansion.members.map(({ system, code }) => `${system}|${code}`))
    return {
      url,
      name: terminology.valueSet(url)?.name ?? url,
      codes: new Set(expansion.members.map(({ code }) => code)),
      has: (system, code) => members.has(`${system ?? ''}|${code}`),
    }
  }

  return { codeList }
}

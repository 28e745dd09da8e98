/**
 * What `:in`, `:not-in`, `:above` and `:below` of a search mean where they name what is stored here: "The URI may be a literal
 * or logical reference". Terminology on board is read while the search is parsed; of what it lacks, the first that is named is
 * looked up, as far as the caller may see it, and the search is parsed again.
 *
 * https://hl7.org/fhir/R4/search.html#token
 */
import type { Expansion, NoExpansion, Terminology, ValueSet } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import { localReference } from '../../../fhir/reference.ts'
import type { Codes } from '../../../search/codes.ts'
import type { Call } from '../../operation.ts'
import { createStoredTerminology, type TerminologyParts } from './stored-terminology.ts'

type Caller = Pick<Call, 'context' | 'handle'>

/** Thrown through the parser, which lets pass what is no refusal. */
class NotOnBoard extends Error {
  readonly asked: Asked

  constructor(asked: Asked) {
    super(`${asked.kind} ${asked.canonical}`)
    this.asked = asked
  }
}

interface Asked {
  readonly kind: 'ValueSet' | 'CodeSystem'
  readonly canonical: string
}

/** Value sets and code systems that one search may name beside those on board. */
const mostNamed = 5

export function createSearchTerminology(parts: TerminologyParts) {
  const source = createStoredTerminology(parts)
  const { onBoard } = source

  async function valueSet(caller: Caller, canonical: string): Promise<ValueSet | undefined> {
    const local = localReference(canonical, caller.context.base)
    return local ? source.byId(caller, 'ValueSet', local) : source.named(caller, 'ValueSet', canonical)
  }

  async function expansionOf(caller: Caller, canonical: string): Promise<Expansion | NoExpansion> {
    const found = await valueSet(caller, canonical)
    if (!found) return { problem: 'unknown', text: 'the value set is not known here' }
    return within(async () => (await source.around(caller, found)).expand(found))
  }

  async function systemOf(caller: Caller, canonical: string): Promise<Terminology> {
    const found = await source.named(caller, 'CodeSystem', canonical)
    return found ? onBoard.with([found]) : onBoard
  }

  return async function parsed<T>(caller: Caller, parse: (codes: Codes) => T): Promise<T> {
    const sets = new Map<string, Expansion | NoExpansion>()
    const systems = new Map<string, Terminology>()
    const codes: Codes = {
      expand(canonical) {
        const known = sets.get(canonical) ?? (onBoard.valueSet(canonical) && onBoard.expand(canonical))
        if (known && (sets.has(canonical) || !('problem' in known) || known.problem !== 'unknown')) return known
        throw new NotOnBoard({ kind: 'ValueSet', canonical })
      },
      descendants: (url, code) => known(url).descendants(url, code),
      ancestors: (url, code) => known(url).ancestors(url, code),
    }
    function known(canonical: string): Terminology {
      const found = systems.get(canonical)
      if (found ?? onBoard.descendants(canonical, '')) return found ?? onBoard
      throw new NotOnBoard({ kind: 'CodeSystem', canonical })
    }

    for (;;) {
      try {
        return parse(codes)
      } catch (error) {
        if (!(error instanceof NotOnBoard)) throw error
        const { kind, canonical } = error.asked
        if (sets.size + systems.size >= mostNamed) throw refuseMore()
        if (kind === 'ValueSet') sets.set(canonical, await expansionOf(caller, canonical))
        else systems.set(canonical, await systemOf(caller, canonical))
      }
    }
  }
}

/** A value set that costs too much is a matter of the question, not of the moment. */
async function within(expand: () => Promise<Expansion | NoExpansion>): Promise<Expansion | NoExpansion> {
  try {
    return await expand()
  } catch (error) {
    if (error instanceof FhirError && error.problem === 'tooCostly') return { problem: 'endless', text: error.message }
    throw error
  }
}

function refuseMore(): FhirError {
  return new FhirError('invalidQuery', `A search names ${mostNamed} stored value sets and code systems at most.`)
}

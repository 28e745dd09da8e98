import type { Operation } from '../../operation.ts'
import { expand } from './expand.ts'
import { lookup } from './lookup.ts'
import { createStoredTerminology, type TerminologyParts } from './stored-terminology.ts'
import { subsumes } from './subsumes.ts'
import { validateInCodeSystem, validateInValueSet } from './validate-code.ts'

/** What FHIR's terminology service offers here. https://hl7.org/fhir/R4/terminology-service.html */
export function terminologyOperations(parts: TerminologyParts): readonly Operation[] {
  const source = createStoredTerminology(parts)
  return [expand, validateInValueSet, validateInCodeSystem, lookup, subsumes].map((make) => make(source))
}

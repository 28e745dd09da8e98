import { FhirError } from '../../fhir/error.ts'
import type { Clause } from '../clause.ts'
import type { Field } from '../field.ts'
import { cut, fits, normalized } from '../text.ts'
import { unescape } from './escapes.ts'
import type { IndexBuilder } from './search-type.ts'

/** Texts beside codes and references, for `:text`. A few thousand texts stand beside all codes, so each is kept once. */
export function indexText(field: Field, text: unknown, index: IndexBuilder): void {
  const value = typeof text === 'string' ? cut(normalized(text)) : ''
  if (value === '') return
  const { held, entry } = field.keys.text(value)
  index.filter(held)
  index.text(entry, value)
}

/** "the search parameter is processed as a string that searches text associated with the code/value" */
export function textClause(field: Field, value: string): Clause {
  const starts = normalized(unescape(value))
  const { code } = field.parameter
  if (starts === '') throw new FhirError('invalidQuery', `"${value}" holds nothing that ${code}:text could search by`)
  if (!fits(starts)) throw new FhirError('invalidQuery', `The text for ${code}:text is too long to search by`)
  return { op: 'text', salt: field.keys.textSalt, starts, filter: true }
}

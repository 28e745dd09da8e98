import type { ValueSet } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import type { Call } from '../../operation.ts'
import type { StoredTerminology } from './stored-terminology.ts'

/**
 * The parameters that say which value set is meant; on an instance it is the one of the URL.
 *
 * https://hl7.org/fhir/R4/valueset-operations.html
 */
export const whichValueSet = {
  url: { type: 'uri' },
  valueSet: { resource: 'ValueSet' },
  valueSetVersion: { type: 'string' },
} as const

export async function valueSetOf(call: Call, source: StoredTerminology): Promise<ValueSet> {
  const { given, asked } = call
  const named = (['url', 'valueSet'] as const).filter((name) => given.has(name))
  if (asked.id !== undefined) {
    if (named.length > 0) throw refused(`The URL names the value set already.`, given.place(named[0]!))
    return source.instance(call, 'ValueSet')
  }
  if (named.length !== 1) throw refused('Name one value set: by its "url", or as "valueSet".', 'url')
  const sent = source.given(call, 'ValueSet', 'valueSet')
  if (sent) return sent
  const [url, version] = [given.text('url')!, given.text('valueSetVersion')]
  const canonical = version === undefined ? url : `${url}|${version}`
  const found = await source.named(call, 'ValueSet', canonical)
  if (!found) throw new FhirError('notFound', `The value set ${canonical} is not known here.`)
  return found
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('invalidQuery', text, { expression })
}

import fc from 'fast-check'
import { FhirError } from '../../src/fhir/error.ts'
import { copyJson, Decimal } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { r4Examples } from './r4-examples.ts'

/** The same cases in every run of the suite; `FUZZ_RUNS` and `FUZZ_SEED` look further. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_122)
export const runs = (usual: number): fc.Parameters<unknown> => ({
  seed,
  numRuns: Number(process.env['FUZZ_RUNS'] ?? usual),
})

/** What the work answers, or the FhirError that refuses it; anything else that is thrown is a defect and passes on. */
export function refusedOr<T>(act: () => T): T | FhirError {
  try {
    return act()
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
}

const small = r4Examples()
  .filter(({ text }) => text.length < 12_000)
  .map(({ resource }) => resource)

/** One of HL7's examples, a copy. */
export const anExample: fc.Arbitrary<Resource> = fc.constantFrom(...small).map((resource) => copyJson(resource))

const names = [
  'id',
  'extension',
  'url',
  'value',
  'resourceType',
  'contained',
  'text',
  'div',
  'constructor',
  '_value',
  'x',
]

/** Any JSON value, with the names, numbers and texts that FHIR's have. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1e21, '', ' ', 'Patient', 'Patient/1', '2020-13-01', '#a'),
    fc.constantFrom('1.0', '1e400', '-0', '123456789012345678901').map((text) => new Decimal(text)),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

/** An example in which some values have become others, in any place. */
export const aMutant: fc.Arbitrary<Resource> = fc
  .tuple(anExample, fc.array(fc.tuple(fc.nat(), anyJson), { minLength: 1, maxLength: 3 }))
  .map(([resource, changes]) => {
    for (const [n, value] of changes) replaceAt(resource, n, value)
    return resource
  })

/** Every place in a value: what holds it, and under which name. */
export function placesOf(value: unknown): { holder: Record<string, unknown>; name: string }[] {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesOf(holder[name])])
}

function replaceAt(resource: Resource, n: number, value: unknown): void {
  const places = placesOf(resource)
  const { holder, name } = places[n % places.length]!
  if (value === null && !Array.isArray(holder)) Reflect.deleteProperty(holder, name)
  else holder[name] = copyJson(value)
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const data = process.env['TEST_DATA']
const folder = data === undefined ? undefined : join(data, 'synthea')

/** Whether there are records made by Synthea: the folder `synthea` of TEST_DATA. */
export const hasSynthea = folder !== undefined && existsSync(folder)

/** What the transactions bring, one patient after the other. */
export function syntheaResources(): { name: string; resource: Resource }[] {
  if (!hasSynthea) return []
  const files = readdirSync(folder!).filter((name) => name.endsWith('.json'))
  return files.sort().flatMap((name) => {
    const bundle = parseJson(readFileSync(join(folder!, name), 'utf8')) as unknown as {
      entry: { resource: Resource }[]
    }
    return bundle.entry.map(({ resource }) => ({ name, resource }))
  })
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { projectRoot } from '../../src/project-root.ts'

export interface Example {
  readonly name: string
  readonly text: string
  readonly resource: Resource
}

const data = process.env['TEST_DATA']
const full = data === undefined ? undefined : join(data, 'r4-examples')

/** Whether the full set is there: the folder `r4-examples` of TEST_DATA. */
export const hasFullSet = full !== undefined && existsSync(full)

/** HL7's examples: those that the project carries, or all of TEST_DATA. */
export function r4Examples(): Example[] {
  const folder = hasFullSet ? full! : join(projectRoot, 'test', 'fixtures', 'r4-examples')
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return { name, text, resource: parseJson(text) as Resource }
  })
}

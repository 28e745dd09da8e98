import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../src/project-root.ts'

/** A SearchParameter of R4 or of our own as it is published, for one resource type. */
export interface Parameter {
  readonly resourceType: string
  readonly code: string
  readonly url: string
  readonly type: string
  readonly expression?: string
  /** Of a reference: the types that it may lead to; absent: any. */
  readonly target?: readonly string[]
  readonly component?: readonly { readonly definition: string; readonly expression: string }[]
}

type Definition = Omit<Parameter, 'resourceType'> & { readonly base: readonly string[] }

const packages = join(projectRoot, 'fhir-profiles')
const own = join(packages, 'chartshare', 'package')

const definitions = [
  ...readFileSync(join(packages, 'hl7.fhir.r4.core', 'package', 'SearchParameter.ndjson'), 'utf8')
    .trim()
    .split('\n'),
  ...readdirSync(own)
    .filter((name) => name.startsWith('SearchParameter-'))
    .map((name) => readFileSync(join(own, name), 'utf8')),
].map((text) => JSON.parse(text) as Definition)

/** https://hl7.org/fhir/R4/resource.html: these parameters are those of all types. */
const everywhere = ['Resource', 'DomainResource']

const wordy = new Set(['_text', '_content'])

export function parameterOf(resourceType: string, code: string): Parameter | undefined {
  const found = definitions.find(
    (one) => one.code === code && [resourceType, ...everywhere].some((base) => one.base.includes(base)),
  )
  // What is searched by words has no expression.
  const type = wordy.has(code) ? 'words' : found?.type
  return found && { ...found, type: type!, resourceType }
}

export function typeOfParameter(url: string): string {
  return definitions.find((one) => one.url === url)!.type
}

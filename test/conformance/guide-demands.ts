import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Guide {
  readonly guide: string
  readonly url: string
  readonly resources: readonly {
    readonly type: string
    readonly interactions: readonly string[]
    readonly searches: readonly { readonly expectation: string; readonly parameters: readonly string[] }[]
    readonly revincludes: readonly string[]
    readonly operations: readonly { readonly name: string; readonly definition: string }[]
  }[]
}

interface Expected {
  extension?: { url: string; valueCode?: string; valueString?: string; extension?: Expected['extension'] }[]
}
interface Stated extends Expected {
  type: string
  interaction: (Expected & { code: string })[]
  searchParam?: (Expected & { name: string })[]
  searchRevInclude?: string[]
  operation?: (Expected & { name: string; definition: string })[]
}

const files = {
  'US Core 8.0.0': 'us-core-8.0.0/CapabilityStatement-us-core-server.json',
  'IPA 1.0.0': 'ipa-1.0.0/CapabilityStatement-ipa-server.json',
}
const types = ['DocumentReference', 'Patient', 'Practitioner']
const expectation = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation'
const combination = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination'

/** What the guides in the folder demand of a server, with SHALL or SHOULD, for the types that this test is about. */
export function demandsOf(folder: string): Guide[] {
  return Object.entries(files).map(([guide, file]) => {
    const { url, rest } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      url: string
      rest: { resource: Stated[] }[]
    }
    return { guide, url, resources: rest[0]!.resource.filter(({ type }) => types.includes(type)).map(demands) }
  })
}

function demands({
  type,
  interaction,
  searchParam = [],
  searchRevInclude = [],
  operation = [],
  extension = [],
}: Stated) {
  const single = searchParam.map((one) => ({ expectation: expected(one), parameters: [one.name] }))
  const combined = extension
    .filter(({ url }) => url === combination)
    .map((one) => ({
      expectation: expected(one),
      parameters: (one.extension ?? []).flatMap(({ valueString }) => valueString ?? []),
    }))
  return {
    type,
    interactions: interaction.filter(isDemanded).map(({ code }) => code),
    searches: [...single, ...combined].filter((one) => one.expectation !== 'MAY'),
    revincludes: searchRevInclude,
    operations: operation.filter(isDemanded).map(({ name, definition }) => ({ name, definition })),
  }
}

function expected({ extension = [] }: Expected): string {
  return extension.find(({ url }) => url === expectation)?.valueCode ?? 'MAY'
}

function isDemanded(one: Expected): boolean {
  return ['SHALL', 'SHOULD'].includes(expected(one))
}

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordBundle } from '../../bench/generated-resources.ts'
import { r4Examples } from '../../support/r4-examples.ts'
import { administrator, type Client, type TestServer } from '../../support/server.ts'
import type { Resource } from './fhirpath-values.ts'

interface Bundle {
  readonly entry: readonly {
    readonly resource: { readonly resourceType: string; readonly identifier?: readonly { value?: string }[] }
  }[]
}

const folder = process.env['TEST_DATA'] && join(process.env['TEST_DATA'], 'synthea')
const wanted = 2_000

/** Fills the server with HL7's examples and the records of patients: 2,000 resources of Synthea's, or a few generated ones. */
export async function storeExamples(server: TestServer): Promise<void> {
  const client = server.as(administrator())
  for (const { text, resource } of r4Examples()) {
    // Those that R4 itself would not accept are no part of it; r4-examples.test.ts says which they are.
    await client.put(`${resource.resourceType}/${resource.id}`, text)
  }
  if (folder && existsSync(folder)) await storeSynthea(client, folder)
  else
    for (const n of [1, 2])
      await stored(
        client,
        recordBundle(n, shape, undefined, (k) => `https://archive.example.org/${n}-${k}.pdf`),
      )
}

const shape = { encounters: 3, observations: 20, conditions: 4, documents: 3 }

/** The smallest records, and of all hospitals and practitioners those that they refer to. */
async function storeSynthea(client: Client, from: string): Promise<void> {
  const texts = readdirSync(from).map((name) => [name, readFileSync(join(from, name), 'utf8')] as const)
  const [places, records] = [texts.filter(([name]) => isPlace(name)), texts.filter(([name]) => !isPlace(name))]
  const chosen: Bundle[] = []
  let count = 0
  for (const [, text] of records.toSorted(([, a], [, b]) => a.length - b.length)) {
    if (count >= wanted) break
    chosen.push(JSON.parse(text) as Bundle)
    count += chosen.at(-1)!.entry.length
  }
  const told = JSON.stringify(chosen)
  for (const [, text] of places) {
    const bundle = JSON.parse(text) as Bundle
    const entry = bundle.entry.filter(({ resource }) =>
      (resource.identifier ?? []).some(({ value }) => value && told.includes(value)),
    )
    await stored(client, { ...bundle, entry })
  }
  for (const bundle of chosen) await stored(client, bundle)
}

function isPlace(name: string): boolean {
  return /^(?:hospital|practitioner)Information/.test(name)
}

async function stored(client: Client, bundle: object): Promise<void> {
  const { status, body } = await client.post('', bundle)
  assert.equal(status, 200, JSON.stringify(body).slice(0, 500))
}

/** What the server holds, as it holds it: read from its tables, not by a search. */
export async function storedResources(server: TestServer, types: readonly string[]): Promise<Map<string, Resource[]>> {
  const byType = new Map<string, Resource[]>()
  for (const type of types) {
    const table = type.toLowerCase()
    const rows = await server.composed.store.query<{ json: string }>(
      `select v.json from "${table}" s join "${table}_v" v on v.rid = s.rid and v.ver = s.ver order by v.lu, v.rid`,
    )
    byType.set(
      type,
      rows.map(({ json }) => JSON.parse(json) as Resource),
    )
  }
  return byType
}

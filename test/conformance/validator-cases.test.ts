import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { Definitions } from '../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { FhirError } from '../../src/fhir/error.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { projectRoot } from '../../src/project-root.ts'

/**
 * HL7's cases for validators (FHIR/fhir-test-cases, public domain) with what its own validator says of them: valid or not.
 * The suite carries some; all of them run from the folder named in TEST_DATA.
 */
interface Case {
  readonly name: string
  readonly file: string
  readonly module?: string
  readonly base?: { readonly valid: boolean }
  readonly profile?: {
    readonly source: string
    readonly supporting?: readonly string[]
    readonly packages?: readonly string[]
    readonly outcome: { readonly valid: boolean }
  }
  readonly profiles?: readonly string[]
  readonly supporting?: readonly string[]
}

const all = process.env['TEST_DATA'] && path.join(process.env['TEST_DATA'], 'validator-cases')
const isFull = all !== undefined && existsSync(all)
const folder = isFull ? all : path.join(projectRoot, 'test', 'fixtures', 'validator-cases')
const index = JSON.parse(readFileSync(path.join(folder, 'r4-index.json'), 'utf8')) as Case[]

const needMore = ['needsTx', 'packages', 'questionnaire', 'fetcher']
const needProfiles = ['profile', 'profiles', 'supporting']
const otherModules = ['cdshooks', 'matchetype', 'json5', 'dsig']
const judged = index.filter(
  (one) =>
    one.file.endsWith('.json') && !needMore.some((key) => key in one) && !otherModules.includes(one.module ?? ''),
)
const plain = judged.filter((one) => !needProfiles.some((key) => key in one))
const profiled = judged.filter((one) => needProfiles.some((key) => key in one))

/** Where we judge otherwise, and why. */
const otherwise: Readonly<Record<string, string>> = {
  'uk-msg': 'the errors are about codes and displays of SNOMED CT, which is not on board',
  'contained-resource-bad-id-ignore':
    'run with a setting that leaves contained resources alone; an id of 65 characters is no id',
}

const definitions = await loadDefinitions()

test(
  'the full set of cases',
  { skip: isFull ? false : 'TEST_DATA is not set: only the cases in test/fixtures run' },
  () => {
    assert.equal(plain.length, 52)
  },
)

test('resources are found valid or not as HL7’s validator finds them, in 95 of 100 cases', (t) => {
  const different = plain.filter((one) => isValid(definitions, one, []) !== one.base!.valid).map(({ name }) => name)
  t.diagnostic(`${plain.length - different.length} of ${plain.length} agree`)
  assert.deepEqual(
    different.filter((name) => !(name in otherwise)),
    [],
  )
  assert.ok(different.length <= plain.length * 0.05, different.join(', '))
})

/** Those with profiles of their own where we judge otherwise. */
const otherwiseWithProfiles: Readonly<Record<string, string>> = {
  'shc-cvx': 'the error is about a code of CVX, which is not on board',
  'parameters-profiled-resource-multiple (parameters-profiled-resource-profile-params-multiples.json)':
    'the Patient has no name, which one profile requires; the other asks for an element that Patient does not have',
  'ext-derived': 'the url that an extension fixes is not compared with that of the extension it derives from',
  'additional-bindings-observation-2 (additional-bindings-profile-2.json)': 'additional bindings came after R4',
  'ab-list-slicing': 'the error is a link in the narrative that leads nowhere, which breaks no rule of R4',
}

test('resources follow profiles, or not, as HL7’s validator finds them', async (t) => {
  const different: string[] = []
  let questions = 0
  for (const one of profiled) {
    const { profile, profiles = [], supporting = [] } = one
    const ask = async (name: string, files: readonly string[], expected: boolean, source?: string) => {
      const { loaded, urlOf, close } = await definitionsWith(files)
      questions++
      try {
        const asked = source === undefined ? [] : [urlOf(source) ?? source]
        if (isValid(loaded, one, asked) !== expected) different.push(name)
      } finally {
        close()
      }
    }
    await ask(one.name, [...profiles, ...supporting], one.base!.valid)
    // What is in a package of profiles would need the package.
    if (!profile || profile.packages) continue
    const { source, supporting: beside = [], outcome } = profile
    const files = [...profiles, ...supporting, ...beside, ...(source.includes(':') ? [] : [source])]
    await ask(`${one.name} (${source})`, files, outcome.valid, source)
  }
  t.diagnostic(`${questions - different.length} of ${questions} agree`)
  const known = Object.keys(otherwiseWithProfiles)
  assert.deepEqual(different.toSorted(), known.filter((name) => isFull || different.includes(name)).toSorted())
})

function isValid(by: Definitions, { file }: Case, profiles: readonly string[]): boolean {
  try {
    const resource = parseJson(readFileSync(path.join(folder, file), 'utf8'))
    return by
      .validate(resource, { profiles, advises: true })
      .every(({ severity }) => severity !== 'error' && severity !== 'fatal')
  } catch (error) {
    if (error instanceof FhirError) return false
    throw error
  }
}

const definitionTypes = ['StructureDefinition', 'ValueSet', 'CodeSystem']

/** R4 and the definitions of a case. */
async function definitionsWith(files: readonly string[]) {
  const packages = mkdtempSync(path.join(tmpdir(), 'validator-case-'))
  const own = path.join(packages, 'case', 'package')
  mkdirSync(own, { recursive: true })
  const core = 'hl7.fhir.r4.core'
  symlinkSync(path.join(projectRoot, 'fhir-profiles', core), path.join(packages, core))
  writeFileSync(path.join(own, 'package.json'), '{"name":"case"}')
  const urls = new Map<string, string>()
  for (const [at, file] of [...new Set(files)].entries()) {
    const text = readFileSync(path.join(folder, file), 'utf8')
    const resource = (file.endsWith('.xml') ? definitions.readXml(text) : JSON.parse(text)) as {
      resourceType: string
      url: string
    }
    if (!definitionTypes.includes(resource.resourceType)) continue
    urls.set(file, resource.url)
    writeFileSync(path.join(own, `${at}.json`), JSON.stringify(resource))
  }
  return {
    loaded: await loadDefinitions(packages),
    urlOf: (file: string) => urls.get(file),
    close: () => rmSync(packages, { recursive: true }),
  }
}

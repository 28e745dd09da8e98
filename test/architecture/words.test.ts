import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import ts from 'typescript'
import { projectRoot } from '../../src/project-root.ts'
import { none, roomOf, sourceFiles } from './source-files.ts'

const sources = sourceFiles('src')

describe('settings', () => {
  test('process.env is read in config.ts and in commands alone', () => {
    none(
      sources
        .filter(({ path }) => path !== 'src/config.ts' && roomOf(path) !== 'commands')
        .filter(({ text }) => /\bprocess\s*(\.|\?\.|\[['"])\s*env\b|\benv\b[^\n]*from 'node:process'/.test(text))
        .map(({ path }) => path),
    )
  })
})

/**
 * The engine is generic: it learns the types from the definitions. What a room may name all the same, and why; `sharing`
 * and `access` are about certain types, and `commands` and `web` are clients.
 */
const mayName: Readonly<Record<string, readonly string[]>> = {
  // What HTTP and Bundle processing are made of; `Binary` has rules of its own in the specification.
  fhir: ['OperationOutcome', 'Bundle', 'Binary', 'Parameters'],
  // The resources that definitions are written in, the five compartments, and the types without an endpoint.
  definitions: [
    'StructureDefinition',
    'SearchParameter',
    'CompartmentDefinition',
    'ValueSet',
    'CodeSystem',
    'Patient',
    'Practitioner',
    'Encounter',
    'RelatedPerson',
    'Device',
    'OperationOutcome',
    'Parameters',
    'Bundle',
  ],
  // The compartments of persons; the one patient that a row is about is a column of every table; a Binary has its owner;
  // `_list` is about Lists.
  search: ['Patient', 'Practitioner', 'RelatedPerson', 'Binary', 'List'],
  store: ['Patient', 'Binary'],
  // Besides, the trail that only grows, what grants are made by, and what tells of the server itself.
  interactions: [
    ...['AuditEvent', 'Consent', 'OperationOutcome', 'Bundle', 'Binary', 'Parameters'],
    ...['CapabilityStatement', 'OperationDefinition'],
  ],
  // The persons behind accounts (`fhirUser`) and the launch context. `Location` is also a header.
  oauth: ['Patient', 'Practitioner', 'RelatedPerson', 'Encounter', 'Location'],
  http: ['OperationOutcome', 'Bundle', 'Binary', 'CapabilityStatement', 'Location'],
  '': [],
}

/** An operation that the specification defines for certain types names them in its row of the table. */
const ofOperations = ['Patient', 'Encounter', 'DocumentReference', 'ValueSet', 'CodeSystem']

function allowed(path: string): readonly string[] {
  const room = mayName[roomOf(path)]!
  return path.startsWith('src/interactions/operations/') ? [...room, ...ofOperations] : room
}

describe('resource types', () => {
  const types = resourceTypes()
  const named = new RegExp(`^(${types.join('|')})$|\\b(${types.join('|')})(?=[/?]|\\.[a-z]|\\$)`, 'g')

  test('are all known to this test', () => {
    for (const type of ['Patient', 'Communication', 'DocumentReference', 'VisionPrescription']) {
      assert.ok(types.includes(type), type)
    }
    assert.ok(types.length > 140)
  })

  test('are found as a whole string, in a path, in an URL and in a FHIRPath, and not in a sentence', () => {
    const text =
      "f('Task', `Patient/${id}`, 'Consent.patient', x`/fhir/Group/$export`, 'A List of things', 'Goalkeeper')"
    assert.deepEqual(
      strings(text).flatMap((value) => value.match(named) ?? []),
      ['Task', 'Patient', 'Consent', 'Group'],
    )
  })

  test('are named by no string of the engine', () => {
    none(
      sources
        .filter(({ path }) => roomOf(path) in mayName)
        .flatMap(({ path, text }) =>
          strings(text)
            .filter((value) => !/^https?:/.test(value))
            .flatMap((value) => value.match(named) ?? [])
            .filter((type) => !allowed(path).includes(type))
            .map((type) => `${path} names ${type}`),
        ),
    )
  })
})

/** The text of every string and template of a source, those of imports left out. */
function strings(text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return
    if (ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest))
  return found
}

function resourceTypes(): string[] {
  const declarations = readFileSync(join(projectRoot, 'node_modules/@types/fhir/r4.d.ts'), 'utf8')
  return [...declarations.matchAll(/^ +readonly resourceType: '(\w+)'/gm)].map(([, type]) => type!)
}

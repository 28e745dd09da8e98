import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Definitions } from '../../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { projectRoot } from '../../../src/project-root.ts'

const definitions = await loadDefinitions()
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** R4 and a package with these definitions beside it. */
function withPackage(
  given: readonly object[],
  manifest: object = { dependencies: { 'hl7.fhir.r4.core': '4.0.1' } },
): Promise<Definitions> {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  folders.push(folder)
  symlinkSync(join(projectRoot, 'fhir-profiles', 'hl7.fhir.r4.core'), join(folder, 'hl7.fhir.r4.core'))
  const own = join(folder, 'a.guide', 'package')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'a.guide', version: '1.0.0', ...manifest }))
  given.forEach((definition, at) => writeFileSync(join(own, `definition-${at}.json`), JSON.stringify(definition)))
  return loadDefinitions(folder)
}

const searchParameter = (members: object) => ({
  resourceType: 'SearchParameter',
  url: 'http://example.org/SearchParameter/own',
  code: 'own',
  base: ['Patient'],
  type: 'token',
  expression: 'Patient.maritalStatus',
  ...members,
})

test('every resource type of R4 with an endpoint is supported', () => {
  assert.equal(definitions.resourceTypes.length, 144)
  assert.deepEqual([...definitions.resourceTypes], [...definitions.resourceTypes].sort())
  for (const type of ['Patient', 'Bundle', 'Binary', 'VisionPrescription']) assert.ok(definitions.isResourceType(type))
  for (const type of [
    'Parameters',
    'OperationOutcome',
    'Resource',
    'DomainResource',
    'HumanName',
    'MetadataResource',
    'patient',
  ]) {
    assert.ok(!definitions.isResourceType(type), type)
    assert.equal(definitions.searchParameter(type, '_id'), undefined)
    assert.deepEqual(definitions.searchParameters(type), [])
  }
})

test('a type has its own search parameters and those of Resource and DomainResource', () => {
  const codes = (type: string) => definitions.searchParameters(type).map(({ code }) => code)
  assert.ok(['_id', '_lastUpdated', '_text', 'birthdate', 'phone'].every((code) => codes('Patient').includes(code)))
  assert.ok(codes('Binary').includes('_id') && !codes('Binary').includes('_text'))
  assert.deepEqual(codes('Patient'), codes('Patient').toSorted())
  assert.equal(
    definitions.searchParameter('Observation', 'code')?.url,
    'http://hl7.org/fhir/SearchParameter/clinical-code',
  )
  assert.equal(definitions.searchParameter('Observation', 'birthdate'), undefined)
})

test('compartments are told by their search parameters, which exist', () => {
  assert.deepEqual(definitions.compartmentParameters('Patient', 'Observation'), ['subject', 'performer'])
  assert.deepEqual(definitions.compartmentParameters('Patient', 'Patient'), ['link'])
  assert.deepEqual(definitions.compartmentParameters('Practitioner', 'Practitioner'), [])
  assert.deepEqual(definitions.compartmentParameters('Patient', 'Organization'), [])
  for (const compartment of ['Patient', 'Practitioner', 'Encounter', 'RelatedPerson', 'Device'] as const) {
    for (const type of definitions.resourceTypes) {
      for (const code of definitions.compartmentParameters(compartment, type)) {
        assert.equal(definitions.searchParameter(type, code)?.type, 'reference', `${compartment} ${type}.${code}`)
      }
    }
  }
})

test('mandatory elements are those that the definition marks', () => {
  assert.deepEqual(definitions.mandatoryElements('Observation'), ['status', 'code'])
})

test('a guide adds search parameters, and the digest changes', async () => {
  const guided = await withPackage([searchParameter({})])
  const patient = { resourceType: 'Patient', maritalStatus: { text: 'M' } }
  assert.deepEqual(guided.searchParameter('Patient', 'own')?.values(patient), [
    { type: 'CodeableConcept', value: { text: 'M' } },
  ])
  assert.notEqual(guided.searchDigest, definitions.searchDigest)
  assert.equal((await loadDefinitions()).searchDigest, definitions.searchDigest)
})

test('a path through an extension is walked', async () => {
  const expression =
    "Patient.extension.where(url = 'http://example.org/race').extension.value.code | Patient.extension('http://example.org/x').value"
  const guided = await withPackage([searchParameter({ expression })])
  const extension = [
    {
      url: 'http://example.org/race',
      extension: [
        { url: 'c', valueCoding: { code: 'w' } },
        { url: 't', valueString: 'W' },
      ],
    },
    { url: 'http://example.org/x', valueDate: '2020' },
    { url: 'http://example.org/y', valueDate: '2021' },
  ]
  assert.deepEqual(guided.searchParameter('Patient', 'own')?.values({ resourceType: 'Patient', extension }), [
    { type: 'code', value: 'w' },
    { type: 'date', value: '2020' },
  ])
})

test('an expression beyond paths is evaluated by FHIRPath', async () => {
  const guided = await withPackage([
    searchParameter({
      expression: "Patient.name.where(use = 'official').given.first() & Patient.name.family.first()",
      type: 'string',
    }),
    searchParameter({
      expression: 'Patient.contact.skip(1).name',
      type: 'string',
      code: 'second',
      url: 'http://example.org/2',
    }),
    searchParameter({
      expression:
        'Patient.generalPractitioner.where((resolve() is Practitioner).not() and reference.exists().not().not())',
      type: 'reference',
      code: 'third',
      url: 'http://example.org/3',
    }),
  ])
  const patient = {
    resourceType: 'Patient',
    name: [{ use: 'official', given: ['Anna'], family: 'Smith' }],
    contact: [{ name: { text: 'a' } }, { name: { text: 'b' } }],
    generalPractitioner: [{ reference: 'Practitioner/1' }, { reference: 'Organization/1' }],
  }
  const values = (code: string) => guided.searchParameter('Patient', code)!.values(patient)
  assert.deepEqual(values('own'), [{ type: 'string', value: 'AnnaSmith' }])
  assert.deepEqual(values('second'), [{ type: 'HumanName', value: { text: 'b' } }])
  assert.equal(values('second')[0]?.value, patient.contact[1]?.name)
  assert.deepEqual(values('third'), [{ type: 'Reference', value: { reference: 'Organization/1' } }])
})

test('a parameter that a guide repeats from the standard leaves the standard’s in force', async () => {
  const repeated = { url: 'http://example.org/birthdate', code: 'birthdate', type: 'date' }
  const guided = await withPackage([
    searchParameter({ ...repeated, expression: 'Patient.birthDate' }),
    searchParameter({
      url: 'http://example.org/id',
      code: '_id',
      derivedFrom: 'http://hl7.org/fhir/SearchParameter/Resource-id',
      expression: 'Patient.id',
    }),
  ])
  assert.match(guided.searchParameter('Patient', 'birthdate')!.url, /^http:\/\/hl7\.org/)
  assert.match(guided.searchParameter('Patient', '_id')!.url, /^http:\/\/hl7\.org/)
})

test('definitions that do not fit are refused at boot, naming the file and the fault', async () => {
  const profile = {
    resourceType: 'StructureDefinition',
    url: 'http://example.org/p',
    type: 'Patient',
    kind: 'resource',
    derivation: 'constraint',
  }
  const cases: [readonly object[], RegExp][] = [
    [
      [searchParameter({ expression: 'Patient.nickname' })],
      /definition-0\.json: .*does not compile for Patient: Patient has no element "nickname"/,
    ],
    [[searchParameter({ expression: 'Patient.name.ofType(Nome)' })], /there is no type Nome/],
    [[searchParameter({ expression: 'Patient.name.(' })], /definition-0\.json: .*does not compile/],
    [[searchParameter({ type: 'tokn' })], /definition-0\.json: .*SearchParameter\.type "tokn" is none of number, date/],
    [[searchParameter({ code: 'a.b' })], /definition-0\.json: .*"a\.b" is no name that a query could use/],
    [[searchParameter({ code: '_count' })], /definition-0\.json: .*with _ first, are FHIR's own/],
    [[searchParameter({ base: undefined })], /definition-0\.json: .*SearchParameter\.base names no type/],
    [
      [searchParameter({ code: 'birthdate', base: ['DomainResource'], expression: 'DomainResource.language' })],
      /gives "birthdate" of DomainResource another meaning than/,
    ],
    [[searchParameter({ base: ['Pacient'] })], /definition-0\.json: .*the base "Pacient" is no known type/],
    [
      [searchParameter({}), searchParameter({ code: 'other' })],
      /definition-1\.json: the canonical URL http:\/\/example\.org\/SearchParameter\/own is taken by .*definition-0\.json/,
    ],
    [
      [searchParameter({ code: 'birthdate', expression: 'Patient.deceased' })],
      /gives "birthdate" of Patient another meaning than/,
    ],
    [
      [{ ...searchParameter({}), url: 'http://hl7.org/fhir/SearchParameter/Patient-active' }],
      /is taken by hl7\.fhir\.r4\.core/,
    ],
    [
      [{ ...profile, baseDefinition: 'http://example.org/unknown' }],
      /definition-0\.json: StructureDefinition\.baseDefinition http:\/\/example\.org\/unknown is not known/,
    ],
    [[{ ...profile, url: undefined }], /definition-0\.json: this StructureDefinition has no url/],
  ]
  for (const [given, expected] of cases) await assert.rejects(withPackage(given), expected)
  await assert.rejects(
    withPackage([{ ...profile, baseDefinition: 'http://example.org/unknown' }], {
      dependencies: { 'hl7.base.guide': '1' },
    }),
    /its package needs others that are not here: hl7\.base\.guide/,
  )
})

test('a single file beside the packages is a definition, and one that is none is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  folders.push(folder)
  symlinkSync(join(projectRoot, 'fhir-profiles', 'hl7.fhir.r4.core'), join(folder, 'hl7.fhir.r4.core'))
  writeFileSync(join(folder, 'own.json'), JSON.stringify(searchParameter({})))
  const own = (await loadDefinitions(folder)).searchParameter('Patient', 'own')!
  assert.deepEqual(own.values({ resourceType: 'Patient', maritalStatus: { text: 'a' } }), [
    { type: 'CodeableConcept', value: { text: 'a' } },
  ])
  writeFileSync(join(folder, 'typo.json'), JSON.stringify({ ...searchParameter({}), resourceType: 'SearchParamter' }))
  await assert.rejects(loadDefinitions(folder), /typo\.json is no definition: its resourceType is none of/)
})

test('a folder without R4 is refused with the command that helps', async () => {
  await assert.rejects(
    loadDefinitions(join(tmpdir(), 'no-such-folder')),
    /holds no FHIR R4; `npm run definitions` writes it/,
  )
})

test('another version of a value set replaces the one that R4 came with', async () => {
  const url = 'http://hl7.org/fhir/ValueSet/administrative-gender'
  const include = [{ system: 'http://hl7.org/fhir/administrative-gender', concept: [{ code: 'other' }] }]
  const guided = await withPackage([
    { resourceType: 'ValueSet', url, version: '5.0.0', name: 'G', compose: { include } },
  ])
  assert.match(
    guided.validate({ resourceType: 'Patient', gender: 'male' })[0]!.diagnostics!,
    /"male" is not one of other/,
  )
  await assert.rejects(
    withPackage([{ resourceType: 'ValueSet', url, version: '4.0.1', compose: { include } }]),
    /is taken by/,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ValidateOptions } from '../../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { parseJson } from '../../../src/fhir/json.ts'

const definitions = await loadDefinitions()

/** Each issue as `code path: what to do`; the resource may be given as text where its literals matter. */
function issues(resource: unknown, options?: ValidateOptions): string[] {
  const value = typeof resource === 'string' ? parseJson(resource) : resource
  return definitions
    .validate(value, options)
    .map(({ severity, code, expression, diagnostics }) => `${severity} ${code} ${expression?.join()}: ${diagnostics}`)
}

function refused(resource: unknown, expected: RegExp): void {
  const found = issues(resource)
  assert.equal(found.length, 1, found.join('\n'))
  assert.match(found[0]!, expected)
}

const patient = (members: object) => ({ resourceType: 'Patient', ...members })
const observation = (members: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'weight' },
  ...members,
})

test('a resource that follows its type has no issue', () => {
  assert.deepEqual(
    issues(
      patient({
        id: 'a-1.B',
        meta: {
          versionId: '1',
          lastUpdated: '2023-01-01T00:00:00.000Z',
          profile: ['http://hl7.org/fhir/StructureDefinition/Patient|4.0.1'],
        },
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Anna</div>' },
        active: true,
        name: [{ use: 'official', family: 'Smith', given: ['Anna', 'Maria'] }],
        gender: 'female',
        birthDate: '1970-02-28',
        _birthDate: {
          extension: [
            { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: '1970-02-28T10:00:00Z' },
          ],
        },
        deceasedBoolean: false,
        multipleBirthInteger: 2,
        contact: [{ name: { text: 'Ben' } }],
        contained: [{ resourceType: 'Organization', id: 'o', name: 'O' }],
        managingOrganization: { reference: '#o' },
      }),
    ),
    [],
  )
})

test('what is no resource is told so', () => {
  for (const value of [null, '"Patient"', 1, [], [{}]])
    refused(value, /^error structure Resource: .*is not a JSON object/)
  refused({}, /^error required Resource: "resourceType" is missing/)
  refused({ resourceType: 7 }, /"resourceType" is missing/)
  for (const resourceType of ['Pacient', 'Resource', 'DomainResource', 'HumanName', 'string']) {
    refused({ resourceType }, new RegExp(`"${resourceType}" is not a resource type`))
  }
})

test('an unknown element is named, with what was probably meant', () => {
  refused(patient({ birthdate: '1970' }), /^error structure Patient\.birthdate: .* is "birthDate" meant\?/)
  refused(
    patient({ name: [{ firstName: 'A' }] }),
    /^error structure Patient\.name\[0\]\.firstName: "firstName" is not an element of HumanName/,
  )
  refused(patient({ contact: [{ x: 1 }] }), /Patient\.contact\[0\]\.x: "x" is not an element of Patient\.contact/)
  refused(patient({ deceased: true }), /deceased\[x\] is written as deceasedBoolean, deceasedDateTime/)
  refused(patient({ deceasedString: 'x' }), /deceased\[x\] is written as deceasedBoolean, deceasedDateTime/)
  refused(patient({ _name: [{ id: 'x' }] }), /"_name" is not an element/)
  refused(patient({ 'a"b': 1 }), /^error structure Patient: /)
  refused(patient({ name: [{ resourceType: 'HumanName' }] }), /"resourceType" is not an element of HumanName/)
})

test('lists are lists, and single values are not', () => {
  refused(patient({ name: { family: 'A' } }), /^error structure Patient\.name: "name" may repeat: give it as a list/)
  refused(patient({ birthDate: ['1970'] }), /^error structure Patient\.birthDate: "birthDate" does not repeat/)
  refused(patient({ name: [] }), /a list is never empty/)
  refused(patient({ name: [[{ text: 'A' }]] }), /Patient\.name\[0\]: .* is not a JSON object of type HumanName/)
})

test('null, empty texts and empty objects are refused', () => {
  refused(patient({ birthDate: null }), /Patient\.birthDate: null is not a value/)
  refused(patient({ name: null }), /Patient\.name: "name" may repeat/)
  refused(patient({ name: [null] }), /Patient\.name\[0\]: null only keeps the place/)
  refused(patient({ name: [{}] }), /Patient\.name\[0\]: an object is never empty/)
  refused(patient({ name: [{ family: '' }] }), /Patient\.name\[0\]\.family: a string is never empty/)
})

test('extensions of primitives stand beside them, item by item', () => {
  const extension = [{ url: 'http://example.org/e', valueString: 'x' }]
  assert.deepEqual(issues(patient({ name: [{ given: ['A', null], _given: [null, { extension }] }] })), [])
  assert.deepEqual(issues(patient({ name: [{ _given: [{ extension }] }] })), [])
  refused(patient({ name: [{ given: ['A', null] }] }), /Patient\.name\[0\]\.given\[1\]: null only keeps/)
  refused(patient({ name: [{ given: ['A'], _given: [null, { extension }] }] }), /fill up with null/)
  refused(patient({ name: [{ given: ['A'], _given: [null] }] }), /"_given" is a list/)
  refused(patient({ _birthDate: { value: 1 } }), /Patient\.birthDate\.value: "value" is not an element of Element/)
  refused(
    patient({ _birthDate: [{ extension }] }),
    /Patient\.birthDate: .*is not a JSON object with "id" or "extension"/,
  )
})

test('an element that is required may be missing only for an extension that says why', () => {
  refused({ resourceType: 'Observation', status: 'final' }, /^error required Observation\.code: "code" is required/)
  const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }]
  assert.deepEqual(issues({ resourceType: 'Observation', _status: { extension }, code: { text: 'x' } }), [])
  refused(patient({ link: [{ type: 'refer' }] }), /^error required Patient\.link\[0\]\.other/)
  refused(
    { resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { reference: 'Patient/1' } },
    /^error required MedicationRequest\.medication: "medication\[x\]" is required/,
  )
})

test('of a choice one type is allowed', () => {
  assert.deepEqual(issues(observation({ valueQuantity: { value: 1.5 } })), [])
  refused(
    observation({ valueString: 'a', valueInteger: 1 }),
    /^error structure Observation\.value: only one of "valueString" and "valueInteger"/,
  )
  refused(
    observation({ valueString: 'a', _valueInteger: { extension: [{ url: 'u', valueCode: 'x' }] } }),
    /only one of "valueString" and "valueInteger"/,
  )
})

test('a primitive has the JSON kind and the form of its type', () => {
  const wrong: [object | string, RegExp][] = [
    [patient({ active: 'true' }), /Patient\.active: "true" is not true or false/],
    [patient({ birthDate: '1970-02-30' }), /^error value Patient\.birthDate: "1970-02-30" is not a date/],
    [patient({ birthDate: 1970 }), /1970 is not a string/],
    [patient({ birthDate: '1970-01-01T00:00:00Z' }), /is not a date/],
    [patient({ deceasedDateTime: '2020-01-01T10:00' }), /is not a dateTime/],
    [patient({ meta: { lastUpdated: '2020-01-01' } }), /is not an instant/],
    [patient({ multipleBirthInteger: 1.5 }), /1\.5 is not an integer/],
    ['{"resourceType":"Patient","multipleBirthInteger":1.0}', /Patient\.multipleBirth: 1\.0 is not an integer/],
    ['{"resourceType":"Patient","multipleBirthInteger":1e3}', /1e3 is not an integer/],
    [patient({ multipleBirthInteger: 2_147_483_648 }), /is not an integer between/],
    [patient({ telecom: [{ rank: 0 }] }), /0 is not an integer from 1/],
    [patient({ photo: [{ size: -1 }] }), /-1 is not an integer from 0/],
    [patient({ photo: [{ data: 'abc' }] }), /is not base64/],
    [patient({ photo: [{ url: 'http://a b' }] }), /is not a URL/],
    [patient({ id: 'a_b' }), /"a_b" is not an id/],
    [patient({ id: 'a'.repeat(65) }), /is not an id/],
    [patient({ implicitRules: 'urn:x y' }), /is not a URI/],
    [patient({ name: [{ family: { a: 1 } }] }), /\{"a":1\} is not a string/],
    [patient({ name: [{ family: 'a\u0001' }] }), /control character/],
    [patient({ communication: [{ language: { coding: [{ code: ' en' }] } }] }), /is not a code/],
    [observation({ valueQuantity: { value: '1.5' } }), /Observation\.value\.value: "1\.5" is not a number/],
    [observation({ valueTime: '10:00' }), /is not a time/],
    [
      { resourceType: 'DocumentManifest', status: 'current', content: [{ reference: 'Binary/1' }], source: 7 },
      /7 is not a string/,
    ],
  ]
  for (const [resource, expected] of wrong) refused(resource, expected)
  const right = [
    '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00}}',
    '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e-3}}',
    '{"resourceType":"Patient","photo":[{"contentType":"text/plain","data":"QUJD\\nRA==","url":"Binary/1"}],"birthDate":"1970"}',
  ]
  for (const text of right) assert.deepEqual(issues(text), [])
})

test('a code of a required binding is one of its value set', () => {
  refused(
    patient({ gender: 'male1' }),
    /^error code-invalid Patient\.gender: "male1" is not one of male, female, other, unknown$/,
  )
  refused(
    observation({ valueQuantity: { value: 1, comparator: '=' } }),
    /Observation\.value\.comparator: "=" is not one of/,
  )
  refused(
    {
      resourceType: 'Bundle',
      type: 'collection',
      link: [{ relation: 'self', url: 'x' }],
      timestamp: '2020-01-01T00:00:00Z',
      language: 'en',
      identifier: { use: 'mine' },
    },
    /Bundle\.identifier\.use: "mine" is not one of/,
  )
  // Media types and languages are drawn from code systems that nobody can list.
  assert.deepEqual(issues(patient({ photo: [{ contentType: 'image/x-anything' }], language: 'tlh' })), [])
})

test('a CodeableConcept of a required binding has at least one coding of its value set', () => {
  const condition = (clinicalStatus: object) => ({
    resourceType: 'Condition',
    subject: { reference: 'Patient/1' },
    clinicalStatus,
  })
  const system = 'http://terminology.hl7.org/CodeSystem/condition-clinical'
  assert.deepEqual(
    issues(
      condition({
        coding: [
          { system, code: 'active' },
          { system: 'urn:mine', code: '1' },
        ],
      }),
    ),
    [],
  )
  refused(
    condition({ coding: [{ system, code: 'gone' }] }),
    /^error code-invalid Condition\.clinicalStatus\.coding: .*gone" is not one of active, /,
  )
  refused(condition({ coding: [{ system: 'urn:mine', code: 'active' }] }), /is not one of active/)
  refused(
    condition({ text: 'active' }),
    /^error code-invalid Condition\.clinicalStatus: a coding is required: one of active/,
  )
})

test('an extension has a url, and either a value or extensions', () => {
  const of = (extension: object) => patient({ extension: [extension] })
  assert.deepEqual(issues(of({ url: 'u', extension: [{ url: 'v', valueAddress: { city: 'B' } }] })), [])
  refused(of({ valueString: 'x' }), /^error required Patient\.extension\[0\]\.url/)
  refused(of({ url: 'u' }), /Patient\.extension\[0\]: Must have either extensions or value\[x\], not both \(ext-1\)/)
  refused(of({ url: 'u', valueString: 'x', extension: [{ url: 'v', valueCode: 'c' }] }), /not both/)
  refused(of({ url: 'u', valueHuman: 'x' }), /value\[x\] is written as "valueBase64Binary" and the like/)
})

test('contained resources and the entries of Bundles are validated as what they are', () => {
  refused(
    patient({ contained: [{ resourceType: 'Organization', nam: 'x' }] }),
    /Patient\.contained\[0\]\.nam: "nam" is not an element of Organization/,
  )
  refused(patient({ contained: [{ name: 'x' }] }), /Patient\.contained\[0\]: "resourceType" is missing/)
  refused(
    {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: patient({}), request: { method: 'PUT', url: 'Patient/1' } },
        { resource: patient({ gender: 'f' }) },
      ],
    },
    /^error code-invalid Bundle\.entry\[1\]\.resource\.gender/,
  )
  refused(
    { resourceType: 'Parameters', parameter: [{ name: 'p', part: [{ name: 'q', resource: patient({ x: 1 }) }] }] },
    /Parameters\.parameter\[0\]\.part\[0\]\.resource\.x/,
  )
})

test('elements that reuse the content of another one are validated as deep as they go', () => {
  const item = (inner: object) => ({
    linkId: '1',
    type: 'group',
    item: [{ linkId: '2', type: 'group', item: [{ linkId: '3', type: 'string', ...inner }] }],
  })
  const questionnaire = (inner: object) => ({ resourceType: 'Questionnaire', status: 'draft', item: [item(inner)] })
  assert.deepEqual(issues(questionnaire({ text: 'Why?' })), [])
  refused(
    questionnaire({ required: 'yes' }),
    /Questionnaire\.item\[0\]\.item\[0\]\.item\[0\]\.required: "yes" is not true or false/,
  )
})

test('what records everywhere get wrong is an error for who asks, and a warning for who stores', () => {
  const wrong = observation({ subject: { reference: 'Practitioner/1' } })
  const said =
    'Observation.subject: a reference to Practitioner is not possible here, but to Patient, Group, Device, Location'
  assert.deepEqual(issues(wrong), [`warning invalid ${said}`])
  assert.deepEqual(issues(wrong, { advises: true })[0], `error invalid ${said}`)
  const each: [object, RegExp][] = [
    [{ subject: { reference: '1' } }, /value Observation\.subject: "1" is no reference as R4 writes them/],
    [{ identifier: [{ system: 'x', value: '1' }] }, /invalid Observation\.identifier\[0\]\.system: .* absolute URI/],
    [{ category: [{ coding: [{ system: 'x', code: '1' }] }] }, /coding\[0\]\.system: .* absolute URI/],
    [
      { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"> </div>' } },
      /Observation\.text\.div: .*\(txt-2\)/,
    ],
  ]
  for (const [members, told] of each) {
    assert.match(issues(observation(members))[0]!, new RegExp(`^warning .*${told.source}`))
    assert.match(issues(observation(members), { advises: true }).join('\n'), new RegExp(`^error .*${told.source}`, 'm'))
  }
})

test('a reference names a type that its element allows', () => {
  assert.deepEqual(
    issues(
      observation({ subject: { reference: 'http://other.example/fhir/Patient/1' }, focus: [{ reference: 'Basic/1' }] }),
    ),
    [],
  )
})

test('every issue of a resource is told, up to a hundred errors, and no warning hides an error', () => {
  assert.equal(issues(patient({ active: 1, gender: 'x', nme: [] })).length, 3)
  const names = Array.from({ length: 500 }, () => ({ family: 1 }))
  assert.equal(issues(patient({ name: names })).length, 100)
  const entry = Array.from({ length: 500 }, () => ({ resource: patient({ active: true }) }))
  const found = issues({ resourceType: 'Bundle', type: 'x', total: 'y', entry }, { advises: true })
  assert.equal(found.filter((issue) => issue.startsWith('error')).length, 2)
  assert.equal(found.filter((issue) => issue.startsWith('warning')).length, 100)
})

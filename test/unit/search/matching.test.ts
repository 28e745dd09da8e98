import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resource } from '../../../src/fhir/resource.ts'
import { finds, refusal, where } from './search-parts.ts'

const anna: Resource = {
  resourceType: 'Patient',
  id: 'anna',
  active: true,
  name: [
    { use: 'official', family: 'Carreño  Quiñones', given: ['Anna-Lena', 'Maria'] },
    { text: "Anna O'Neil, Große Straße" },
  ],
  gender: 'female',
  birthDate: '1980-05',
  identifier: [{ system: 'urn:mrn', value: 'Ab|1' }, { value: 'plain' }],
  telecom: [{ system: 'email', value: 'Anna@Example.org' }],
  address: [{ line: ['Main St. 5'], city: 'São Paulo' }],
  generalPractitioner: [
    { reference: 'Practitioner/gp', identifier: { system: 'urn:lanr', value: '7' } },
    { reference: 'https://elsewhere.example/fhir/Practitioner/far' },
  ],
  managingOrganization: { reference: 'https://example.org/fhir/Organization/house' },
}

/** Each row: a query, and whether it finds the resource. */
function table(resource: Resource, rows: readonly (readonly [query: string, found: boolean])[]): void {
  for (const [query, found] of rows) {
    assert.equal(finds(query, resource), found, `${resource.resourceType}?${query} is to be ${found}`)
  }
}

describe('string', () => {
  test('a string is found by its beginning, whatever its case, accents, punctuation and white space', () => {
    table(anna, [
      ['name=carreno quinones', true],
      ['name=CARRE', true],
      ['name=annalena', true],
      ['name=Anna oneil', true],
      ['name=anna o’neil grosse strasse', true],
      ['address-city=sao', true],
      ['address=main st 5', true],
      ['name=arreno', false],
      ['address-city=paulo', false],
    ])
  })

  test('the parts of a family name are searched independently', () => {
    table(anna, [
      ['family=quinones', true],
      ['name=quinones', true],
      ['given=lena', false],
    ])
  })

  test(':contains finds text anywhere, :exact all of it letter by letter', () => {
    table(anna, [
      ['name:contains=RRENO', true],
      ['name:contains=xyz', false],
      ['given:exact=Maria', true],
      ['given:exact=maria', false],
      ['given:exact=Mar', false],
      ['address-city:exact=São Paulo', true],
      ['address-city:exact=Sao Paulo', false],
    ])
  })

  test(':exact tells texts apart that differ only beyond what the index holds', () => {
    const long = 'x'.repeat(5_000)
    const resource: Resource = { resourceType: 'Organization', name: `${long}A` }
    table(resource, [
      [`name:exact=${long}A`, true],
      [`name:exact=${long}B`, false],
    ])
  })
})

describe('token', () => {
  test('a code is found alone, within its system, or as one that has none', () => {
    table(anna, [
      ['identifier=plain', true],
      ['identifier=urn:mrn|Ab\\|1', true],
      ['identifier=Ab\\|1', true],
      ['identifier=|plain', true],
      ['identifier=|Ab\\|1', false],
      ['identifier=urn:mrn|plain', false],
      ['identifier=urn:mrn|', true],
      ['identifier=urn:other|', false],
    ])
  })

  test('identifiers are case sensitive, other tokens are not', () => {
    table(anna, [
      ['identifier=PLAIN', false],
      ['email=ANNA@example.ORG', true],
      ['gender=FEMALE', true],
    ])
  })

  test('a code is found with the system that its value set implies, and with no other', () => {
    table(anna, [
      ['gender=http://hl7.org/fhir/administrative-gender|female', true],
      ['gender=http://example.org/other|female', false],
    ])
  })

  test(':not finds what has no matching item, also what has none at all', () => {
    table(anna, [
      ['gender:not=male', true],
      ['gender:not=male,female', false],
      ['deceased:not=true', true],
      ['identifier:not=plain', false],
    ])
  })

  test(':text finds what is written beside a code, by its beginning', () => {
    const resource: Resource = {
      resourceType: 'Observation',
      code: {
        coding: [
          { code: 'w', display: 'Body Weight' },
          { code: 'x', display: 'Gewicht' },
        ],
        text: 'Körpergewicht',
      },
      identifier: [{ value: '1', type: { text: 'Sample number' } }],
      meta: { tag: [{ code: 't', display: 'A tag' }] },
    }
    table(resource, [
      ['code:text=body', true],
      ['code:text=BODY  weight', true],
      ['code:text=gewicht', true],
      ['code:text=korperg', true],
      ['code:text=weight', false],
      ['code:text=w', false],
      ['category:text=body', false],
      ['code:text=nothing,gewicht', true],
      ['identifier:text=sample', true],
      ['_tag:text=a tag', true],
    ])
  })

  test(':of-type finds an identifier by its type and value together', () => {
    const types = 'http://terminology.hl7.org/CodeSystem/v2-0203'
    const identifier = (code: string, value: string) => ({ type: { coding: [{ system: types, code }] }, value })
    table({ resourceType: 'Patient', identifier: [identifier('MR', '123|x'), identifier('SS', '456')] }, [
      [`identifier:of-type=${types}|MR|123\\|x`, true],
      [`identifier:of-type=${types}|SS|456`, true],
      [`identifier:of-type=${types}|MR|456`, false],
      [`identifier:of-type=http://other|SS|456`, false],
    ])
  })

  test('what can have no system is found as having none', () => {
    table(anna, [
      ['email=|anna@example.org', true],
      ['active=|true', true],
      ['gender=|female', false],
    ])
  })

  test('commas are alternatives, repeated parameters must all hold, and escaped separators are text', () => {
    const resource: Resource = {
      resourceType: 'Observation',
      code: { coding: [{ code: 'a,b|c$d\\e' }, { code: 'second' }] },
    }
    table(resource, [
      ['code=x,second', true],
      ['code=a\\,b\\|c\\$d\\\\e', true],
      ['code=a', false],
      ['code=a\\,b\\|c\\$d\\\\e&code=second', true],
      ['code=second&code=third', false],
    ])
  })
})

describe('reference', () => {
  test('a reference is found by id, by type and id, and by URL, in whichever of these forms it is stored', () => {
    table(anna, [
      ['general-practitioner=gp', true],
      ['general-practitioner=Practitioner/gp', true],
      ['general-practitioner:Practitioner=gp', true],
      ['general-practitioner=https://example.org/fhir/Practitioner/gp', true],
      ['general-practitioner=https://elsewhere.example/fhir/Practitioner/far', true],
      ['general-practitioner=Practitioner/far', false],
      ['general-practitioner:Organization=gp', false],
      ['organization=house', true],
      ['organization=Organization/house', true],
    ])
  })

  test(':identifier finds a reference by the identifier beside it', () => {
    table(anna, [
      ['general-practitioner:identifier=urn:lanr|7', true],
      ['general-practitioner:identifier=7', true],
      ['general-practitioner:identifier=|7', false],
      ['general-practitioner:identifier=urn:lanr|8', false],
    ])
  })

  test('the patient of a resource is found by each parameter that names the same element', () => {
    const resource: Resource = { resourceType: 'Observation', subject: { reference: 'Patient/anna' } }
    table(resource, [
      ['patient=anna', true],
      ['patient=Patient/anna', true],
      ['subject=Patient/anna', true],
      ['subject=anna', true],
      ['subject:Patient=anna', true],
      ['subject=Group/anna', false],
      ['patient=ben', false],
    ])
  })

  test('several patients of one resource are each found', () => {
    const actor = (reference: string) => ({ actor: { reference }, status: 'accepted' })
    const resource: Resource = {
      resourceType: 'Appointment',
      participant: [actor('Patient/anna'), actor('Patient/ben'), actor('Practitioner/gp')],
    }
    table(resource, [
      ['patient=anna', true],
      ['patient=ben', true],
      ['actor=Patient/ben', true],
      ['actor=Practitioner/gp', true],
      ['patient=carl', false],
      ['actor=Practitioner/anna', false],
    ])
  })

  test('a canonical reference is found with its version and without', () => {
    const resource: Resource = { resourceType: 'QuestionnaireResponse', questionnaire: 'http://x.example/Q|2' }
    table(resource, [
      ['questionnaire=http://x.example/Q', true],
      ['questionnaire=http://x.example/Q|2', true],
      ['questionnaire=http://x.example/Q|3', false],
    ])
  })

  test('a reference to a version is found by the resource and by that version', () => {
    const resource: Resource = { resourceType: 'Provenance', target: [{ reference: 'Observation/o/_history/2' }] }
    table(resource, [
      ['target=Observation/o', true],
      ['target=Observation/o/_history/2', true],
      ['target=https://example.org/fhir/Observation/o/_history/2', true],
      ['target=Observation/o/_history/1', false],
    ])
  })

  test(':text finds a reference by its display', () => {
    const resource: Resource = { resourceType: 'Observation', performer: [{ display: 'Dr. Jürgen Groß' }] }
    table(resource, [
      ['performer:text=dr jurgen', true],
      ['performer:text=gross', false],
    ])
  })

  test('canonical references: :below has later parts of the version and what the URL begins, :above the other way', () => {
    const resource: Resource = { resourceType: 'QuestionnaireResponse', questionnaire: 'http://x.example/q/a|1.2.3' }
    table(resource, [
      ['questionnaire:below=http://x.example/q/a|1.2', true],
      ['questionnaire:below=http://x.example/q/a|1.2.3', true],
      ['questionnaire:below=http://x.example/q/a|1.20', false],
      ['questionnaire:below=http://x.example/q/', true],
      ['questionnaire:above=http://x.example/q/a|1.2.3.4', true],
      ['questionnaire:above=http://x.example/q/a|1.2', false],
      ['questionnaire:above=http://x.example/q/a/b', true],
    ])
  })

  test('a contained resource is no reference that anybody searches for', () => {
    const resource: Resource = { resourceType: 'Observation', subject: { reference: '#p' } }
    table(resource, [['subject=p', false]])
  })
})

describe('uri', () => {
  const resource: Resource = { resourceType: 'ValueSet', url: 'http://x.example/fhir/ValueSet/a' }

  test('a uri is found letter by letter, :below by its beginning, :above by what it begins', () => {
    table(resource, [
      ['url=http://x.example/fhir/ValueSet/a', true],
      ['url=http://x.example/fhir/valueset/a', false],
      ['url:below=http://x.example/fhir/', true],
      ['url:below=http://y.example', false],
      ['url:above=http://x.example/fhir/ValueSet/a/_history/5', true],
      ['url:above=http://x.example/fhir/ValueSet', false],
    ])
  })

  test(':above takes URLs that fit into the index, of 50 parts at most', () => {
    const refusedUrl = (url: string) => refusal(() => where('ValueSet', `url:above=${url}`))
    assert.equal(refusedUrl(`http://a.example/${'a/'.repeat(40)}`), undefined)
    for (const url of [
      `http://a.example/${'/'.repeat(32_000)}`,
      `http://a.example/${'a/'.repeat(60)}`,
      `http://a.example/a|${'1.'.repeat(60)}1`,
      `http://a.example/${'a'.repeat(3_000)}`,
    ]) {
      assert.deepEqual(refusedUrl(url), { problem: 'invalidQuery', text: 'The URL for url is too long' })
    }
  })

  test(':below and :above only apply to URLs, and not to URNs', () => {
    table({ resourceType: 'ValueSet', url: 'urn:oid:1.2.3' }, [
      ['url=urn:oid:1.2.3', true],
      ['url:below=urn:oid', false],
      ['url:above=urn:oid:1.2.3', false],
    ])
  })

  test('a profile is found with its version and without, and within a hierarchy', () => {
    table({ resourceType: 'Patient', meta: { profile: ['http://x.example/P|1.0'], source: 'http://s.example/a#1' } }, [
      ['_profile:below=http://x.example', true],
      ['_profile:below=http://x.example/Q', false],
      ['_profile:below=http://x.example/P|1', true],
      ['_profile:below=http://x.example/P|2', false],
      ['_profile:above=http://x.example/P/long', true],
      ['_source:below=http://s.example/a', true],
      ['_source=http://s.example/a#1', true],
      ['_profile=http://x.example/P', true],
      ['_profile=http://x.example/P|1.0', true],
      ['_profile=http://x.example/P|2.0', false],
    ])
  })
})

describe('presence', () => {
  test(':missing tells whether there is any value, for every type of parameter', () => {
    const resource: Resource = {
      resourceType: 'Observation',
      status: 'final',
      subject: { reference: 'Patient/anna' },
      effectiveDateTime: '2020',
    }
    table(resource, [
      ['status:missing=false', true],
      ['status:missing=true', false],
      ['category:missing=true', true],
      ['patient:missing=false', true],
      ['encounter:missing=true', true],
      ['date:missing=false', true],
      ['value-date:missing=true', true],
      ['value-string:missing=true', true],
      ['value-quantity:missing=true', true],
      ['_id:missing=true', false],
      ['_tag:missing=true', true],
    ])
  })
})

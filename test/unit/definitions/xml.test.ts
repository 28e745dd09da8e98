import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import { r4Examples } from '../../support/r4-examples.ts'

const { readXml, validate, writeXml } = await loadDefinitions()

const declaration = '<?xml version="1.0" encoding="UTF-8"?>'
const patient = (content: string) => `<Patient xmlns="http://hl7.org/fhir">${content}</Patient>`
const xhtml = 'xmlns="http://www.w3.org/1999/xhtml"'
const narrated = (div: string) => patient(`<text><status value="generated"/>${div}</text>`)

describe('resources in XML', () => {
  for (const { name, resource } of r4Examples()) {
    test(`${name} comes back equal from XML, written in one line or indented`, () => {
      assert.deepEqual(readXml(writeXml(resource)), resource)
      assert.deepEqual(readXml(writeXml(resource, 2)), resource)
    })
  }

  test('have ids and urls as attributes, elements in the order of the definition, extensions beside values', () => {
    const resource = {
      birthDate: '1970',
      _birthDate: { extension: [{ valueBoolean: true, url: 'http://example.org/a' }], id: 'b' },
      name: [{ family: 'Muster', id: 'n', given: ['Eva', null], _given: [null, { id: 'g' }] }],
      id: 'p',
      resourceType: 'Patient',
    }
    assert.equal(
      writeXml(resource),
      declaration +
        patient(
          '<id value="p"/><name id="n"><family value="Muster"/><given value="Eva"/><given id="g"/></name>' +
            '<birthDate id="b" value="1970"><extension url="http://example.org/a"><valueBoolean value="true"/></extension></birthDate>',
        ),
    )
    assert.deepEqual(readXml(writeXml(resource)), resource)
  })

  test('hold contained resources and those of Bundles and Parameters', () => {
    const inner = { resourceType: 'Organization', id: 'o', name: 'A & B <"\'>' }
    for (const resource of [
      { resourceType: 'Patient', contained: [inner, inner] },
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ resource: inner }, { fullUrl: 'urn:x', resource: inner }],
      },
      { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: inner }] },
    ]) {
      assert.deepEqual(readXml(writeXml(resource)), resource)
    }
  })

  test('keep decimals as they are written', () => {
    for (const literal of ['1.0', '1e3', '-0', '0.10', '123456789012345678901234567890', '1.00E-400']) {
      const resource = parseJson(`{"resourceType":"Observation","valueQuantity":{"value":${literal}}}`)
      const text = writeXml(resource)
      assert.match(text, new RegExp(`<value value="${literal}"/>`))
      assert.deepEqual(readXml(text), resource)
    }
  })

  test('keep tabs, line ends, quotes and every other character that XML has', () => {
    const text = ' a\tb\nc\r\nd "e" \'f\' <g> &amp; ]]> \u0085\u2028\u{1f600} '
    const resource = { resourceType: 'Patient', language: text, contact: [{ id: text, name: { text } }] }
    assert.deepEqual(readXml(writeXml(resource)), resource)
  })

  test('show U+FFFD for what XML cannot hold', () => {
    const read = readXml(writeXml({ resourceType: 'Patient', language: 'a\u0001b\uffff' }))
    assert.deepEqual(read, { resourceType: 'Patient', language: 'a\ufffdb\ufffd' })
  })

  test('leave values that their type does not allow to the validation', () => {
    const read = readXml(patient('<active value="yes"/><multipleBirthInteger value="007"/>'))
    assert.deepEqual(read, { resourceType: 'Patient', active: 'yes', multipleBirthInteger: '007' })
    assert.deepEqual(
      validate(read).map(({ expression }) => expression![0]),
      ['Patient.active', 'Patient.multipleBirth'],
    )
  })

  test('may have prefixes, comments, CDATA in narratives, a byte order mark and xsi:schemaLocation at the root', () => {
    const text =
      '\ufeff<?xml version="1.0" encoding="utf-8"?><!-- a --><f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml" ' +
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir a.xsd">' +
      '<f:text><f:status value="generated"/><!-- b --><h:div class="x"><h:p>1 &lt; 2<h:br/></h:p></h:div></f:text><f:active value="true"/></f:Patient>\n<!-- c -->\n'
    assert.deepEqual(readXml(text), {
      resourceType: 'Patient',
      text: { status: 'generated', div: `<div ${xhtml} class="x"><p>1 &lt; 2<br></br></p></div>` },
      active: true,
    })
  })
})

describe('the narrative', () => {
  test('is kept character by character', () => {
    const div = `<div  ${xhtml}\n><p class='a'>&#160;&lt;<br /><!-- c --><b>x</b >\r\n<![CDATA[<y>]]></p></div>`
    const resource = { resourceType: 'Patient', text: { status: 'generated', div } }
    assert.ok(writeXml(resource).includes(div))
    assert.deepEqual(readXml(writeXml(resource)), resource)
    assert.deepEqual(readXml(writeXml(resource, 4)), resource)
  })

  for (const [what, div] of Object.entries({
    'an entity of HTML': `<div ${xhtml}>&nbsp;</div>`,
    'a tag that is not closed': `<div ${xhtml}><br></div>`,
    'two elements': `<div ${xhtml}/><div ${xhtml}/>`,
    'no namespace': '<div>a</div>',
    'a document type': `<!DOCTYPE div [<!ENTITY a "b">]><div ${xhtml}>&a;</div>`,
    'the end of its own element': `<div ${xhtml}></div></text><active value="true"/><text><div ${xhtml}></div>`,
    'plain text': 'a < b',
  })) {
    test(`with ${what} is written as text, and breaks nothing`, () => {
      const read = readXml(writeXml({ resourceType: 'Patient', text: { status: 'generated', div } })) as {
        text: { div: string }
      }
      assert.deepEqual(Object.keys(read), ['resourceType', 'text'])
      assert.ok(read.text.div.startsWith(`<div ${xhtml}><pre>`))
    })
  }
})

describe('XML is refused', () => {
  const malformed: Record<string, [text: string, problem: RegExp]> = {
    'when it is broken': [
      '<Patient xmlns="http://hl7.org/fhir"><id',
      /broken: unclosed tag: Patient at line 1, column/,
    ],
    'when it is empty': ['', /broken: document must contain a root element/],
    'when it is JSON': ['{"resourceType":"Patient"}', /broken: text data outside of root node/],
    'with a document type': [`<!DOCTYPE Patient>${patient('')}`, /document type declaration at line 1/],
    'with entities of its own': [
      `<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>${patient('<language value="&c;"/>')}`,
      /document type declaration/,
    ],
    'with an entity that XML does not have': [patient('<language value="&nbsp;"/>'), /undefined entity/],
    'with a processing instruction': [`${declaration}<?xml-stylesheet href="a"?>${patient('')}`, /processing instr/],
    'with an attribute twice': [patient('<id value="a" value="b"/>'), /duplicate attribute: value/],
    'in another encoding': [`<?xml version="1.0" encoding="iso-8859-1"?>${patient('')}`, /encoding iso-8859-1/],
    'as XML 1.1': [`<?xml version="1.1"?>${patient('')}`, /version 1\.1/],
    'with a control character': [patient('<id value="&#1;"/>'), /malformed character entity/],
    'with half a surrogate pair': [patient('<id value="&#xD800;"/>'), /malformed character entity/],
    'in no namespace': ['<Patient/>', /<Patient> is in the namespace ""/],
    'in another namespace': ['<Patient xmlns="urn:hl7-org:v3"/>', /namespace "urn:hl7-org:v3"/],
    'with a root that is no resource': ['<HumanName xmlns="http://hl7.org/fhir"/>', /<HumanName> is not a resource/],
    'with an abstract resource': [
      '<DomainResource xmlns="http://hl7.org/fhir"/>',
      /<DomainResource> is not a resource/,
    ],
    'with a prefix that is not bound': ['<f:Patient/>', /unbound namespace prefix/],
    'when it nests without end': [
      patient(`${'<extension url="a">'.repeat(60)}${'</extension>'.repeat(60)}`),
      /nests deeper than 100/,
    ],
    'with a hundred attributes in one tag': [
      patient(`<id ${Array.from({ length: 101 }, (_, n) => `a${n}=""`).join(' ')}/>`),
      /too many attributes/,
    ],
  }
  for (const [title, [text, problem]] of Object.entries(malformed)) {
    test(`${title}: malformed`, () => {
      assert.throws(
        () => readXml(text),
        (error) => error instanceof FhirError && error.status === 400 && problem.test(error.message),
      )
    })
  }

  const invalid: Record<string, [content: string, expression: string, problem: RegExp]> = {
    'with an unknown element': ['<colour value="red"/>', 'Patient.colour', /"colour" is not an element of Patient/],
    'with an unknown element deep inside': [
      '<name/><name><family value="a"/><giver value="b"/></name>',
      'Patient.name[1].giver',
      /"giver" is not an element/,
    ],
    'with an unknown attribute': ['<name use="official"/>', 'Patient.name[0]', /"use" is no attribute/],
    'with the id of a resource as attribute': [
      '<contained><Group id="a"/></contained>',
      'Patient.contained[0]',
      /"id" is no attribute/,
    ],
    'with an attribute as element': [
      '<extension><url value="a"/></extension>',
      'Patient.extension[0].url',
      /"url" is an attribute/,
    ],
    'in another order': ['<active value="true"/><id value="a"/>', 'Patient.id', /<id> stands after <active>/],
    'with two variants of a choice': [
      '<deceasedBoolean value="true"/><deceasedDateTime value="2020"/>',
      'Patient.deceased',
      /only one of/,
    ],
    'with an element again that does not repeat': ['<id value="a"/><id value="b"/>', 'Patient.id', /does not repeat/],
    'with text between elements': ['<name>Eva</name>', 'Patient.name[0]', /the text "Eva" stands outside/],
    'with CDATA between elements': ['<![CDATA[x]]>', 'Patient', /the text "x" stands outside/],
    'with a primitive that has nothing': ['<birthDate/>', 'Patient.birthDate', /never empty/],
    'with an element of another namespace': ['<active xmlns="urn:x" value="true"/>', 'Patient.active', /"urn:x"/],
    'with no resource where one belongs': ['<contained/>', 'Patient.contained[0]', /resource is missing/],
    'with two resources where one belongs': [
      '<contained><Group/><Group/></contained>',
      'Patient.contained[0]',
      /one element holds one resource/,
    ],
    'with another thing where a resource belongs': [
      '<contained><name/></contained>',
      'Patient.contained[0]',
      /<name> is not a resource type/,
    ],
    'with a narrative that is not XHTML': [
      '<text><status value="generated"/><div>a</div></text>',
      'Patient.text.div',
      /<div> is no element of XHTML/,
    ],
    'with something else within a narrative': [
      `<text><status value="generated"/><div ${xhtml}><svg xmlns="http://www.w3.org/2000/svg"/></div></text>`,
      'Patient.text.div',
      /<svg> is no element of XHTML/,
    ],
  }
  for (const [title, [content, expression, problem]] of Object.entries(invalid)) {
    test(`${title}: invalid, with its FHIRPath`, () => {
      assert.throws(
        () => readXml(patient(content)),
        (error) => {
          assert.ok(error instanceof FhirError)
          assert.equal(error.status, 422)
          assert.match(error.message, problem)
          assert.deepEqual(error.issues[0]!.expression, [expression])
          return true
        },
      )
    })
  }

  test('with a narrative that nests without end', () => {
    const depth = 10_000
    const text = narrated(`<div ${xhtml}>${'<b>'.repeat(depth)}${'</b>'.repeat(depth)}</div>`)
    assert.throws(() => readXml(text), FhirError)
  })
})

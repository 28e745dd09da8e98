import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { aMutant, anExample, placesOf, refusedOr, runs } from '../../support/fuzz.ts'

const { readXml, validate, writeXml } = await loadDefinitions()

/** Every character that XML 1.0 has. */
const xmlText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  // eslint-disable-next-line no-control-regex -- they are what XML does not have
  .map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\u0085') || 'a')

const pieces = [
  '<', '>', '/>', '</', '<!--', '-->', '<![CDATA[', ']]>', '<?a b?>', '<!DOCTYPE a>', '&amp;', '&#0;', '&x;', '"', "'", '=',
  ' xmlns=""', ' xmlns:f="http://hl7.org/fhir"', 'f:', '<div xmlns="http://www.w3.org/1999/xhtml">', '</div>', '<id value="a"/>',
  '<extension url="a">', '</extension>', '<contained>', '<Patient>', ' value="1"', ' id="a"', '\u0000', '\ud800', '\ufeff', ' ', 'a',
] // prettier-ignore

test('any text in any place of a resource comes back from XML as it was', () => {
  fc.assert(
    fc.property(anExample, fc.nat(), xmlText, (resource, n, text) => {
      const strings = placesOf(resource).filter(
        ({ holder, name }) => typeof holder[name] === 'string' && name !== 'resourceType' && name !== 'div',
      )
      const { holder, name } = strings[n % strings.length]!
      holder[name] = text
      assert.deepEqual(readXml(writeXml(resource)), resource)
      assert.deepEqual(readXml(writeXml(resource, 2)), resource)
    }),
    runs(150),
  )
})

test('what validation accepts, however strange, can be written in XML and comes back', () => {
  let accepted = 0
  fc.assert(
    fc.property(aMutant, (resource) => {
      if (validate(resource).some(({ severity }) => severity === 'error' || severity === 'fatal')) return
      accepted++
      const back = readXml(writeXml(resource))
      assert.deepEqual(readXml(writeXml(back)), back)
      assert.deepEqual(
        validate(back).filter(({ severity }) => severity === 'error'),
        [],
      )
    }),
    runs(300),
  )
  assert.ok(accepted > 0)
})

test('XML that was cut, torn and patched is read or refused', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.constantFrom(...pieces)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(anExample, edits, (resource, changes) => {
      let text = writeXml(resource)
      for (const [at, length, piece] of changes) {
        const start = at % text.length
        text = text.slice(0, start) + piece + text.slice(start + length)
      }
      const read = refusedOr(() => readXml(text))
      if (!(read instanceof FhirError)) validate(read)
    }),
    runs(400),
  )
})

test('text made of the pieces of XML is read or refused', () => {
  const torn = fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(torn, (content) => {
      refusedOr(() => readXml(content))
      refusedOr(() => readXml(`<Patient xmlns="http://hl7.org/fhir">${content}</Patient>`))
      const div = `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`
      const narrated = { resourceType: 'Patient', text: { status: 'generated', div } }
      assert.deepEqual(Object.keys(readXml(writeXml(narrated)) as object), ['resourceType', 'text'])
    }),
    runs(500),
  )
})

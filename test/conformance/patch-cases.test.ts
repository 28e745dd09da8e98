import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { FhirError } from '../../src/fhir/error.ts'
import { applyJsonPatch } from '../../src/fhir/json-patch.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { projectRoot } from '../../src/project-root.ts'

const { fhirPathPatch, readXml } = await loadDefinitions()
const fixture = (name: string) => readFileSync(join(projectRoot, 'test/fixtures/patch-cases', name), 'utf8')

interface Case {
  name: string
  input: Resource
  diff: Resource
  /** Absent: the patch is to be refused. */
  output: Resource | undefined
}

/** Within text, a quote and its entity are the same XHTML. */
function withQuotes(resource: Resource): Resource {
  const { text } = resource as { text?: { div?: string } }
  return text?.div ? { ...resource, text: { ...text, div: text.div.replaceAll('&quot;', '"') } } : resource
}

/** A resource stands in each part of a case. XML says that lines end in LF, however the file was saved. */
function fhirPathCases(): Case[] {
  const text = fixture('fhir-patch-tests.xml').replaceAll('\r\n', '\n')
  return [...text.matchAll(/<case name="([^"]*)"[^>]*>([\s\S]*?)<\/case>/g)].map(([, name, body]) => {
    const part = (tag: string) => new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(body!)?.[1]?.trim()
    const resource = (xml: string | undefined) => xml && (readXml(xml) as Resource)
    const [input, diff] = [resource(part('input')), resource(part('diff'))]
    assert.ok(input && diff, name)
    return { name: name!, input, diff, output: resource(part('output')) || undefined }
  })
}

describe('FHIRPath Patch: the official cases', () => {
  const cases = fhirPathCases()
  test('are all there', () => assert.equal(cases.length, 33))
  for (const { name, input, diff, output } of cases) {
    test(output ? name : `${name} is refused`, async () => {
      if (output) assert.deepEqual(withQuotes(await fhirPathPatch(input, diff)), withQuotes(output))
      else await assert.rejects(fhirPathPatch(input, diff), FhirError)
    })
  }
})

describe('JSON Patch: the official cases', () => {
  const cases = JSON.parse(fixture('json-patch-tests.json')) as {
    comment: string
    doc: Resource
    patch: unknown
    expected?: unknown
    error?: string
  }[]
  test('are all there', () => assert.equal(cases.length, 16))
  for (const { comment, doc, patch, expected, error } of cases) {
    test(comment, () => {
      if (error === undefined) assert.deepEqual(applyJsonPatch(doc, patch), expected)
      else assert.throws(() => applyJsonPatch(doc, patch), FhirError)
    })
  }
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { projectRoot } from '../../../src/project-root.ts'

const definitions = await loadDefinitions()
const folder = join(projectRoot, 'fhir-profiles', 'chartshare')

interface Example {
  readonly name: string
  readonly resource: Resource
}

function examples(kind: 'valid' | 'invalid'): Example[] {
  return readdirSync(join(folder, 'examples', kind)).map((file) => ({
    name: file.replace('.json', ''),
    resource: JSON.parse(readFileSync(join(folder, 'examples', kind, file), 'utf8')) as Resource,
  }))
}

const errorsOf = (resource: Resource) =>
  definitions.validate(resource).filter(({ severity }) => severity === 'error' || severity === 'fatal')

describe('the profiles of this project', () => {
  test('are all on board, of the type that they say', () => {
    const urls = examples('valid').map(({ resource }) => {
      const [url] = resource.meta!.profile!
      assert.ok(definitions.profiles(resource.resourceType).includes(url!), url)
      return url
    })
    assert.equal(new Set(urls).size, readdirSync(join(folder, 'sources')).length)
    assert.deepEqual(definitions.profiles('Observation'), [])
  })

  test('the package holds what the sources say', () => {
    const lines = readFileSync(join(folder, 'package', 'StructureDefinition.ndjson'), 'utf8')
      .trim()
      .split('\n')
    const packed = lines.map((line) => {
      const { snapshot, ...source } = JSON.parse(line) as { url: string; snapshot: { element: object[] } }
      assert.ok(snapshot.element.length > 0)
      return source
    })
    const sources = readdirSync(join(folder, 'sources'))
      .toSorted()
      .map((file) => JSON.parse(readFileSync(join(folder, 'sources', file), 'utf8')) as object)
    assert.deepEqual(packed, sources)
  })

  for (const { name, resource } of examples('valid')) {
    test(`${name}: its example follows it`, () => {
      assert.deepEqual(errorsOf(resource), [])
    })
  }

  for (const { name, resource } of examples('invalid')) {
    test(`${name}: is R4, and breaks the profile`, () => {
      const { meta: _, ...plain } = resource
      assert.deepEqual(errorsOf(plain as Resource), [])
      assert.notDeepEqual(errorsOf(resource), [])
    })
  }
})

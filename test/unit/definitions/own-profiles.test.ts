import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadDefinitions } from '../../../src/definitions/load.ts'
import { obligationBits } from '../../../src/access/obligations.ts'
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

const sources = readdirSync(join(folder, 'sources'))
  .toSorted()
  .map((file) => JSON.parse(readFileSync(join(folder, 'sources', file), 'utf8')) as { url: string; type: string })

const errorsOf = (resource: Resource) =>
  definitions.validate(resource).filter(({ severity }) => severity === 'error' || severity === 'fatal')

describe('the profiles of this project', () => {
  test('are all on board, of the type that they say', () => {
    const urls = examples('valid').map(({ resource }) => {
      const [url] = resource.meta!.profile!
      assert.ok(definitions.profiles(resource.resourceType).includes(url!), url)
      return url
    })
    assert.equal(new Set(urls).size, sources.filter(({ type }) => type !== 'Extension').length)
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

describe('the extensions of this project', () => {
  const [grant] = examples('valid').filter(({ name }) => name === 'treatment-share-grant')
  const url = (name: string) => `https://chartshare.example/fhir/StructureDefinition/${name}`
  const withObligation = (valueCode: string) => ({
    ...grant!.resource,
    extension: [{ url: url('grant-obligation'), valueCode }],
  })
  const [message] = examples('valid').filter(({ name }) => name === 'chartshare-communication')
  const read = [
    { url: 'who', valueReference: { reference: 'Practitioner/1' } },
    { url: 'at', valueDateTime: '2026-01-01T12:00:00Z' },
  ]
  const withReceipt = (parts: readonly object[]) => ({
    ...message!.resource,
    extension: [{ url: url('read-receipt'), extension: parts }],
  })

  for (const code of Object.keys(obligationBits)) {
    test(`a grant obliges by ${code}`, () => assert.deepEqual(errorsOf(withObligation(code)), []))
  }

  test('a grant does not oblige by what nobody knows, nor a patient', () => {
    assert.match(errorsOf(withObligation('no-photograph'))[0]!.diagnostics!, /no-photograph/)
    const patient = { resourceType: 'Patient', extension: withObligation('view-only').extension }
    assert.match(errorsOf(patient)[0]!.diagnostics!, /not for Patient/)
  })

  test('a receipt says who and when, and nothing else', () => {
    assert.deepEqual(errorsOf(withReceipt(read)), [])
    for (const wrong of [[read[0]!], [read[1]!], [...read, { url: 'where', valueString: 'here' }]]) {
      assert.notDeepEqual(errorsOf(withReceipt(wrong)), [])
    }
  })
})

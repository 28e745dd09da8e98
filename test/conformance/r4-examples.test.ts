import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'lossless-json'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { projectRoot } from '../../src/project-root.ts'
import { wrongExamples } from '../support/r4-examples.ts'
import { administrator, type Client, startServer, type TestServer } from '../support/server.ts'

/**
 * HL7's official R4 examples, PUT one by one by an administrator and read back in both formats, then PUT in XML: equal,
 * decimals included. The suite carries some; all of them run from the folder named in TEST_DATA.
 */
const refused: Record<string, RegExp> = {
  // "OperationOutcome and Parameters have no endpoint": https://hl7.org/fhir/R4/resourcelist.html
  OperationOutcome: /is not a resource type/,
  Parameters: /is not a resource type/,
  ...wrongExamples,
}
/** "An administrator is not a reader of mail": what was stored is seen in the answer to the PUT alone. */
const answeredOnly = 'Communication'

const fhirXml = 'application/fhir+xml'
const { readXml, writeXml } = await loadDefinitions()

const all = process.env['TEST_DATA'] && path.join(process.env['TEST_DATA'], 'r4-examples')
const folder = all && existsSync(all) ? all : path.join(projectRoot, 'test', 'fixtures', 'r4-examples')
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

let server: TestServer
let admin: Client
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  admin = server.as(administrator())
})
after(() => server.close())

test(
  'the full set of official examples',
  { skip: all ? false : 'TEST_DATA is not set: only the examples in test/fixtures run' },
  () => {
    assert.ok(files.length >= 253)
  },
)

for (const file of files) {
  test(`${file} is accepted and reads back equal, in JSON and in XML`, async () => {
    const text = readFileSync(path.join(folder, file), 'utf8')
    const sent = parse(text) as { resourceType: string; id: string }
    const target = `${sent.resourceType}/${sent.id}`
    const answer = await admin.put(target, text).buffer(true)
    const rule = refused[sent.resourceType] ?? refused[file]
    if (rule) {
      assert.match(answer.body.issue[0].diagnostics, rule)
      return
    }
    assert.ok(answer.status === 201 || answer.status === 200, `${answer.status} ${JSON.stringify(answer.body.issue)}`)
    const read =
      sent.resourceType === answeredOnly
        ? answer
        : await admin.get(target).set('accept', 'application/fhir+json').buffer(true).expect(200)
    assert.deepEqual(comparable(parse(read.text), server.base), comparable(parse(text), server.base))
    if (sent.resourceType !== answeredOnly) {
      const { text: xml } = await admin.get(target).set('accept', fhirXml).buffer(true).expect(200)
      assert.deepEqual(
        comparable(parse(stringifyJson(readXml(xml))), server.base),
        comparable(parse(text), server.base),
      )
    }
    // Not all may be changed, so in XML they are put beside themselves.
    const id = `${sent.id.slice(0, 60)}.xml`
    const beside = { ...(parseJson(text) as object), id }
    const put = admin.raw('put')(`${sent.resourceType}/${id}`).set('content-type', fhirXml)
    const { text: stored } = await put.set('accept', 'application/fhir+json').send(writeXml(beside)).buffer(true)
    const asJson = (value: object) => comparable(parse(stringifyJson({ ...value, data: undefined })), server.base)
    assert.deepEqual(asJson(parseJson(stored) as object), asJson(beside))
  })
}

/** Without what the server sets: versionId and lastUpdated; attachment URLs made absolute by it are relative again. */
function comparable(value: unknown, base: string): unknown {
  const { meta, ...rest } = value as { meta?: Record<string, unknown> }
  const { versionId: _versionId, lastUpdated: _lastUpdated, ...kept } = meta ?? {}
  const plain = JSON.stringify({ ...rest, ...(Object.keys(kept).length > 0 ? { meta: kept } : {}) }, numbersAsText)
  return JSON.parse(plain.replaceAll(`${base}/Binary/`, 'Binary/').replace(/\s+(?=")/g, ''))
}

/** `1.0` and `1.00` are different decimals in FHIR, so they are compared as written. */
function numbersAsText(_key: string, value: unknown): unknown {
  const isNumber = typeof value === 'object' && value !== null && 'isLosslessNumber' in value
  return isNumber ? `number ${String(value)}` : value
}

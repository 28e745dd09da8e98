import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectRoot } from '../../src/project-root.ts'
import { sections } from '../smart/assertions.ts'
import { asvsList, requirements } from '../smart/asvs.ts'
import { assertionList, withPart } from '../support/readme-list.ts'
import { none, sourceFiles } from './source-files.ts'

const tests = sourceFiles('test').filter(({ path }) => path.endsWith('.test.ts') && path.includes('smart/'))
const text = tests.map((file) => file.text).join('\n')
const readme = readFileSync(join(projectRoot, 'test/smart/README.md'), 'utf8')
const rows = sections.flatMap(({ assertions }) => assertions)

/** `[id, id]` at the end of a title; a template may put the id in. */
const named = new Set([...text.matchAll(/ \[([\w, ${}]+)\]['`"]/g)].flatMap(([, ids]) => ids!.split(', ')))
/** Titles that are made from a table hold the id in the table. */
const quoted = (id: string) => text.includes(`'${id}'`)

test('every assertion of the test kits is named by a test, unless it does not apply', () => {
  none(rows.filter(({ id, notApplicable }) => !notApplicable && !named.has(id) && !quoted(id)).map(({ id }) => id))
})

test('every id that a test names is an assertion of the table, once', () => {
  const known = rows.map(({ id }) => id)
  none([...named].filter((id) => !id.includes('${') && !known.includes(id)))
  assert.equal(new Set(known).size, known.length)
})

test('README.md in test/smart holds the list of assertions (npm run test:smart -- --write)', () => {
  assert.equal(
    readme,
    withPart(
      readme,
      'assertions',
      assertionList(sections, () => 'pass'),
    ),
  )
})

test('the list of OWASP’s requirements in README.md is that of the table, and the tests that it names are there', () => {
  assert.equal(readme, withPart(readme, 'asvs', asvsList()))
  assert.equal(new Set(requirements.map(({ number }) => number)).size, requirements.length)
  none(
    requirements.flatMap(({ number, proof }) => {
      if (!proof) return []
      const [file, title] = proof
      return readFileSync(join(projectRoot, 'test', file), 'utf8').includes(title)
        ? []
        : [`${number}: ${file}: ${title}`]
    }),
  )
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../src/project-root.ts'
import { sections } from '../sharing/assertions.ts'
import { assertionList, withPart } from '../support/readme-list.ts'
import { none, sourceFiles } from './source-files.ts'

const tests = sourceFiles('test').filter(({ path }) => path.endsWith('.test.ts') && /(?:sharing|faults)\//.test(path))
const rows = sections.flatMap(({ assertions }) => assertions)
const named = new Set(
  tests
    .flatMap(({ text }) => [...text.matchAll(/['`"]((?:[A-Z]+-\d+(?:, )?)+): /g)])
    .flatMap(([, ids]) => ids!.split(', ')),
)

test('every row of the design is named by a test, unless it says what is missing', () => {
  none(rows.filter(({ id, notDone }) => (notDone === undefined) !== named.has(id)).map(({ id }) => id))
})

test('every id that a test of sharing names is a row of the design, once', () => {
  const known = rows.map(({ id }) => id)
  none([...named].filter((id) => !known.includes(id)))
  assert.equal(new Set(known).size, known.length)
})

test('README.md in test/sharing holds the list (npm run test:sharing -- --write)', () => {
  const readme = readFileSync(join(projectRoot, 'test/sharing/README.md'), 'utf8')
  assert.equal(
    readme,
    withPart(
      readme,
      'assertions',
      assertionList(sections, () => 'pass'),
    ),
  )
})

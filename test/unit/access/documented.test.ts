import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../../src/project-root.ts'

const folder = join(projectRoot, 'src/access')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')

test('every judge of elements, and every element that it names, stands in the table of src/access/README.md', () => {
  const judges = readdirSync(folder).filter((name) => /^judge-.*\.ts$/.test(name))
  assert.ok(judges.length > 5)
  for (const judge of judges) {
    const rows = readme.split('\n').filter((line) => line.includes(`\`${judge}\``))
    assert.ok(rows.length > 0, `${judge} is in no row`)
    // What stands in its tables as `Type: ['element', …]` or as an expression of a refusal.
    const source = readFileSync(join(folder, judge), 'utf8')
    const named = [...source.matchAll(/^ {2}[A-Z]\w+: (?:\[(.+)\]|\{ element: ('\w+'))/gm)].flatMap(([, list, one]) =>
      (list ?? one!).split(', ').map((text) => text.replaceAll("'", '')),
    )
    const refused = [...source.matchAll(/expression: '[A-Z]\w+\.(\w+)'/g)].map(([, element]) => element!)
    for (const element of [...named, ...refused].filter((name) => name !== 'code')) {
      assert.match(rows.join('\n'), new RegExp(`\\b${element}\\b`), `${element}, of ${judge}`)
    }
  }
})

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../src/project-root.ts'
import { none } from './source-files.ts'
import { statements, unproved } from './public-statements.ts'

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
const flowing = (text: string) => text.replaceAll(/\s+/g, ' ')
const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  engines: { node: string }
  scripts: Record<string, string>
}

/** The sentences of README.md; headings, code and tables left out, which have tests of their own. */
function sentences(): string[] {
  const prose = readme
    .replaceAll(/```[\s\S]*?```/g, '\n\n')
    .replaceAll(/^(#|\||<!--).*$/gm, '')
    .split(/\n{2,}/)
    .map((paragraph) => flowing(paragraph).trim())
  return prose.flatMap((paragraph) => paragraph.split(/(?<=[.;])\s+(?=[A-Z`])/)).filter((text) => text !== '')
}

test('every sentence of README.md has its test, or a reason why it has none', () => {
  const known = [...statements.map(([sentence]) => sentence), ...Object.keys(unproved)]
  none(sentences().filter((sentence) => !known.some((one) => sentence.includes(one))))
})

test('every statement still stands in README.md, and its test is there', () => {
  none(
    statements
      .filter(([sentence, file, title]) => {
        const path = join(projectRoot, 'test', file)
        return !flowing(readme).includes(sentence) || !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
      })
      .map(([sentence, file, title]) => `${sentence} – ${file}: ${title}`),
  )
  none(Object.keys(unproved).filter((sentence) => !flowing(readme).includes(sentence)))
})

test('Node 20.19 is what package.json asks for', () => {
  assert.equal(manifest.engines.node, '>=20.19')
})

test('every command that README.md names is a script of package.json', () => {
  const named = [...readme.matchAll(/npm (?:run )?([a-z]+(?::[a-z]+)?)/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'ci')
  assert.ok(named.length > 8)
  none(named.filter((name) => manifest.scripts[name] === undefined))
})

test('every folder and page that README.md leads to is there', () => {
  const paths = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path!)
  assert.ok(paths.length >= 4)
  none(paths.filter((path) => !existsSync(join(projectRoot, path))))
})

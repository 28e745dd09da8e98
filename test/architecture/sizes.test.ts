import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import ts from 'typescript'
import { none, sourceFiles } from './source-files.ts'

const sources = sourceFiles('src').map((file) => ({ ...file, lines: file.text.trimEnd().split('\n').length }))

describe('sizes', () => {
  test('no source file has more than 400 lines', () => {
    none(sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines} lines`))
  })

  test('half of the source files have 100 lines or less', () => {
    const sorted = sources.map(({ lines }) => lines).sort((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)]!
    assert.ok(median <= 100, `the median is ${median} lines`)
  })

  test('no function has more than 60 lines of its own, those of the functions inside not counted', () => {
    none(
      sources.flatMap(({ path, text }) =>
        functionsOf(text)
          .filter(({ lines }) => lines > 60)
          .map(({ name, lines }) => `${path}: ${name} has ${lines} lines`),
      ),
    )
  })
})

/** Every function of a source text with its own lines: a factory is not long because the functions it makes are many. */
function functionsOf(text: string): { name: string; lines: number }[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true)
  const found: { name: string; lines: number }[] = []
  const visit = (node: ts.Node): number => {
    let inside = 0
    ts.forEachChild(node, (child) => {
      inside += visit(child)
    })
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return inside
    const from = source.getLineAndCharacterOfPosition(node.getStart(source)).line
    const to = source.getLineAndCharacterOfPosition(node.getEnd()).line
    const span = to - from + 1
    found.push({ name: node.name?.getText(source) ?? `the function at line ${from + 1}`, lines: span - inside })
    return span
  }
  visit(source)
  return found
}

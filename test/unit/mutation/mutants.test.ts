import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../../src/project-root.ts'
import { areas, harmless } from '../../mutation/areas.ts'
import { listMutants, sourcesIn, testFiles } from '../../mutation/list-mutants.ts'
import { type Kind, mutantsOf } from '../../mutation/mutants.ts'

/** What is left of the text, without the blanks, for each mutant of the kind. */
function without(kind: Kind, text: string): string[] {
  return mutantsOf(text, [kind]).map((mutant) => mutant.text.replace(/\s+/g, ' ').trim())
}

describe('what is taken out of a source', () => {
  const cases: readonly [kind: Kind, text: string, left: readonly string[]][] = [
    ['clause', 'f(and(a, or(b)))', ['f(and(or(b)))', 'f(and(a))', 'f(and(a, or()))']],
    ['clause', 'band(a, b)', []],
    ['operand', 'if (a && b) go()', ['if ((b)) go()', 'if ((a)) go()']],
    ['operand', 'type A = 1 | 2; let a = b ?? c', []],
    ['arm', 'const a = b ? c : d', ['const a = (d)', 'const a = (c)']],
    ['guard', 'if (a) throw b; else c', []],
    ['guard', 'if (a) { tell(); throw b }', [';']],
    ['guard', 'for (const a of b) if (a) continue', ['for (const a of b) ;']],
    ['refusal', 'if (a) throw b', []],
    ['refusal', 'if (a) { throw b }', []],
    ['refusal', 'try { a() } catch (error) { throw error }', []],
    ['refusal', 'function a() { throw b }', ['function a() { ; }']],
    ['call', 'refuse(a); await check(b)', ['; await check(b)', 'refuse(a); ;']],
    ['call', 'const a = check(b); a.add(b)', []],
    ['case', 'switch (a) { case 1: return b; default: return c }', ['switch (a) { default: return c }']],
    ['case', 'switch (a) { case 1: return b }', []],
    ['filter', 'a.filter(b).map(c)', ['a.map(c)']],
    ['row', "const a = [['C', all], ['R', none]]", ["const a = [['R', none]]", "const a = [['C', all]]"]],
    ['row', 'const a = new Set([b])', ['const a = new Set([])']],
    ['row', 'const [a] = b; throw new Refusal([c])', []],
  ]
  for (const [kind, text, left] of cases) {
    test(`${kind} of ${text}: ${left.length === 0 ? 'nothing' : left.join(' | ')}`, () => {
      assert.deepEqual(without(kind, text), left)
    })
  }

  test('a transaction: its work runs, and each of its statements stands for itself', () => {
    const [mutant] = mutantsOf('store.transaction(async (tx) => tx.query(a))', ['transaction'])
    assert.match(mutant!.text, /^unprotected\(store, async \(tx\) => tx\.query\(a\)\)\n+async function unprotected/)
    assert.deepEqual(mutantsOf('createTransaction(a); b.transaction', ['transaction']), [])
  })

  test('each says its line, and what is missing', () => {
    const [mutant] = mutantsOf('const a = 1\nconst b = and(\n  c,\n  d)', ['clause'])
    assert.deepEqual([mutant?.kind, mutant?.line, mutant?.out], ['clause', 3, 'c'])
  })
})

describe('the table of what is tried', () => {
  test('names sources that are there, something in each area to take out, and tests that are there', () => {
    for (const { name, sources, tests } of areas) {
      assert.ok(sources.flatMap(sourcesIn).length > 0 && tests.flatMap(testFiles).length > 0, name)
      assert.ok(listMutants({ areas: [name] }).length > 0, name)
    }
  })

  test('has every file that decides access', () => {
    const tried = new Set(areas.flatMap(({ sources }) => sources.flatMap(sourcesIn)))
    const undeciding = ['access', 'authorship', 'kinds', 'phrases', 'principal', 'resource-class']
    const missing = sourcesIn('src/access/').filter((file) => !tried.has(file))
    assert.deepEqual(
      missing,
      undeciding.map((name) => `src/access/${name}.ts`),
    )
  })

  test('has every transaction', () => {
    const tried = new Set(
      areas.filter(({ kinds }) => kinds.includes('transaction')).flatMap(({ sources }) => sources.flatMap(sourcesIn)),
    )
    const begins = (file: string) =>
      mutantsOf(readFileSync(join(projectRoot, file), 'utf8'), ['transaction']).length > 0
    assert.deepEqual(
      sourcesIn('src/').filter((file) => begins(file) && !tried.has(file)),
      [],
    )
  })

  test('has every file of sharing in which something can be taken out, once', () => {
    const wanted: readonly Kind[] = ['clause', 'guard', 'refusal', 'transaction']
    const decides = (file: string) => mutantsOf(readFileSync(join(projectRoot, file), 'utf8'), wanted).length > 0
    const tried = areas.filter(({ name }) => name.startsWith('sharing: ')).flatMap(({ sources }) => sources)
    assert.deepEqual(tried.toSorted(), sourcesIn('src/sharing/').filter(decides))
  })

  test('knows as harmless only what is still there', () => {
    const found = listMutants({}).filter((mutant) => mutant.harmless !== undefined)
    for (const { file, kind, out } of harmless) {
      assert.ok(
        found.some((mutant) => mutant.file === file && mutant.kind === kind && mutant.out.startsWith(out)),
        `${file} ${kind} ${out}`,
      )
    }
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { cruise } from 'dependency-cruiser'
import type { ICruiseResult } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { projectRoot } from '../../src/project-root.ts'
import { rooms, rules } from './dependency-cruiser.ts'
import { none, sourceFiles } from './source-files.ts'

let seen: ICruiseResult

before(async () => {
  seen = await cruiseSource(projectRoot)
})

/** The modules below the `src/` of a folder and the rules that they break; types count as imports. */
async function cruiseSource(baseDir: string): Promise<ICruiseResult> {
  const tsConfig = extractTSConfig(join(projectRoot, 'tsconfig.json'))
  const { output } = await cruise(
    ['src'],
    {
      baseDir,
      ruleSet: rules,
      validate: true,
      tsPreCompilationDeps: true,
      moduleSystems: ['es6'],
      doNotFollow: { path: 'node_modules' },
    },
    { extensions: ['.ts', '.js', '.d.ts', '.json'], conditionNames: ['import', 'node', 'types', 'default'] },
    { tsConfig },
  )
  assert.ok(typeof output !== 'string')
  return output
}

function violations({ summary }: ICruiseResult): string[] {
  return summary.violations.map(
    ({ rule, from, to, cycle }) =>
      `${rule.name}: ${from} -> ${cycle ? cycle.map(({ name }) => name).join(' -> ') : to}`,
  )
}

function modules(): ICruiseResult['modules'] {
  return seen.modules.filter(({ source }) => source.startsWith('src/'))
}

describe('the rules of the house', () => {
  const wrong: Record<string, { broken: RegExp; files: Record<string, string> }> = {
    'a type from a room above': {
      broken: /^room-fhir: src\/fhir\/a\.ts -> src\/search\/b\.ts$/m,
      files: { 'fhir/a': `export type { B } from '../search/b.ts'`, 'search/b': 'export type B = 1' },
    },
    'a file in a folder of another room': {
      broken: /^private-folders: src\/search\/a\.ts -> src\/fhir\/deep\/b\.ts$/m,
      files: { 'search/a': `export * from '../fhir/deep/b.ts'`, 'fhir/deep/b': 'export const b = 1' },
    },
    'a library that is at home elsewhere': {
      broken: /^libraries-interactions: src\/interactions\/a\.ts -> \S*node_modules\/knex\/knex\.js$/m,
      files: { 'interactions/a': `import type { Knex } from 'knex'\nexport type A = Knex` },
    },
    'a test tool': {
      broken: /^declared: src\/http\/a\.ts -> \S*node_modules\/supertest\/index\.js$/m,
      files: { 'http/a': `import supertest from 'supertest'\nexport const a = supertest` },
    },
    'a file system in a pure room': {
      broken: /^pure-rooms: src\/search\/a\.ts -> fs$/m,
      files: { 'search/a': `import { readFileSync } from 'node:fs'\nexport const a = readFileSync` },
    },
    'the settings inside a room': {
      broken: /^settings-by-argument: src\/store\/a\.ts -> src\/config\.ts$/m,
      files: { 'store/a': `export type { S } from '../config.ts'`, config: 'export type S = 1' },
    },
    'a cycle of types': {
      broken: /^no-cycles: src\/fhir\/a\.ts -> src\/fhir\/b\.ts -> src\/fhir\/a\.ts$/m,
      files: {
        'fhir/a': `import type { B } from './b.ts'\nexport type A = B | 1`,
        'fhir/b': `import type { A } from './a.ts'\nexport type B = A | 2`,
      },
    },
    'a file that nothing leads to': {
      broken: /^no-dead-files: src\/fhir\/a\.ts -> src\/fhir\/a\.ts$/m,
      files: { 'fhir/a': `export * from './b.ts'`, 'fhir/b': 'export const b = 1', main: 'export const main = 1' },
    },
  }
  for (const [title, { broken, files }] of Object.entries(wrong)) {
    test(`refuse ${title}`, async (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'rooms-'))
      context.after(() => rmSync(folder, { recursive: true }))
      for (const name of ['node_modules', 'package.json']) symlinkSync(join(projectRoot, name), join(folder, name))
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, 'src', name)), { recursive: true })
        writeFileSync(join(folder, 'src', `${name}.ts`), text)
      }
      assert.match(violations(await cruiseSource(folder)).join('\n'), broken)
    })
  }
})

describe('the rooms of the house', () => {
  test('obey the map: directions, homes of libraries, private folders, no cycle, no dead file', () => {
    none(violations(seen))
  })

  // With a compiler it does not know dependency-cruiser reads no module at all and reports success.
  test('are all seen: as many modules as there are TypeScript files', () => {
    const typescript = modules().filter(({ source }) => source.endsWith('.ts'))
    assert.deepEqual(
      typescript.map(({ source }) => source).sort(),
      sourceFiles('src').map(({ path }) => path),
    )
  })

  test('are seen with their type imports', () => {
    const seams = modules().find(({ source }) => source === 'src/store/store.ts')
    assert.ok(seams?.dependencies.some(({ resolved }) => resolved === 'src/search/clause.ts'))
  })

  test('are the ones of the map, and nothing else stands under src/', () => {
    const folders = readdirSync(join(projectRoot, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    assert.deepEqual(folders.sort(), [...Object.keys(rooms), 'commands', 'config'].sort())
    const files = sourceFiles('src').filter(({ path }) => !/^src\/.+\//.test(path))
    assert.deepEqual(
      files.map(({ path }) => path),
      ['src/compose.ts', 'src/config.ts', 'src/main.ts', 'src/project-root.ts'],
    )
  })
})

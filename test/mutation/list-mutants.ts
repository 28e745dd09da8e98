import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../src/project-root.ts'
import { type Area, areas, harmless } from './areas.ts'
import { type Mutant, mutantsOf } from './mutants.ts'

export interface Listed extends Mutant {
  readonly area: string
  /** Below the project's root. */
  readonly file: string
  readonly title: string
  /** Test files below `test/`. */
  readonly tests: readonly string[]
  /** Why it makes no difference, where that is known. */
  readonly harmless?: string | undefined
}

interface Chosen {
  readonly areas?: readonly string[] | undefined
  readonly only?: readonly string[] | undefined
  readonly tests?: readonly string[] | undefined
}

export function listMutants({ areas: names, only, tests }: Chosen): Listed[] {
  return areas
    .filter(({ name }) => names === undefined || names.includes(name))
    .flatMap((area) => mutantsIn({ ...area, tests: tests ?? area.tests }))
    .filter(({ title }) => only === undefined || only.some((text) => title.includes(text)))
}

function mutantsIn({ name, sources, kinds, tests }: Area): Listed[] {
  const files = [...new Set(tests.flatMap((one) => testFiles(one)))]
  return sources.flatMap(sourcesIn).flatMap((file) =>
    mutantsOf(readFileSync(join(projectRoot, file), 'utf8'), kinds).map((mutant) => {
      const { kind, line, out } = mutant
      const known = harmless.find((one) => one.file === file && one.kind === kind && out.startsWith(one.out))
      const title = `${file}:${line} ${kind} ${out.length > 120 ? `${out.slice(0, 117)}…` : out}`
      return { ...mutant, area: name, file, title, tests: files, harmless: known?.why }
    }),
  )
}

export function sourcesIn(source: string): string[] {
  if (!source.endsWith('/')) return [source]
  return readdirSync(join(projectRoot, source), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => source + name.replaceAll('\\', '/'))
}

export function testFiles(chosen: string): string[] {
  const named = join(projectRoot, 'test', chosen)
  if (!existsSync(named)) throw new Error(`There is no test/${chosen}.`)
  if (statSync(named).isFile()) return [chosen]
  return readdirSync(named, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(chosen, name))
}

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import process from 'node:process'

/**
 * Compiles the folders that are named (`src migrations test`) to `dist/`: file by file, without a look at types, and only
 * what changed, so that a start waits for no more than it needs. `npm run check` is where types are checked.
 */
const root = join(import.meta.dirname, '..', '..')
const dist = join(root, 'dist')
const config = join(root, 'tsconfig.json')

/** As esbuild writes it: `from "./read.ts"`, `import("./read.ts")`. */
const relativeImport = /(\b(?:from|import)[ (]?"\.{1,2}\/[^"\n]*)\.ts"/g

const sourcesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => extname(file) === '.ts')

const outputOf = (source) => join(dist, relative(root, source)).replace(/\.ts$/, '.js')
const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

const folders = process.argv.slice(2).map((name) => join(root, name))
const sources = folders.flatMap(sourcesIn)
const since = Math.max(timeOf(config), timeOf(import.meta.filename), timeOf(join(root, 'package-lock.json')))
const stale = sources.filter((source) => timeOf(outputOf(source)) <= Math.max(timeOf(source), since))
removeOutputsWithoutSource()
if (stale.length > 0) await compile(stale)

/** esbuild takes the types out (a hundred times quicker than tsc); what is left names its neighbours by their built names. */
async function compile(files) {
  const { transform } = await import('esbuild')
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } }
  await Promise.all(
    files.map(async (sourcefile) => {
      const text = readFileSync(sourcefile, 'utf8')
      const { code } = await transform(text, { loader: 'ts', sourcefile, target: 'node20', tsconfigRaw })
      const output = outputOf(sourcefile)
      mkdirSync(dirname(output), { recursive: true })
      writeFileSync(output, code.replace(relativeImport, '$1.js"'))
    }),
  )
}

/** A test that was removed must not run on, nor a migration. */
function removeOutputsWithoutSource() {
  const wanted = new Set(sources.map(outputOf))
  for (const folder of folders) {
    const built = join(dist, relative(root, folder))
    if (timeOf(built) === 0) continue
    for (const name of readdirSync(built, { recursive: true })) {
      const file = join(built, name)
      if (extname(file) === '.js' && !wanted.has(file)) rmSync(file)
    }
  }
}

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { projectRoot } from '../../src/project-root.ts'

/** A copy of what was built, in which single files are built anew; everything else of the project is linked. */
export interface Copy {
  readonly root: string
  /** What the databases of its tests are called. */
  readonly prefix: string
  /** Builds `text` in the place of the source file, which is named below the project's root. */
  put(source: string, text: string): Promise<void>
  /** As it was. */
  restore(source: string): void
  remove(): void
}

export function copyOfBuild(slot: number): Copy {
  const root = mkdtempSync(join(tmpdir(), 'chartshare-mutation-'))
  for (const name of readdirSync(projectRoot)) {
    if (name !== '.git' && !name.startsWith('dist')) symlinkSync(join(projectRoot, name), join(root, name))
  }
  for (const name of ['dist', 'tmp']) mkdirSync(join(root, name))
  cpSync(join(projectRoot, 'dist'), join(root, 'dist'), { recursive: true })
  const built = (source: string) => join(root, 'dist', source.replace(/\.ts$/, '.js'))
  const originals = new Map<string, string>()
  return {
    root,
    prefix: `chartshare_test_${process.pid}_${slot}`,
    async put(source, text) {
      if (!originals.has(source)) originals.set(source, readFileSync(built(source), 'utf8'))
      writeFileSync(built(source), await compiled(text, source))
    },
    restore(source) {
      writeFileSync(built(source), originals.get(source)!)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** As commands/build.js does it. */
async function compiled(text: string, sourcefile: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } }
  const { code } = await transform(text, { loader: 'ts', sourcefile, target: 'node20', tsconfigRaw })
  return code.replace(/(\b(?:from|import)[ (]?"\.{1,2}\/[^"\n]*)\.ts"/g, '$1.js"')
}

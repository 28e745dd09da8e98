import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../src/project-root.ts'
import type { TestResult } from '../run.ts'
import { assertionList, idsOfTitle, withPart } from './readme-list.ts'
import type { Outcome, Section } from './readme-list.ts'

interface List {
  /** Below `test/`; its README.md holds the list between the markers `assertions`. */
  readonly folder: string
  readonly sections: readonly Section[]
  /** Other parts of that README, by their markers. */
  readonly parts?: Readonly<Record<string, string>>
}

/**
 * Runs the tests of a folder and prints what they assert, by id, with pass, fail or why not. The process fails when one fails
 * or has no test, and when the README tells another list; `--write` writes it there.
 */
export function reportList({ folder, sections, parts = {} }: List): void {
  const { results, status } = resultsOfRun(folder)
  const outcomes = new Map<string, Outcome>()
  for (const { title, outcome } of results) {
    for (const id of idsOfTitle(title)) {
      if (outcome === 'failed') outcomes.set(id, 'fail')
      else if (outcome === 'passed' && !outcomes.has(id)) outcomes.set(id, 'pass')
    }
  }
  const list = assertionList(sections, ({ id }) => outcomes.get(id) ?? 'not run')
  console.log(`\n${list.replaceAll(/[*`]/g, '')}`)

  const path = join(projectRoot, 'test', folder, 'README.md')
  const readme = readFileSync(path, 'utf8')
  const fresh = Object.entries({ assertions: list, ...parts }).reduce((text, part) => withPart(text, ...part), readme)
  const write = process.argv.includes('--write')
  if (write) writeFileSync(path, fresh)
  else if (fresh !== readme)
    console.error(`\ntest/${folder}/README.md tells another list: npm run test:${folder} -- --write`)
  const bad = /^- (?:fail|not run): /m.test(list)
  process.exitCode = status !== 0 || bad || (fresh !== readme && !write) ? 1 : 0
}

function resultsOfRun(folder: string): { results: TestResult[]; status: number } {
  const results = mkdtempSync(join(tmpdir(), `chartshare-${folder}-`))
  const file = join(results, 'results.json')
  try {
    const run = join(import.meta.dirname, '..', 'run.js')
    const { status } = spawnSync(process.execPath, [run, folder, `--results=${file}`], { stdio: 'inherit' })
    return { results: JSON.parse(readFileSync(file, 'utf8')) as TestResult[], status: status ?? 1 }
  } finally {
    rmSync(results, { recursive: true, force: true })
  }
}

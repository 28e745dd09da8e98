/**
 * `npm run test:smart`: runs the tests of the authorization server, and prints what the test kits assert with pass, fail or not
 * applicable. Fails when one fails or has no test, and when README.md here tells another list; `--write` writes it there.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../src/project-root.ts'
import type { TestResult } from '../run.ts'
import { sections } from './assertions.ts'
import { asvsList } from './asvs.ts'
import { assertionList, idsOfTitle, type Outcome, withPart } from './readme.ts'

function resultsOfRun(): { results: TestResult[]; status: number } {
  const folder = mkdtempSync(join(tmpdir(), 'chartshare-smart-'))
  const file = join(folder, 'results.json')
  try {
    const run = join(import.meta.dirname, '..', 'run.js')
    const { status } = spawnSync(process.execPath, [run, 'smart', `--results=${file}`], { stdio: 'inherit' })
    return { results: JSON.parse(readFileSync(file, 'utf8')) as TestResult[], status: status ?? 1 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const { results, status } = resultsOfRun()
const outcomes = new Map<string, Outcome>()
for (const { title, outcome } of results) {
  for (const id of idsOfTitle(title)) {
    if (outcome === 'failed') outcomes.set(id, 'fail')
    else if (outcome === 'passed' && !outcomes.has(id)) outcomes.set(id, 'pass')
  }
}
const list = assertionList(sections, ({ id }) => outcomes.get(id) ?? 'not run')
console.log(`\n${list.replaceAll(/[*`]/g, '')}`)

const path = join(projectRoot, 'test/smart/README.md')
const readme = readFileSync(path, 'utf8')
const fresh = withPart(withPart(readme, 'assertions', list), 'asvs', asvsList())
if (process.argv.includes('--write')) writeFileSync(path, fresh)
else if (fresh !== readme) console.error('\ntest/smart/README.md tells another list: npm run test:smart -- --write')
const bad = /^- (?:fail|not run): /m.test(list)
process.exitCode = status !== 0 || bad || (fresh !== readme && !process.argv.includes('--write')) ? 1 : 0

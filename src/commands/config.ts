/**
 * `npm run config`: every setting with the value in force. `-- --readme` writes the same table, with the defaults, into
 * README.md between its markers.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeConfig } from '../config.ts'
import { projectRoot } from '../project-root.ts'
import { readmeWithSettings, settingsInForce } from './settings-table.ts'

if (process.argv.includes('--readme')) {
  const readme = join(projectRoot, 'README.md')
  writeFileSync(readme, readmeWithSettings(readFileSync(readme, 'utf8')))
} else {
  const { rows, problems } = describeConfig()
  console.log(settingsInForce(rows))
  for (const problem of problems) console.error(`! ${problem}`)
  if (problems.length > 0) process.exitCode = 1
}

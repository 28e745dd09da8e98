import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readmeWithSettings, settingsInForce, settingsMarkdown } from '../../../src/commands/settings-table.ts'
import { describeConfig } from '../../../src/config.ts'
import { variables } from '../../../src/config/variables.ts'
import { projectRoot } from '../../../src/project-root.ts'

test('the table in README.md is the table of settings (npm run config -- --readme writes it)', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  assert.equal(readme, readmeWithSettings(readme))
})

test('every variable has a line with its default and its meaning', () => {
  for (const name of Object.keys(variables)) assert.match(settingsMarkdown(), new RegExp(`^\\| \`${name}\` `, 'm'))
})

test('a README without the markers is refused, not rewritten', () => {
  assert.throws(() => readmeWithSettings('# Chartshare\n'), /<!-- settings -->/)
})

test('the printed table marks what the environment gave', () => {
  const printed = settingsInForce(describeConfig({ PORT: '9000' }).rows)
  assert.match(printed, /^PORT +9000 \* /m)
  assert.match(printed, /^LOG_LEVEL +info {2}/m)
})

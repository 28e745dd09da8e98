import { describeConfig } from '../config.ts'
import type { ConfigRow } from '../config.ts'

/** The settings for a terminal: name, value in force (`*`: given, not the default) and meaning. */
export function settingsInForce(rows: readonly ConfigRow[]): string {
  const lines = rows.map((row) => [row.name, `${row.value || '(none)'}${row.given ? ' *' : ''}`, plain(row.meaning)])
  const table = aligned(lines).map((cells) => cells.join('  ').trimEnd())
  return [...table, '', '* given in the environment; the others are defaults'].join('\n')
}

/** The settings with their defaults as a Markdown table, the same on every machine and as the formatter leaves it. */
export function settingsMarkdown(): string {
  const heads = ['Variable', 'Default', 'Meaning']
  const rows = describeConfig({}).rows.map((row) => [
    `\`${row.name}\``,
    row.default ? `\`${row.default}\`` : '',
    row.meaning,
  ])
  const [head, ...body] = aligned([heads, ...rows])
  const rule = head!.map((cell) => '-'.repeat(cell.length))
  return [head!, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const section = /(<!-- settings -->\n)[\s\S]*?(\n<!-- \/settings -->)/

/** The README with the table of today between `<!-- settings -->` and `<!-- /settings -->`. */
export function readmeWithSettings(readme: string): string {
  if (!section.test(readme)) throw new Error('README.md lacks the lines <!-- settings --> and <!-- /settings -->')
  return readme.replace(section, (_, start: string, end: string) => `${start}\n${settingsMarkdown()}\n${end}`)
}

/** Every cell padded to the width of its column. */
function aligned(lines: readonly (readonly string[])[]): string[][] {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column]!)))
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '')
}

/** A table for a terminal, which Markdown reads as well. */
export function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const all = [head, ...lines].map((line) => line.map(String))
  const widths = head.map((_, n) => Math.max(...all.map((line) => line[n]!.length)))
  const row = (line: readonly string[]) => `| ${line.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`
  return [row(all[0]!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...all.slice(1).map(row)].join(
    '\n',
  )
}

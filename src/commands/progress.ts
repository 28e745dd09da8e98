import type { WriteStream } from 'node:tty'

/** Says how far a long command is: one redrawn bar on a terminal, a plain line now and then elsewhere. */
export interface Progress {
  /** `done` of `total`, in any one unit; `text` says it for people. */
  show(done: number, total: number, text: string): void
  /** Something that must stay readable, above the bar. */
  say(line: string): void
  end(): void
}

type Output = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }

const barWidth = 24
const redrawEvery = 100
const plainLineEvery = 5_000

export function createProgress(out: Output, now: () => number = Date.now): Progress {
  return out.isTTY ? bar(out, now) : plainLines(out, now)
}

function bar(out: Output, now: () => number): Progress {
  let drawnAt = 0
  let drawn = ''
  const draw = (line: string) => {
    out.write(`\r\u001b[2K${line}`)
    drawn = line
  }
  return {
    show(done, total, text) {
      if (now() - drawnAt < redrawEvery && done < total) return
      drawnAt = now()
      const filled = Math.round(barWidth * fraction(done, total))
      const line = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${percent(done, total)} ${text}`
      draw(line.slice(0, (out.columns ?? 80) - 1))
    },
    say(line) {
      const before = drawn
      draw('')
      out.write(`${line}\n`)
      if (before) draw(before)
    },
    end() {
      if (drawn) out.write('\n')
      drawn = ''
    },
  }
}

function plainLines(out: Output, now: () => number): Progress {
  let saidAt = now()
  let said = ''
  return {
    show(done, total, text) {
      const line = `${percent(done, total)} ${text}\n`
      if (line === said || (now() - saidAt < plainLineEvery && done < total)) return
      saidAt = now()
      said = line
      out.write(line)
    },
    say(line) {
      out.write(`${line}\n`)
    },
    end() {},
  }
}

function fraction(done: number, total: number): number {
  return total > 0 ? Math.min(1, done / total) : 1
}

function percent(done: number, total: number): string {
  return `${Math.floor(100 * fraction(done, total))} %`.padStart(5)
}

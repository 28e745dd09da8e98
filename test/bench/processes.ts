import { existsSync, readFileSync, readdirSync } from 'node:fs'

/** What processes use, from /proc: on other systems than Linux nothing is known. */
export const canMeasureProcesses = existsSync('/proc/self/stat')

const millisecondsPerTick = 10

/** CPU time of a process and its descendants since each began, in ms; of those that ended, as their parents inherited it. */
export function cpuTime(pid: number): number {
  if (!canMeasureProcesses) return Number.NaN
  const children = new Map<number, number[]>()
  const ticks = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (!stat) continue
    ticks.set(stat.pid, stat.ticks)
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat.pid])
  }
  const family = [pid]
  for (let n = 0; n < family.length; n++) family.push(...(children.get(family[n]!) ?? []))
  return family.reduce((sum, member) => sum + (ticks.get(member) ?? 0), 0) * millisecondsPerTick
}

/**
 * CPU time of the whole machine since its start, and what of it a virtual machine wanted and its host gave to others, in ticks:
 * https://man7.org/linux/man-pages/man5/proc_stat.5.html. Nothing where that is not known.
 */
export function machineTime(): { all: number; stolen: number } {
  if (!canMeasureProcesses) return { all: 0, stolen: 0 }
  const [line] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
  // user nice system idle iowait irq softirq steal; what guests used is part of the first two.
  const ticks = line!.split(/ +/).slice(1, 9).map(Number)
  return { all: ticks.reduce((sum, each) => sum + each, 0), stolen: ticks[7] ?? 0 }
}

/** Resident memory in MB (2^20). */
export function residentMemory(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
  } catch {
    return Number.NaN
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: fields 4 and 14 to 17. */
function statOf(pid: number): { pid: number; parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in brackets, may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    return { pid, parent: fields[1]!, ticks: fields[11]! + fields[12]! + fields[13]! + fields[14]! }
  } catch {
    return undefined
  }
}

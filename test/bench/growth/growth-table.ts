import { table } from '../text-table.ts'
import { type Class, classes } from './classes.ts'
import type { Measured } from './measure-growth.ts'
import type { Grown } from './run-growth.ts'

/** What a selective search may read more of ten times as many resources: a level of each index that it goes down. */
const mostGrowth = 1.5

/** A class and a caller over all sizes. */
export interface Curve {
  readonly class: Class
  readonly points: readonly Measured[]
  readonly factor: number
  readonly fails: boolean
  readonly verdict: string
}

export function curvesOf(grown: readonly Grown[]): Curve[] {
  return grown[0]!.measured.map(({ name, caller }) => {
    const points = grown.map(({ measured }) => measured.find((one) => one.name === name && one.caller === caller)!)
    const one = classes.find((candidate) => candidate.name === name)!
    const [first, last] = [points[0]!, points.at(-1)!]
    // Against the better of the two ways, so that a whole table that is read at first hides no growth and makes none.
    const factor = last.buffers / Math.min(first.buffers, first.byIndex)
    if (!one.selective)
      return { class: one, points, factor, fails: false, verdict: factor > mostGrowth ? 'grows' : 'flat' }
    const wrongs = [
      ...(factor > mostGrowth ? [`above ${mostGrowth}`] : []),
      ...(last.sequential.length > 0 ? ['reads a whole table'] : []),
    ]
    return { class: one, points, factor, fails: wrongs.length > 0, verdict: wrongs.join(', ').toUpperCase() || 'ok' }
  })
}

/** Two tables: what must not grow, and what does by nature, with what would bend it. */
export function growthTable(grown: readonly Grown[]): string {
  const curves = curvesOf(grown)
  const sizes = grown.map(({ resources }) => resources.toLocaleString('en'))
  const head = ['buffers at', 'caller', ...sizes, 'factor', 'reads whole tables', '']
  const lines = (selective: boolean) => curves.filter((curve) => curve.class.selective === selective).map(lineOf)
  const bends = classes.flatMap(({ name, bends }) => (bends === undefined ? [] : [`${name}: ${bends}`]))
  return [
    `Selective: at most ${mostGrowth} times the buffers, by index`,
    table(head, lines(true)),
    'Growing by nature',
    table(head, lines(false)),
    'What would bend these',
    bends.join('\n'),
  ].join('\n\n')

  function lineOf({ class: { name }, points, factor, verdict }: Curve) {
    const cells = points.map(({ buffers, byIndex }) => (buffers === byIndex ? `${buffers}` : `${buffers} (${byIndex})`))
    const scans = points.flatMap(({ sequential }, n) =>
      sequential.length > 0 ? [`${sequential.join(', ')} at ${sizes[n]}`] : [],
    )
    return [name, points[0]!.caller, ...cells, factor.toFixed(2), scans.join('; '), verdict]
  }
}

export function growthSummary(grown: readonly Grown[]): string {
  const selective = curvesOf(grown).filter((curve) => curve.class.selective)
  const failed = selective.filter(({ fails }) => fails).length
  return `${selective.length - failed} of ${selective.length} selective searches within ${mostGrowth} times and by index alone`
}

/** Whether no selective search grows or reads a whole table. */
export function areWithin(grown: readonly Grown[]): boolean {
  return curvesOf(grown).every(({ fails }) => !fails)
}

/** The nodes that ran, for the record. */
export function plansOf(grown: readonly Grown[]): string {
  const lines = grown.flatMap(({ resources, measured }) => [
    `${resources} resources`,
    ...measured.map(
      ({ name, caller, nodes }) => `\n${name} (${caller})\n${nodes.map((node) => `  ${node}`).join('\n')}`,
    ),
    '',
  ])
  return `${lines.join('\n')}\n`
}

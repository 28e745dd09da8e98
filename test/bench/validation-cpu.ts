import process from 'node:process'
import { loadDefinitions } from '../../src/definitions/load.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { hasFullSet, r4Examples } from '../support/r4-examples.ts'
import { hasSynthea, syntheaResources } from '../support/synthea.ts'

/**
 * `node dist/test/bench/validation-cpu.js`: the CPU time that a validation takes, as a write asks for it, by type: the middle and
 * the most of all resources, in µs. The first time a type is met, when its plans are made, is not part of it.
 */
const rounds = 15
/** What is left of them after the first ones, in which the code is still being compiled, is measured batch by batch. */
const warmUp = 8
const batches = 7
/** Of each type: the middle of more says the same. */
const mostOfType = 60
const budget = 1_000

interface Measured {
  readonly name: string
  readonly microseconds: number
}

const definitions = await loadDefinitions()
const byType = new Map<string, { name: string; resource: Resource }[]>()
for (const example of [...r4Examples(), ...syntheaResources()]) {
  const { resourceType } = example.resource
  const ofType = byType.get(resourceType) ?? []
  byType.set(resourceType, ofType)
  if (ofType.length < mostOfType) ofType.push(example)
}

/** The middle of several batches: the collector and the compiler work in some of them. */
function microsecondsOf(resource: Resource): number {
  const found = Array.from({ length: batches }, () => batchOf(resource))
  return found.toSorted((a, b) => a - b)[Math.floor(batches / 2)]!
}

function batchOf(resource: Resource): number {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) definitions.validate(resource)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / rounds
}

for (let round = 0; round < warmUp; round++) {
  for (const examples of byType.values()) for (const { resource } of examples.slice(0, 5)) batchOf(resource)
}

console.log(`HL7’s examples ${hasFullSet ? '(all)' : '(those in test/fixtures; all of them with TEST_DATA)'}`)
console.log(hasSynthea ? 'and records made by Synthea\n' : '')
console.log('type                           resources  median µs    most µs')
const over: string[] = []
for (const [type, resources] of [...byType].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  const measured = resources.map(({ name, resource }): Measured => ({ name, microseconds: microsecondsOf(resource) }))
  measured.sort((a, b) => a.microseconds - b.microseconds)
  const [middle, most] = [measured[Math.floor(measured.length / 2)]!, measured.at(-1)!]
  if (middle.microseconds > budget) over.push(type)
  const figures = [resources.length, Math.round(middle.microseconds), Math.round(most.microseconds)]
  const cells = figures.map((figure) => String(figure).padStart(10))
  const largest = most.microseconds > budget ? `  ${most.name}` : ''
  console.log(`${type.padEnd(30)}${cells.join(' ')}${largest}`)
}
console.log(
  `\n${byType.size - over.length} of ${byType.size} types within ${budget} µs; above: ${over.join(', ') || 'none'}`,
)

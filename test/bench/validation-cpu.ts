import process from 'node:process'
import { loadDefinitions } from '../../src/definitions/load.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { hasFullSet, r4Examples } from '../support/r4-examples.ts'

/**
 * `node dist/test/bench/validation-cpu.js`: the CPU time that one validation takes, by type, on HL7's examples (all of them with
 * TEST_DATA), as a write asks for it. The first round, in which plans are made and FHIRPath is loaded, is told apart.
 */
const rounds = 40
const definitions = await loadDefinitions()
const byType = new Map<string, Resource[]>()
for (const { resource } of r4Examples()) {
  byType.set(resource.resourceType, [...(byType.get(resource.resourceType) ?? []), resource])
}

function millisecondsOf(resources: readonly Resource[], times: number): number {
  const before = process.cpuUsage()
  for (let round = 0; round < times; round++) for (const resource of resources) definitions.validate(resource)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / (times * resources.length)
}

console.log(hasFullSet ? 'all official examples' : 'the examples in test/fixtures (all of them with TEST_DATA)')
console.log('type                           first ms   ms')
for (const [type, resources] of [...byType].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  const first = millisecondsOf(resources, 1)
  millisecondsOf(resources, rounds)
  const warm = millisecondsOf(resources, rounds)
  console.log(`${type.padEnd(30)} ${first.toFixed(2).padStart(8)} ${warm.toFixed(3).padStart(7)}`)
}

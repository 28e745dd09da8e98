import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Definitions } from '../../src/definitions/definitions.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { projectRoot } from '../../src/project-root.ts'

/** The definitions of the server and the profiles of BALP in a folder; `remove` hears how what it makes is removed again. */
export async function definitionsWithBalp(folder: string, remove: (remove: () => void) => void): Promise<Definitions> {
  const all = mkdtempSync(path.join(tmpdir(), 'chartshare-balp-'))
  remove(() => rmSync(all, { recursive: true, force: true }))
  const own = path.join(projectRoot, 'fhir-profiles')
  for (const name of readdirSync(own)) symlinkSync(path.join(own, name), path.join(all, name))
  const target = path.join(all, 'ihe.iti.balp', 'package')
  mkdirSync(target, { recursive: true })
  const dependencies = { 'hl7.fhir.r4.core': '4.0.1' }
  writeFileSync(path.join(target, 'package.json'), JSON.stringify({ name: 'ihe.iti.balp', version: '1', dependencies }))
  for (const name of readdirSync(folder).filter((one) => /^(StructureDefinition|ValueSet|CodeSystem)-/.test(one)))
    copyFileSync(path.join(folder, name), path.join(target, name))
  const definitions = await loadDefinitions(all)
  assert.ok(definitions.profiles('AuditEvent').length > 10)
  return definitions
}

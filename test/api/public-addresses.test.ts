import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../src/project-root.ts'
import { startServer } from '../support/server.ts'

/** The table under "Use it": what is where. */
function addresses(): string[] {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('## Use it'), readme.indexOf('## Run it for others'))
  const cells = section.split('\n').filter((line) => line.startsWith('| '))
  return cells.flatMap((line) => [...line.matchAll(/`(\/[^`{ ]*)`/g)].map(([, path]) => path!))
}

test('every address in README.md is served to somebody who is not signed in, but the FHIR API, which asks who it is', async () => {
  const server = await startServer()
  try {
    const named = addresses()
    assert.ok(named.length >= 10, named.join(' '))
    for (const path of named) {
      const { status } = await server.anonymous.get(path)
      assert.equal(status, path === '/fhir' ? 401 : 200, path)
    }
  } finally {
    await server.close()
  }
})

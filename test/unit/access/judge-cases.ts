import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Access } from '../../../src/access/access.ts'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { buildAccess } from './build-access.ts'

export interface Case {
  title: string
  who: Principal
  before?: object
  after: object
  /** The problem and the FHIRPath; absent: allowed. */
  refused?: [problem: string, expression: string]
}

export const to = (reference: string) => ({ reference })
export const me = to('Practitioner/me')

/** The cases of a test file, judged on R4's own definitions. */
export function judging() {
  let access: Access
  before(async () => {
    ;({ access } = await buildAccess())
  })
  const stored = (resource: object): Resource => ({ id: '1', ...resource }) as Resource

  function judged({ who, before: old, after: proposed }: Omit<Case, 'title'>): Case['refused'] {
    try {
      access.judge(who, old && stored(old), stored(proposed))
      return undefined
    } catch (error) {
      assert.ok(error instanceof FhirError)
      return [error.problem, error.issues[0]?.expression?.[0] ?? '']
    }
  }

  return {
    judged,
    all(title: string, cases: readonly Case[]): void {
      describe(title, () => {
        for (const one of cases) {
          test(`${one.title}: ${one.refused ? `refused at ${one.refused[1]}` : 'allowed'}`, () => {
            assert.deepEqual(judged(one), one.refused)
          })
        }
      })
    },
    /** The paths of the references that the caller must be able to see. */
    mustSee: (who: Principal, old: object | undefined, proposed: object): string[] =>
      access.judge(who, old && stored(old), stored(proposed)).mustSee.map(({ path }) => path),
  }
}

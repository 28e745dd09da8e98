import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Access, Action } from '../../../src/access/access.ts'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import { backend, buildAccess, patient, proxy, someone } from './build-access.ts'

let access: Access
before(async () => {
  ;({ access } = await buildAccess())
})

const actions: readonly Action[] = ['create', 'read', 'update', 'delete', 'search']
const who: Readonly<Record<string, Principal>> = {
  admin: someone(['admin']),
  office: someone(['records-office']),
  privacy: someone(['privacy-officer']),
  doctor: someone(['practitioner']),
  patient: patient(),
  proxy: proxy(),
  client: backend(),
}

/** The letters of what somebody may do to some resource of the type. */
function letters(principal: Principal, type: string): string {
  const may = actions.filter((action) => {
    try {
      return access.rows(principal, type, action, Date.UTC(2026, 0, 1)).op !== 'none'
    } catch (error) {
      assert.ok(error instanceof FhirError && ['forbidden', 'methodNotAllowed'].includes(error.problem))
      return false
    }
  })
  return may.map((action) => action[0]!.toUpperCase()).join('')
}

/** C create, R read, U update, D delete, S search: of some rows of the type at least. */
const table = `
                  admin  office privacy doctor patient proxy  client
Practitioner      CRUDS  RS     RS      RUS    RS      RS     CRUDS
PractitionerRole  CRUDS  RS     RS      RS     RS      RS     CRUDS
Organization      CRUDS  RS     RS      RS     RS      RS     CRUDS
Device            CRUDS  -      -       -      -       -      CRUDS
Patient           CRUDS  CRUS   -       CRS    RS      RS     CRUDS
CareTeam          CRUDS  RS     -       RS     RS      RS     CRUDS
Observation       CRUDS  CRUS   -       CRUS   RS      RS     CRUDS
DocumentReference CRUDS  CRUS   -       CRUS   CRS     RS     CRUDS
Binary            CRUDS  CRUDS  -       CRUDS  CRUDS   RS     CRUDS
Communication     CRUS   CRUS   CRUS    CRUS   CRUS    -      -
Consent           CRUS   CRUS   RS      CRS    CRUS    -      RS
Task              CRUS   CRUS   RUS     CRUS   RUS     -      -
AuditEvent        CRS    RS     RS      RS     RS      RS     C
Provenance        CRS    RS     RS      RS     RS      -      C
`

const [head, ...lines] = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
for (const [type = '', ...cells] of lines) {
  describe(`of ${type}`, () => {
    for (const [n, cell] of cells.entries()) {
      const name = head![n]!
      const allowed = cell === '-' ? '' : cell
      test(`${name} may ${allowed || 'nothing'}, by role and with every scope`, () => {
        assert.equal(letters(who[name]!, type), allowed)
      })
    }
  })
}

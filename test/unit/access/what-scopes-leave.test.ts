import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Action } from '../../../src/access/access.ts'
import type { Principal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { administrator, backend, buildAccess, doctor, patient, ridOf } from './build-access.ts'
import { charted, grants, inhabitants, uploads } from './inhabitants.ts'
import { createWorld } from './world.ts'

let world: ReturnType<typeof createWorld>
let built: Awaited<ReturnType<typeof buildAccess>>
before(async () => {
  built = await buildAccess()
  world = createWorld(built, inhabitants, { grants, uploads })
})

const at = Date.UTC(2026, 0, 1)
const launched = (who: Principal): Principal => ({ ...who, patient: { id: 'me', rid: ridOf('Patient/me') } })
const idsOf = (type: string) => inhabitants.filter((one) => one.resourceType === type).map(({ id }) => id!)
const rows = (who: Principal, type: string, action: Action) => {
  return world.meant(type, built.access.rows(who, type, action, at)).sort()
}

const chartOfPatient = ['DocumentReference', 'Observation', 'Patient', ...Object.keys(charted)]
  .map((type) => `${type}-me`)
  .sort()

describe('patient/ scopes leave an administrator, of', () => {
  const who = launched(administrator('patient/*.cruds'))
  const cases: [type: string, actions: Action[], ids: string[]][] = [
    ['Patient', ['read', 'search', 'update'], ['me']],
    ['Observation', ['read', 'search', 'update'], ['me', 'my-restricted']],
    ['DocumentReference', ['read', 'search', 'update'], ['me']],
    ['Consent', ['read', 'search', 'update'], ['of-patient']],
    ['Binary', ['read', 'search', 'update', 'delete'], ['me', 'sent']],
    ['Task', ['read', 'search', 'update'], ['asked-by-patient', 'for-patient', 'on-document', 'owned-by-patient']],
    ['Provenance', ['read', 'search'], chartOfPatient],
    ['Practitioner', ['read', 'search'], ['colleague', 'me']],
    ['Practitioner', ['update', 'delete'], []],
    ['Device', ['read', 'search', 'update'], []],
  ]
  for (const [type, actions, ids] of cases) {
    for (const action of actions) {
      test(`${type}, to ${action}: ${ids.join(', ') || 'nothing'}`, () => {
        assert.deepEqual(rows(who, type, action), ids)
      })
    }
  }
})

describe('a write with patient/ scopes', () => {
  const who = launched(administrator('patient/*.cruds'))
  const problem = (before: Resource | undefined, after: Resource) => {
    try {
      built.access.judge(who, before, after)
    } catch (error) {
      assert.ok(error instanceof FhirError)
      return error.problem
    }
    return undefined
  }
  const onDocument = inhabitants.find(({ id }) => id === 'on-document')!

  test('may change a Task whose document ties it to the patient, which its row has told', () => {
    assert.equal(problem(onDocument, { ...onDocument, description: 'urgent' }), undefined)
  })

  test('makes no Task that names the patient by its document alone, which might be anybody’s', () => {
    assert.equal(problem(undefined, { ...onDocument, id: 'new' }), 'insufficientScope')
    assert.equal(problem(undefined, { ...onDocument, id: 'new', for: { reference: 'Patient/me' } }), undefined)
  })

  test('brings bytes, which belong to nobody yet', () => {
    assert.equal(problem(undefined, { resourceType: 'Binary', id: 'new', contentType: 'text/plain' }), undefined)
  })
})

test('patient/ and user/ scopes add up', () => {
  const who = launched(administrator('patient/Observation.rs user/Observation.rs?performer=Practitioner/me'))
  const expected = ['me', 'my-restricted', 'written', 'written-of-closed', 'written-of-refused']
  assert.deepEqual(rows(who, 'Observation', 'search'), expected)
})

describe('what a granular scope leaves of documents it leaves of their bytes', () => {
  for (const action of ['r', 's']) {
    test(`when it is to ${action === 'r' ? 'read' : 'search'} them`, () => {
      const who = administrator(`user/DocumentReference.${action}?category=clinical-note user/Binary.r`)
      assert.deepEqual(rows(who, 'Binary', 'read'), ['sent', 'treated'])
    })
  }

  test('and nothing when it is about something else', () => {
    assert.deepEqual(
      rows(doctor('user/Observation.rs?category=laboratory user/Binary.r'), 'Binary', 'read'),
      rows(doctor('user/*.cruds'), 'Binary', 'read'),
    )
  })
})

describe('a reference may lead', () => {
  const leads = (who: Principal, type: string) => world.meant(type, built.access.referable(who, type, at)).sort()

  test('to what the role shows of a type that the scopes leave out', () => {
    assert.deepEqual(leads(patient('user/Observation.c'), 'Patient'), ['me'])
    assert.deepEqual(leads(backend('system/Observation.c'), 'Patient').length, idsOf('Patient').length)
  })

  test('to what the scopes show of a type that they speak of', () => {
    const who = administrator('user/DocumentReference.s?category=clinical-note')
    assert.deepEqual(leads(who, 'DocumentReference'), ['treated'])
  })

  test('nowhere but into the record of the launch, with patient/ scopes alone', () => {
    assert.deepEqual(leads(launched(administrator('patient/Observation.c')), 'Patient'), ['me'])
    assert.deepEqual(
      leads(launched(administrator('patient/Observation.c user/Task.c')), 'Patient').length,
      idsOf('Patient').length,
    )
  })
})

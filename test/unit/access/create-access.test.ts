import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Access, Action } from '../../../src/access/access.ts'
import { type Principal, serverPrincipal } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Clause } from '../../../src/search/clause.ts'
import { administrator, backend, buildAccess, doctor, keys, patient, someone } from './build-access.ts'

type Built = Awaited<ReturnType<typeof buildAccess>>
let access: Access
let search: Built['search']
let definitions: Built['definitions']
before(async () => {
  ;({ access, search, definitions } = await buildAccess())
})

const at = Date.UTC(2026, 0, 1)
const rows = (who: Principal, type: string, action: Action = 'search') => access.rows(who, type, action, at)
const launch = { id: 'launched', rid: keys.ridOf('Patient', 'launched') }
const launched = (who: Principal): Principal => ({ ...who, patient: launch })

function problem(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof FhirError)
    return error.problem
  }
  return undefined
}

describe('a scope', () => {
  const cases: [scope: string, type: string, action: Action, covered: boolean][] = [
    ['user/Observation.rs', 'Observation', 'search', true],
    ['user/Observation.rs', 'Observation', 'update', false],
    ['user/Observation.rs', 'Condition', 'read', false],
    ['user/*.r', 'Condition', 'read', true],
    ['user/*.r', 'Condition', 'search', false],
    ['user/Observation.read', 'Observation', 'search', true],
    ['user/Observation.write', 'Observation', 'create', true],
    ['user/Observation.write', 'Observation', 'read', false],
    ['system/*.cruds', 'Observation', 'read', false],
    ['openid fhirUser', 'Observation', 'read', false],
    ['', 'Observation', 'read', false],
  ]
  for (const [scope, type, action, covered] of cases) {
    test(`"${scope}" ${covered ? 'covers' : 'does not cover'} ${action} of ${type}`, () => {
      const refused = problem(() => rows(administrator(scope), type, action))
      assert.equal(refused, covered ? undefined : 'insufficientScope')
    })
  }

  test('of a person is nothing to a backend client', () => {
    assert.equal(
      problem(() => rows(backend('user/*.cruds patient/*.cruds'), 'Observation')),
      'insufficientScope',
    )
  })

  test('narrows, it never widens: a doctor with every scope sees what a doctor sees', () => {
    assert.deepEqual(rows(doctor(), 'Device'), { op: 'none' })
    assert.notDeepEqual(rows(doctor(), 'Observation'), { op: 'all' })
  })

  test('with a parameter is a condition beside the rows of the role', () => {
    const clause = rows(administrator('user/Observation.rs?category=laboratory'), 'Observation')
    assert.deepEqual(clause, search.parameter('Observation', 'category', 'laboratory'))
  })

  test('adds up with others of its type', () => {
    const both = 'user/Observation.rs?category=laboratory user/Observation.rs?category=vital-signs'
    const clause = rows(administrator(both), 'Observation')
    assert.equal(clause.op, 'or')
    assert.deepEqual(rows(administrator(`${both} user/Observation.rs`), 'Observation'), { op: 'all' })
  })

  test('with a parameter that the type does not have gives no row', () => {
    assert.deepEqual(rows(administrator('user/*.rs?category=laboratory'), 'Organization'), { op: 'none' })
  })

  test('that leaves out documents leaves out their bytes', () => {
    const clause = rows(
      administrator('user/DocumentReference.rs?category=clinical-note user/Binary.rs'),
      'Binary',
      'read',
    )
    const where = search.parameter('DocumentReference', 'category', 'clinical-note')
    assert.ok(
      JSON.stringify(clause, text).includes(JSON.stringify({ op: 'owned', type: 'DocumentReference', where }, text)),
    )
  })

  test('holds for what is written: a create outside of it is refused', () => {
    const who = backend('system/Observation.c?category=laboratory')
    const observation = (code: string) => ({
      ...{ resourceType: 'Observation', id: '1', status: 'final', code: {} },
      category: [{ coding: [{ code }] }],
    })
    assert.equal(
      problem(() => access.judge(who, undefined, observation('laboratory'))),
      undefined,
    )
    assert.equal(
      problem(() => access.judge(who, undefined, observation('survey'))),
      'insufficientScope',
    )
  })
})

describe('a scope for creates', () => {
  const observation = { resourceType: 'Observation', id: '1', status: 'final', code: {} }
  const judged = (scope: string, old: typeof observation | undefined) =>
    problem(() => access.judge(backend(scope), old, observation))

  test('is none for updates', () => {
    assert.equal(judged('system/Observation.c', undefined), undefined)
    assert.equal(judged('system/Observation.c', observation), 'insufficientScope')
  })

  test('is not needed for updates', () => {
    assert.equal(judged('system/Observation.u', observation), undefined)
    assert.equal(judged('system/Observation.u', undefined), 'insufficientScope')
  })
})

describe('patient/ scopes', () => {
  const scope = 'patient/*.cruds'

  test('confine to the launch patient, whatever the person may do else', () => {
    assert.deepEqual(rows(launched(administrator(scope)), 'Patient'), { op: 'patient', any: [launch.rid] })
    assert.deepEqual(rows(launched(administrator(scope)), 'Observation'), search.compartment('Observation', launch.rid))
  })

  test('without a launch patient give no row at all', () => {
    for (const type of ['Patient', 'Observation', 'Organization', 'Binary', 'Task', 'Provenance', 'Device']) {
      assert.deepEqual(rows(administrator(scope), type), { op: 'none' }, type)
    }
  })

  test('let shared knowledge and professionals be read, not written', () => {
    for (const type of ['Organization', 'Practitioner', 'PractitionerRole', 'Medication', 'ValueSet']) {
      assert.deepEqual(rows(launched(administrator(scope)), type), { op: 'all' }, type)
      assert.deepEqual(rows(launched(administrator(scope)), type, 'update'), { op: 'none' }, type)
    }
  })

  test('give no row of a type outside the compartment, of any of R4', () => {
    const outside = definitions.resourceTypes.filter(
      (type) => definitions.compartmentParameters('Patient', type).length === 0,
    )
    const open = outside.filter((type) => rows(launched(administrator(scope)), type).op === 'all')
    assert.ok(outside.length > 60)
    for (const type of open)
      assert.match(
        type,
        /^(Practitioner|Organization|Location|HealthcareService|Medication|Substance|CodeSystem|ValueSet|ConceptMap|NamingSystem)/,
      )
  })

  test('confine what is written as well', () => {
    const observation = (patientId: string) => ({
      ...{ resourceType: 'Observation', id: '1', status: 'final', code: {} },
      subject: { reference: `Patient/${patientId}` },
    })
    const who = launched(administrator(scope))
    assert.equal(
      problem(() => access.judge(who, undefined, observation('launched'))),
      undefined,
    )
    assert.equal(
      problem(() => access.judge(who, undefined, observation('other'))),
      'insufficientScope',
    )
  })

  test('confine what may be referred to, unless the person also acts for himself', () => {
    assert.deepEqual(access.referable(launched(administrator('patient/*.cruds')), 'Patient', at), {
      op: 'patient',
      any: [launch.rid],
    })
    assert.deepEqual(access.referable(launched(administrator('patient/*.cruds user/Patient.r')), 'Patient', at), {
      op: 'all',
    })
  })
})

describe('roles', () => {
  test('that are none give no row of any type', () => {
    for (const type of definitions.resourceTypes) assert.deepEqual(rows(someone([]), type), { op: 'none' }, type)
  })

  test('of patients fit patients alone: a practitioner who holds one sees no record by it', () => {
    assert.deepEqual(rows(someone(['patient']), 'Observation'), { op: 'none' })
    assert.deepEqual(rows(someone(['practitioner'], undefined, 'Patient'), 'Observation'), { op: 'none' })
  })

  test('add up', () => {
    assert.deepEqual(rows(someone(['practitioner', 'records-office']), 'Observation'), { op: 'all' })
  })

  test('let nobody but administrators, and clients by scope, see a type that nobody thought of', () => {
    for (const who of [doctor(), patient(), someone(['records-office']), someone(['privacy-officer'])]) {
      assert.deepEqual(rows(who, 'Device'), { op: 'none' })
    }
    assert.deepEqual(rows(administrator(), 'Device'), { op: 'all' })
    assert.deepEqual(rows(backend('system/Device.rs'), 'Device'), { op: 'all' })
  })

  test('refuse a create that they never may', () => {
    assert.equal(
      problem(() => rows(patient(), 'Observation', 'create')),
      'forbidden',
    )
    assert.equal(
      problem(() => access.judge(patient(), undefined, { resourceType: 'Observation' })),
      'forbidden',
    )
  })

  test('never change or delete an audit event', () => {
    for (const who of [administrator(), doctor(), patient(), backend()]) {
      assert.equal(
        problem(() => rows(who, 'AuditEvent', 'delete')),
        'methodNotAllowed',
      )
    }
    assert.equal(
      problem(() => rows(doctor(), 'AuditEvent', 'update')),
      'methodNotAllowed',
    )
    assert.deepEqual(rows(administrator(), 'AuditEvent', 'update'), { op: 'none' })
  })
})

describe('a doctor', () => {
  test('sees a result by relation, authorship or grant, unless it was denied', () => {
    const clause = rows(doctor(), 'Observation')
    const ops = new Set(opsIn(clause))
    for (const op of ['chain', 'samePatient', 'keys', 'granted', 'not', 'labels'])
      assert.ok(ops.has(op as Clause['op']), op)
  })

  test('sees a document by authorship or grant: a relation is not enough without what the patient permits to all', () => {
    const clause = rows(doctor(), 'DocumentReference')
    const related = everyOr(clause).filter((part) => opsIn(part).includes('chain'))
    assert.ok(opsIn(clause).includes('granted') && related.length > 0)
    for (const part of related) assert.ok(part.op === 'and' && part.of.some(isForEverybody))
  })

  test('reads the subject of a granted document by id, and does not find him', () => {
    const subject = (clause: Clause) => JSON.stringify(clause, text).includes('"covers":"subject"')
    assert.ok(subject(rows(doctor(), 'Patient', 'read')))
    assert.ok(!subject(rows(doctor(), 'Patient', 'search')))
  })

  test('changes what he wrote, deletes nothing', () => {
    assert.ok(!opsIn(rows(doctor(), 'Observation', 'update')).includes('chain'))
    assert.deepEqual(rows(doctor(), 'Observation', 'delete'), { op: 'none' })
  })
})

describe('ids', () => {
  test('are chosen by administrators, and by clients with the whole type', () => {
    assert.equal(access.mayChooseId(administrator(), 'Patient'), true)
    assert.equal(access.mayChooseId(administrator('user/Patient.ru'), 'Patient'), false)
    assert.equal(access.mayChooseId(doctor(), 'Patient'), false)
    assert.equal(access.mayChooseId(backend('system/Patient.cu'), 'Patient'), true)
    assert.equal(access.mayChooseId(backend('system/Patient.cu?active=true'), 'Patient'), false)
    assert.equal(access.mayChooseId(backend('system/Patient.u'), 'Patient'), false)
  })
})

test('the server itself is not asked', () => {
  assert.deepEqual(rows(serverPrincipal, 'AuditEvent', 'create'), { op: 'all' })
  assert.deepEqual(access.judge(serverPrincipal, undefined, { resourceType: 'Consent' }), { mustSee: [] })
  assert.equal(access.mayChooseId(serverPrincipal, 'Consent'), true)
})

test('not even the server deletes from the audit trail', () => {
  assert.throws(() => rows(serverPrincipal, 'AuditEvent', 'delete'), /neither changed nor deleted/)
})

test('an account that stands for nobody has no rows of its own', () => {
  const { person: _nobody, ...account } = doctor()
  for (const type of ['Patient', 'Observation', 'Communication', 'Task']) {
    assert.deepEqual(rows(account, type), { op: 'none' }, type)
  }
})

function opsIn(clause: Clause): Clause['op'][] {
  const inner =
    'of' in clause ? (Array.isArray(clause.of) ? clause.of : [clause.of]) : 'where' in clause ? [clause.where] : []
  return [clause.op, ...(inner as Clause[]).flatMap(opsIn)]
}

/** The alternatives of a clause, of whatever depth. */
function everyOr(clause: Clause): readonly Clause[] {
  return clause.op === 'or' ? clause.of : clause.op === 'and' ? clause.of.flatMap(everyOr) : []
}

function isForEverybody(clause: Clause): boolean {
  return clause.op === 'granted' && clause.grantees.includes(0n)
}

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

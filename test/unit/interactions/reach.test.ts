import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Access, Action } from '../../../src/access/access.ts'
import type { Context } from '../../../src/access/principal.ts'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { checkReferences } from '../../../src/interactions/check-references.ts'
import { createConditionalTarget } from '../../../src/interactions/conditional-target.ts'
import { createResolveLinks } from '../../../src/interactions/resolve-links.ts'
import { createRunOperation } from '../../../src/interactions/run-operation.ts'
import type { PlannedEntry } from '../../../src/interactions/transaction-plan.ts'
import {
  patientsOf,
  readTargets,
  refuseSmallScope,
  rowsAmong,
  rowsOrNone,
  searchable,
  searchableAmong,
} from '../../../src/interactions/visible-rows.ts'
import { all, type Clause, none } from '../../../src/search/clause.ts'

const context = { principal: {}, now: new Date(0), base: 'https://example.org/fhir' } as unknown as Context
const some: Clause = { op: 'rid', any: [1n] } as never

/** What the caller may do: by `action Type`, or by the type alone. A word is a refusal. */
type Rules = Readonly<Record<string, Clause | Error | 'insufficientScope' | 'forbidden' | undefined>>
function accessOf(rules: Rules): Access {
  const rows = (_principal: unknown, type: string, action: Action) => {
    const rule = rules[`${action} ${type}`] ?? rules[type] ?? all
    if (typeof rule === 'string') throw new FhirError(rule, 'No.')
    if (rule instanceof Error) throw rule
    return rule
  }
  return { rows, referable: rows, appendOnly: (type: string) => type === 'AuditEvent' } as unknown as Access
}

const refused = (wanted: number, element?: string) => (error: unknown) => {
  assert.ok(error instanceof FhirError, String(error))
  assert.equal(error.status, wanted)
  if (element !== undefined) assert.deepEqual(error.issues[0]!.expression, [element])
  return true
}
const defect = Object.assign(new Error('A defect.'), { status: 403, problem: 'forbidden' })

describe('the rows of a search', () => {
  test('of one type are refused for its own type and none for what is joined', () => {
    const access = accessOf({ Patient: some, Observation: 'insufficientScope' })
    const rows = searchable(access, context, 'Patient')
    assert.deepEqual([rows('Patient'), rows('Observation'), rows('Encounter')], [some, none, all])
    assert.throws(() => searchable(access, context, 'Observation'), refused(403))
  })

  test('of named types are refused where one is; of every type those that are refused are left out', () => {
    const access = accessOf({ Patient: some, Observation: 'insufficientScope', Encounter: none, Group: defect })
    const among = (types: string[], every: boolean) => rowsAmong(access, context, types, 'search', every)
    assert.throws(() => among(['Patient', 'Observation'], false), refused(403))
    assert.deepEqual([...among(['Patient', 'Observation', 'Encounter'], true).keys()], ['Patient', 'Encounter'])
    assert.throws(() => among(['Observation', 'Encounter'], true), refused(403))
    assert.deepEqual([...among(['Encounter'], true)], [['Encounter', none]])
    assert.throws(() => among(['Patient', 'Group'], true), /defect/)
    const wrong = accessOf({ Patient: some, Group: new FhirError('invalid', 'Wrong.') })
    assert.throws(() => rowsAmong(wrong, context, ['Patient', 'Group'], 'search', true), refused(422))
    const rows = searchableAmong(access, context, ['Patient'], false)
    assert.deepEqual([rows('Patient'), rows('Observation')], [some, none])
  })

  test('that scope or role never allow are none, and a defect is no refusal', () => {
    const rows = (rule: Rules[string]) => rowsOrNone(accessOf({ Patient: rule }), context, 'Patient', 'read')
    assert.deepEqual([rows(some), rows('forbidden'), rows('insufficientScope')], [some, none, none])
    assert.throws(() => rows(defect), /defect/)
    assert.throws(() => rows(new FhirError('invalid', 'Wrong.')), refused(422))
  })
})

describe('what a write is about', () => {
  const stored = (id: string, allowed: boolean, version = 1) => ({ id, version, flags: { allowed }, pat: null })

  /** Reads answer what is there, of the type that is asked for; each is noted. */
  function handleOf(there: Readonly<Record<string, ReturnType<typeof stored>>>) {
    const asked: string[] = []
    const read = async (type: string, ids: readonly string[]) => {
      asked.push(`${type} ${ids.join(',')}`)
      return ids.flatMap((id) => there[`${type}/${id}`] ?? [])
    }
    return { asked, handle: { resources: { read } } as never }
  }

  test('is read by its type, where the caller may read or write at all', async () => {
    const { asked, handle } = handleOf({ 'Patient/1': stored('1', true), 'Encounter/2': stored('2', true) })
    const targets = [
      { type: 'Patient', id: '1' },
      { type: 'Encounter', id: '2' },
      { type: 'Group', id: '3' },
    ]
    const found = await readTargets(accessOf({ Group: none }), context, handle, targets, 'update')
    assert.deepEqual([...found.keys()], ['Patient/1', 'Encounter/2'])
    assert.deepEqual(asked, ['Patient 1', 'Encounter 2'])
    await readTargets(accessOf({ 'read Patient': none }), context, handle, [targets[0]!], 'update')
    await readTargets(accessOf({ 'update Patient': none }), context, handle, [targets[0]!], 'update')
    assert.equal(asked.length, 4)
  })

  test('is refused where it may be read alone', async () => {
    const there = { 'Patient/1': stored('1', false), 'AuditEvent/1': stored('1', false) }
    const read = (type: string) =>
      readTargets(accessOf({}), context, handleOf(there).handle, [{ type, id: '1' }], 'delete')
    await assert.rejects(read('Patient'), refused(403))
    await assert.rejects(read('AuditEvent'), refused(405))
  })

  test('takes a scope that is large enough before anything is looked up', () => {
    const small = (rule: Rules[string], action: Action) =>
      refuseSmallScope(accessOf({ Patient: rule }), context, 'Patient', action)
    assert.deepEqual(small(some, 'update'), some)
    assert.throws(() => small('insufficientScope', 'update'), refused(403))
    assert.throws(() => small('forbidden', 'create'), refused(403))
    assert.throws(() => small(defect, 'update'), /defect/)
  })

  test('by a condition is what matches and may be seen, in the version that matched', async () => {
    const search = { parse: (_type: string, used: URLSearchParams) => ({ where: some, used }) } as never
    async function target(matches: object[], there: ReturnType<typeof stored> | undefined, rules: Rules = {}) {
      const { handle } = handleOf(there ? { 'Patient/1': there } : {})
      const { resources } = handle as { resources: object }
      const tx = { resources: { ...resources, resolve: async () => [matches] }, lock: async () => undefined }
      const whole = { transaction: (work: (tx: object) => unknown) => work(tx) } as never
      const asked = { kind: 'update', type: 'Patient', criteria: 'identifier=1' } as never
      const act = createConditionalTarget({ access: accessOf(rules), search })
      const write = async (_tx: unknown, found: readonly object[]) => ({ found }) as never
      return (await act(context, whole, asked, { action: 'update' }, write)) as unknown as { found: object[] }
    }
    const match = { id: '1', rid: 1n, version: 2 }
    assert.deepEqual((await target([match], stored('1', true, 2))).found, [stored('1', true, 2)])
    assert.deepEqual((await target([], undefined)).found, [])
    await assert.rejects(target([match, match], stored('1', true, 2)), refused(412))
    await assert.rejects(target([match], undefined), refused(404))
    // Another version each time: somebody else is always quicker.
    await assert.rejects(target([match], stored('1', true, 3)), refused(409))
    await assert.rejects(target([match], undefined, { 'search Patient': 'insufficientScope' }), refused(403))
    await assert.rejects(target([match], undefined, { 'update Patient': 'insufficientScope' }), refused(403))
  })

  test('concerns the patients whose records it stands in', () => {
    assert.deepEqual(patientsOf([{ pat: 1n }, { pat: null }, { pat: 1n }, { pat: 2n }] as never), [1n, 2n])
  })
})

describe('a reference that is written', () => {
  const judged = (...names: string[]) => [
    {
      proposal: { type: 'Observation', id: 'new', place: 'Bundle.entry[0].resource' },
      after: undefined,
      mustSee: names.map((reference) => ({ path: 'Observation.subject', reference: { reference } })),
    },
  ]
  const check = (names: string[], there: object[] = []) => {
    const handle = { resources: { read: async () => there } }
    return checkReferences({ access: accessOf({}), context, handle, judged: judged(...names) } as never)
  }

  test('leads to what the caller sees, to what is written with it, or elsewhere', async () => {
    await check(['Patient/1'], [{ id: '1', deleted: false }])
    await check(['Observation/new', 'https://elsewhere.example/Patient/1'])
  })

  test('is refused in the same words where there is nothing, or nothing any more', async () => {
    const expression = 'Bundle.entry[0].resource.subject'
    await assert.rejects(check(['Patient/1']), refused(422, expression))
    await assert.rejects(check(['Patient/1'], [{ id: '1', deleted: true }]), refused(422, expression))
  })
})

describe('an operation', () => {
  const seen: Clause[] = []
  const operation = (name: string, more: object = {}) => ({
    ...{ name, on: ['system', 'type', 'instance'], types: ['Patient'], affectsState: false, parameters: {} },
    run: async ({ rows }: { rows: Clause }) => (seen.push(rows), { answer: { status: 200 } }),
    ...more,
  })
  const run = createRunOperation({
    access: accessOf({ 'read Patient': some }),
    definitions: {},
    operations: [
      operation('look', { needs: 'read' }),
      operation('plain'),
      operation('change', { affectsState: true }),
      operation('there', { on: ['instance'] }),
    ],
  } as never)
  const called = (name: string, asked: object = { type: 'Patient' }) =>
    run(
      context,
      {} as never,
      { kind: 'operation', name, method: 'GET', query: new URLSearchParams(), ...asked } as never,
      { kind: 'none' },
    )

  test('has the rows on which the caller may do what it needs, and none where it needs nothing of a type', async () => {
    seen.length = 0
    await called('look')
    await called('plain')
    await called('look', {})
    assert.deepEqual(seen, [some, none, none])
  })

  test('is called by its name where it is offered, and by POST when it changes something', async () => {
    await assert.rejects(called('change'), refused(405))
    const body = { method: 'POST', type: 'Patient' }
    await called('change', body)
    await called('look', body)
    const unknown = (name: string, asked: object, where: RegExp) =>
      assert.rejects(called(name, asked), (error: unknown) => refused(404)(error) && where.test(String(error)))
    await unknown('there', {}, /for the whole system/)
    await unknown('there', { type: 'Patient' }, /for the type Patient/)
    await unknown('nothing', { type: 'Patient', id: '1' }, /for one Patient/)
    await unknown('look', { type: 'Group' }, /for the type Group/)
    await called('there', { type: 'Patient', id: '1' })
  })
})

describe('the links of a transaction', () => {
  const search = {
    parse: (_type: string, query: URLSearchParams) => ({ where: some, used: query }),
  } as never

  /** Runs the entries; `matches` are what each condition finds. */
  async function resolved(
    entries: readonly Partial<PlannedEntry>[],
    resources: readonly (Resource | undefined)[],
    matches: Readonly<Record<string, readonly object[]>> = {},
  ) {
    const asked: string[] = []
    const tx = {
      lock: async (texts: readonly string[]) => void asked.push(...texts.map((text) => `lock ${text}`)),
      resources: {
        resolve: async (conditions: readonly { type: string }[]) => {
          asked.push(...conditions.map(({ type }) => `find ${type}`))
          return conditions.map(({ type }) => matches[type] ?? [])
        },
      },
    } as never
    const planned = entries.map((one, n) => ({
      place: `Bundle.entry[${n}]`,
      fullUrl: undefined,
      ...one,
    })) as PlannedEntry[]
    const { existing } = await createResolveLinks({ access: accessOf({}), search })(context, tx, planned, resources)
    return { asked, existing: [...existing] }
  }

  const observation = (reference: string, more: object = {}): Resource =>
    ({ resourceType: 'Observation', subject: { reference }, ...more }) as never
  const subjectOf = (resource: Resource) => (resource['subject'] as { reference: string }).reference
  const create = (type: string, id: string, ifNoneExist?: string) => ({
    interaction: { kind: 'create', type, ...(ifNoneExist === undefined ? {} : { ifNoneExist }) } as never,
    identity: { id, rid: 1n },
  })
  const update = (type: string, id: string) => ({ interaction: { kind: 'update', type, id } as never })
  const remove = { interaction: { kind: 'delete', type: 'Group', id: 'g' } as never }
  const match = { id: 'there', rid: 1n, version: 1 }

  test('lead to what is created or updated with it', async () => {
    const [one, two, other] = [observation('urn:uuid:p'), observation('urn:uuid:e'), observation('Patient/1')]
    const entries = [
      { ...create('Patient', 'p1'), fullUrl: 'urn:uuid:p' },
      { ...update('Encounter', 'e1'), fullUrl: 'urn:uuid:e' },
      ...[create('Observation', 'o1'), create('Observation', 'o2'), create('Observation', 'o3'), remove],
    ]
    const { asked } = await resolved(entries, [undefined, undefined, one, two, other, undefined])
    assert.deepEqual([one, two, other].map(subjectOf), ['Patient/p1', 'Encounter/e1', 'Patient/1'])
    assert.deepEqual(asked, [])
  })

  test('to nothing in it are refused, other texts that look so are left alone', async () => {
    const lost = resolved([create('Observation', 'o')], [observation('urn:uuid:nobody')])
    await assert.rejects(lost, refused(422, 'Bundle.entry[0].resource.subject.reference'))
    const deleted = resolved(
      [{ ...remove, fullUrl: 'urn:uuid:g' }, create('Observation', 'o')],
      [undefined, observation('urn:uuid:g')],
    )
    await assert.rejects(deleted, refused(422))
    const plain = observation('Patient/1', { valueUri: 'urn:uuid:nobody', instantiatesUri: 'Patient?identifier=1' })
    const { asked } = await resolved([create('Observation', 'o')], [plain])
    assert.deepEqual(
      [plain['valueUri'], plain['instantiatesUri'], asked],
      ['urn:uuid:nobody', 'Patient?identifier=1', []],
    )
  })

  test('of a conditional create lead to the match, or to what is created', async () => {
    const entries = [
      { ...create('Patient', 'p1', 'identifier=1'), fullUrl: 'urn:uuid:p' },
      { ...create('Group', 'g1', 'identifier=2'), fullUrl: 'urn:uuid:g' },
      ...[create('Observation', 'o1'), create('Observation', 'o2')],
    ]
    const [one, two] = [observation('urn:uuid:p'), observation('urn:uuid:g')]
    const { asked, existing } = await resolved(entries, [undefined, undefined, one, two], { Patient: [match] })
    assert.deepEqual([one, two].map(subjectOf), ['Patient/there', 'Group/g1'])
    assert.deepEqual(existing, [[0, { type: 'Patient', ...match }]])
    assert.deepEqual(asked, ['lock Patient?identifier=1', 'lock Group?identifier=2', 'find Patient', 'find Group'])
    await assert.rejects(resolved(entries, [undefined], { Patient: [match, match] }), refused(412))
  })

  test('by a condition lead to the one match, or to what is created by it', async () => {
    const byCondition = () => observation('Patient?identifier=1', { focus: [{ reference: 'Patient?identifier=1' }] })
    const one = byCondition()
    const { asked } = await resolved([create('Observation', 'o')], [one], { Patient: [match] })
    assert.deepEqual([subjectOf(one), asked], ['Patient/there', ['find Patient']])
    const made = byCondition()
    await resolved([create('Patient', 'p1', 'identifier=1'), create('Observation', 'o')], [undefined, made])
    assert.equal(subjectOf(made), 'Patient/p1')
    const inOtherWords = observation('Patient?name=Berg&identifier=1')
    const created = create('Patient', 'p1', 'identifier=1&name=Berg')
    await resolved([created, create('Observation', 'o')], [undefined, inOtherWords])
    assert.equal(subjectOf(inOtherWords), 'Patient/p1')
    const expression = 'Bundle.entry[0].resource.subject.reference'
    await assert.rejects(resolved([create('Observation', 'o')], [byCondition()]), refused(422, expression))
    const several = resolved([create('Observation', 'o')], [byCondition()], { Patient: [match, match] })
    await assert.rejects(several, refused(412))
  })
})

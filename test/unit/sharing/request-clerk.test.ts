import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FhirError } from '../../../src/fhir/error.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Work } from '../../../src/interactions/rule.ts'
import type { Letters } from '../../../src/sharing/letters.ts'
import { createRequestClerk } from '../../../src/sharing/request-clerk.ts'
import { policyFor } from '../../../src/sharing/request-policies.ts'
import type { Store } from '../../../src/store/store.ts'
import { base, byNumber, codes, contextOf, letters, mailed, now, office, records, sent } from './request-desk.ts'

const anna: Resource = {
  ...{ resourceType: 'Patient', id: 'anna', managingOrganization: { reference: 'Organization/hospital' } },
}
const administrator: Resource = { resourceType: 'Practitioner', id: 'boss' }
const rule = 'same-organization-and-care-relation'
const atTheHospital = 'PractitionerRole?practitioner=Practitioner/asker&organization=Organization/hospital&active=true'
const inTheTeam = 'CareTeam?patient=anna&status=active&participant=Practitioner/asker'
const yes = [{ resourceType: 'Basic' }]
const related = { [atTheHospital]: yes, [inTheTeam]: yes }

interface Desk {
  readonly tasks?: readonly Resource[]
  readonly accounts?: readonly string[]
  readonly answers?: Readonly<Record<string, readonly Resource[]>>
  /** What the decision ends with. */
  readonly fails?: Error
  readonly mailFails?: boolean
  /** What another process made of the task between the search and the lock. */
  readonly meanwhile?: Resource
}

/** The clerk looks after the tasks once. What a transaction did counts when it commits. */
async function looksAfter({ tasks = [], accounts = [], answers = {}, fails, mailFails, meanwhile }: Desk) {
  const made = records([anna, administrator, ...tasks], answers)
  const errors: unknown[] = []
  const store = {
    async transaction(work: (tx: object) => Promise<unknown>) {
      const mark = made.did.length
      return work({ lock: async () => undefined }).catch((error: unknown) => {
        made.did.length = mark
        throw error
      })
    },
  } as unknown as Store
  const waits = async () => {
    throw new Error('The mail is full.')
  }
  const wanted = (task: Resource, query: string) => {
    const asked = new URLSearchParams(query)
    return asked.get('status')!.split(',').includes(String(task['status'])) && !asked.has('business-status')
  }
  const work = {
    ...made.work,
    read: async (type: string, id: string) => (type === 'Task' && meanwhile) || made.work.read(type, id),
    find: async (type: string, query: string) =>
      type === 'Task'
        ? tasks.filter((task) => wanted(task, query))
        : (answers[`${type}?${decodeURIComponent(query)}`] ?? []),
  } as Work
  const clerk = createRequestClerk({
    ...{ store, codes, base, policies: [rule], now: () => now },
    letters: mailFails ? ({ requestWaits: waits } as unknown as Letters) : mailed(made.did),
    serverWork: () => work,
    serverContext: () => contextOf(office),
    accounts: {
      activeAdministrators: async () => ['boss'],
      hasAccount: async (_tx, { id }) => accounts.includes(id),
    },
    decision: {
      pairOf: async () => undefined,
      async taken(_stored, task, _context, _work, policy) {
        if (fails) throw fails
        return { ...task, description: `by ${policy ?? 'nobody'}` }
      },
    },
    onError: (error) => errors.push(error),
  })
  await clerk.run()
  return { ...made, errors }
}

const request = sent('requested')
const unnamed = { for: undefined, input: [letters, byNumber] }

describe('a request that was sent', () => {
  test('goes to the patient who can sign in, else it stays with the office', async () => {
    const toPatient = await looksAfter({ tasks: [request], accounts: ['anna'] })
    assert.deepEqual(toPatient.did, ['update Task/request', 'requestWaits to anna'])
    assert.deepEqual(toPatient.written[0]!['owner'], { reference: 'Patient/anna' })
    const toOffice = await looksAfter({ tasks: [request] })
    assert.deepEqual(toOffice.did, ['update Task/request', 'requestWaits to boss'])
    assert.deepEqual(toOffice.written[0]!['owner'], codes.recordsOffice)
  })

  test('is routed as a whole or not at all', async () => {
    const { did, errors } = await looksAfter({ tasks: [request], mailFails: true })
    assert.deepEqual([did, errors.length], [[], 1])
  })

  test('is routed once', async () => {
    const meanwhile = { ...request, status: 'received' }
    assert.deepEqual((await looksAfter({ tasks: [request], meanwhile })).did, [])
  })

  test('by an identifier gets a second Task, which alone names the patient', async () => {
    const found = { 'Patient?identifier=mrn|1': [anna] }
    const { written, did } = await looksAfter({ tasks: [sent('requested', unnamed)], answers: found })
    assert.deepEqual(did, ['create Task', 'update Task/request', 'requestWaits to boss'])
    assert.deepEqual([written[0]!['for'], written[1]!['for']], [{ reference: 'Patient/anna' }, undefined])
    const unknown = await looksAfter({ tasks: [sent('requested', unnamed)] })
    assert.deepEqual([unknown.did, unknown.written[0]!['for']], [did, undefined])
  })

  test('that a rule of the hospital accepts waits for nobody', async () => {
    const { did, written } = await looksAfter({ tasks: [request], answers: related })
    assert.deepEqual([did, written[0]!['status']], [['update Task/request'], 'accepted'])
    assert.equal(written[0]!['description'], `by ${rule}`)
  })

  test('for which a rule can grant nothing is for people, and what is no refusal is an error', async () => {
    const fails = new FhirError('unprocessable', 'There is nothing to grant.')
    const { did } = await looksAfter({ tasks: [request], answers: related, fails })
    assert.deepEqual(did, ['update Task/request', 'requestWaits to boss'])
    const broken = await looksAfter({ tasks: [request], answers: related, fails: new Error('The database is gone.') })
    assert.deepEqual([broken.did, broken.errors.length], [[], 1])
  })
})

describe('a rule of the hospital', () => {
  const holds = async (answers: Readonly<Record<string, readonly Resource[]>>, patient: object = {}, task = request) =>
    policyFor(task, [rule], records([{ ...anna, ...patient }], { ...nothing, ...answers }).work, base)
  const nothing = { [atTheHospital]: [], [inTheTeam]: [] }

  test('accepts who works at the hospital of the patient and cares for him', async () => {
    assert.equal(await holds(related), rule)
    assert.equal(await holds({ [atTheHospital]: yes }), undefined)
    assert.equal(await holds({ [inTheTeam]: yes }), undefined)
    const generalPractitioner = [{ reference: 'Practitioner/asker' }]
    assert.equal(await holds({ [atTheHospital]: yes }, { generalPractitioner }), rule)
  })

  test('says nothing where the patient has no hospital, is unknown, or nobody asked', async () => {
    const anywhere = {
      ...related,
      'PractitionerRole?practitioner=Practitioner/asker&organization=undefined&active=true': yes,
    }
    assert.equal(await holds(anywhere, { managingOrganization: undefined }), undefined)
    assert.equal(await holds(related, {}, sent('requested', { for: { reference: 'Patient/ben' } })), undefined)
    const unasked = { ...request, requester: undefined }
    assert.equal(await policyFor(unasked, [rule], records([anna], related).work, base), undefined)
    assert.equal(await policyFor(request, [], records([anna], related).work, base), undefined)
  })
})

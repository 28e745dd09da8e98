import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createFhirClient } from '../../src/commands/demo/fhir-client.ts'
import { createOutbox } from '../../src/commands/demo/outbox.ts'
import { runDemo } from '../../src/commands/demo/run-demo.ts'
import type { DemoPerson } from '../../src/commands/demo/run-demo.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const administrator = { email: 'office@lakeside.example', password: 'timber-lantern-quartz-77' }

describe('the demo', () => {
  let server: TestServer
  let people: DemoPerson[]

  const fill = () =>
    runDemo({
      publicUrl: server.url,
      administrator,
      outbox: createOutbox(join(server.dataDir, 'outbox'), 0),
      progress: { show() {}, say() {}, end() {} },
    })

  before(async () => {
    server = await startServer({ ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password })
    people = await fill()
  })

  after(() => server?.close())

  async function totals(who: RegExp): Promise<Record<string, number>> {
    const person = people.find((one) => who.test(one.who))!
    const client = createFhirClient(server.url, await signIn(server.url, person.credentials))
    const count = async (type: string) => (await client.get<{ total: number }>(`${type}?_summary=count`)).total
    return { patients: await count('Patient'), documents: await count('DocumentReference') }
  }

  test('everybody whom it names can log in, and sees what is theirs', async () => {
    assert.equal(people.length, 7)
    assert.deepEqual(await totals(/Okafor/), { patients: 3, documents: 10 })
    assert.deepEqual(await totals(/Lindqvist/), { patients: 3, documents: 6 })
    assert.deepEqual(await totals(/Holloway/), { patients: 1, documents: 3 })
  })

  test('the radiologist reads the document that was shared by message and the one that a patient granted, and no other', async () => {
    assert.equal((await totals(/Raman/))['documents'], 2)
  })

  test('the daughter reads the record of her father alone', async () => {
    assert.deepEqual((await totals(/Clara/))['patients'], 1)
  })

  test('it leaves pending doctors, open requests and unread messages to look at', async () => {
    const count = async (who: RegExp | undefined, query: string) => {
      const credentials = who ? people.find((one) => who.test(one.who))!.credentials : administrator
      const client = createFhirClient(server.url, await signIn(server.url, credentials))
      return (await client.get<{ total: number }>(`${query}&_summary=count`)).total
    }
    await server.composed.lookAfterRequests()
    assert.equal(await count(undefined, 'Task?code=practitioner-approval&status=requested'), 1)
    assert.equal(await count(undefined, 'Task?code=practitioner-approval&status=on-hold'), 1)
    assert.equal(await count(undefined, 'Task?code=access-request&status=received&based-on:missing=false'), 2)
    assert.equal(await count(/Demir/, 'Task?status=received'), 1)
    assert.equal(await count(/Ferreira/, 'Consent?status=active'), 1)
    for (const name of ['Raman', 'Okafor', 'Lindqvist']) {
      const unread = `Communication?recipient:Practitioner.family=${name}&received:missing=true&category:not=notification`
      assert.equal(await count(new RegExp(name), unread), 1, name)
    }
  })

  test('a server that is not empty is left alone', async () => {
    await assert.rejects(fill(), /not empty: it has 5 Patient/)
  })
})

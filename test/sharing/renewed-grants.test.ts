import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { compose } from '../../src/compose.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { compileGrants, consentReading } from '../../src/sharing/compile-grants.ts'
import { setInstallValue } from '../../src/store/install-value.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { renewGrants } from '../../src/store/renew-grants.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
before(async () => {
  server = await startServer()
  people = peopleOf(server)
})
after(() => server.close())

const actor = ({ reference }: SomePerson) => ({ role: { coding: [{ code: 'IRCP' }] }, reference })

/** A patient with a letter, who gives a doctor the record, or what is left of it by `more`. */
async function aConsent(more: object = {}) {
  const [author, doctor] = [await people.doctor(), await people.doctor()]
  const patient = await people.patient({ generalPractitioner: [author.reference] })
  const letter = await author.client.post('DocumentReference', aDocumentReference(patient.name))
  assert.equal(letter.status, 201, JSON.stringify(letter.body))
  const { status, body } = await patient.client.post('Consent', {
    ...{ resourceType: 'Consent', status: 'active', patient: patient.reference, policyRule: { text: 'as agreed' } },
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    provision: { type: 'permit', actor: [actor(doctor)], ...more },
  })
  assert.equal(status, 201, JSON.stringify(body))
  const rid = server.composed.keys.ridOf('Consent', body.id)
  const sees = async () => (await doctor.client.get(`DocumentReference/${letter.body.id}`)).status === 200
  return { doctor, patient, id: body.id as string, rid, sees }
}

/** The server as it starts again on what is stored. */
async function started(): Promise<void> {
  await (await compose(server.settings, { housekeeping: false })).close()
}

const query = <Row>(text: string, values: unknown[] = []) => server.composed.store.query<Row>(text, values)
/** As an installation whose grants were made by an earlier release. */
const olden = () => query("delete from install where name = 'grants'")
const rowsOf = (rid: bigint) =>
  query('select * from access_grant where consent = $1 order by grantee, rid, effect', [rid])

/** The rows as they were before the exceptions and the parts of a record were understood: the rule alone, on all of it. */
const asBefore = (rid: bigint) =>
  query(
    `with gone as (delete from access_grant where consent = $1 and (nested or effect < 1))
     update access_grant set nested = false, excepted = false, narrow = false, how = 0, about = null,
       data_lo = null, data_hi = null where consent = $1 and not nested and effect = 1`,
    [rid],
  )

describe('a Consent that was stored before its words were understood', () => {
  test('denies from the start of the server on what an exception of it takes away', async () => {
    const { doctor, rid, sees } = await aConsent({ provision: [{ type: 'deny' }] })
    const made = await rowsOf(rid)
    assert.equal(await sees(), false)
    await asBefore(rid)
    await olden()
    assert.equal(await sees(), true, `the old rows open it to ${doctor.name}`)
    await started()
    assert.equal(await sees(), false)
    assert.deepEqual(await rowsOf(rid), made)
  })

  test('permits no more than the part of the record that it names', async () => {
    const { rid, sees } = await aConsent({ dataPeriod: { start: '1990-01-01', end: '1990-12-31' } })
    assert.equal(await sees(), false)
    await asBefore(rid)
    await olden()
    assert.equal(await sees(), true)
    await started()
    assert.equal(await sees(), false)
  })

  test('gives again what its old rows had not, and nothing once it is withdrawn', async () => {
    const [given, ended] = [await aConsent(), await aConsent()]
    const stored = (await ended.patient.client.get(`Consent/${ended.id}`)).body
    const put = await ended.patient.client.put(`Consent/${ended.id}`, { ...stored, status: 'inactive' })
    assert.equal(put.status, 200, JSON.stringify(put.body))
    await query('delete from access_grant where consent = $1', [given.rid])
    await olden()
    assert.deepEqual([await given.sees(), await ended.sees()], [false, false])
    await started()
    assert.deepEqual([await given.sees(), await ended.sees()], [true, false])
  })
})

describe('the work of reading them anew', () => {
  const base = () => server.base
  const parts = () => ({ ridOf: server.composed.keys.ridOf, base: base() })
  const count = async () => (await query<{ n: number }>('select count(*)::int as n from consent'))[0]!.n
  const database = () =>
    openDatabase({ ...server.settings.database, connection: server.settings.database.url!, onError: () => undefined })

  /** Reads them by two at a time, as one process does; `compile` sees each of them. */
  async function renewal(compile: (consent: Resource) => ReturnType<typeof compileGrants>, batch = 2): Promise<number> {
    const own = database()
    try {
      const { store } = server.composed
      return await renewGrants({ database: own, store, ...consentReading(parts()), compile, batch })
    } finally {
      await own.close()
    }
  }

  before(async () => {
    for (let n = 0; n < 3; n++) await aConsent()
  })

  test('goes on where it was interrupted, and is done once', async () => {
    await olden()
    const total = await count()
    const seen: string[] = []
    const broken = renewal((consent) => {
      if (seen.length === 3) throw new Error('the power fails')
      seen.push(consent.id!)
      return compileGrants(consent, parts())
    })
    await assert.rejects(broken, /the power fails/)
    const read = (consent: Resource) => (seen.push(consent.id!), compileGrants(consent, parts()))
    // The batch that was under way is read again, as a whole.
    assert.equal(await renewal(read), total - 2)
    assert.equal(new Set(seen).size, total)
    assert.equal(seen.length, total + 1)
    assert.equal(await renewal(read), 0)
    assert.equal(seen.length, total + 1)
  })

  test('is shared by processes that start at once: each Consent is read by one of them', async () => {
    await olden()
    const total = await count()
    const seen: string[] = []
    const read = (consent: Resource) => (seen.push(consent.id!), compileGrants(consent, parts()))
    const counts = await Promise.all([renewal(read, 1), renewal(read, 1), renewal(read, 1)])
    assert.equal(counts[0]! + counts[1]! + counts[2]!, total)
    assert.equal(seen.length, total)
    assert.equal(new Set(seen).size, total)
  })

  test('is done again for another reading, which may have been begun and left', async () => {
    await olden()
    await started()
    const state = { meaning: 'older', after: '1', done: true }
    await setInstallValue(server.composed.store, 'grants', Buffer.from(JSON.stringify(state)))
    const { rid, sees } = await aConsent({ provision: [{ type: 'deny' }] })
    await asBefore(rid)
    assert.equal(await sees(), true)
    await started()
    assert.equal(await sees(), false)
  })

  test('leaves what is written meanwhile as it was written', async () => {
    const { patient, id, rid, sees } = await aConsent()
    const stored = (await patient.client.get(`Consent/${id}`)).body
    await olden()
    let put: Promise<{ status: number }> | undefined
    await renewal((consent) => {
      if (consent.id === id) put = patient.client.put(`Consent/${id}`, { ...stored, status: 'inactive' }).then((r) => r)
      return compileGrants(consent, parts())
    })
    assert.equal((await put)?.status, 200)
    assert.deepEqual(await rowsOf(rid), [])
    assert.equal(await sees(), false)
  })
})

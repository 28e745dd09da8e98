import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import pg from 'pg'
import {
  admin,
  type Answer,
  bounded,
  found,
  get,
  mebi,
  patient,
  refused,
  search,
  server,
  useServer,
} from '../support/hostile.ts'
import { aPatient, aTransaction, posted } from '../support/resources.ts'
import { administrator, startServer } from '../support/server.ts'

useServer()

describe('searches without bounds', () => {
  const values = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`).join(',')

  test('10,000 values are refused, 1,000 answered', bounded, async () => {
    for (const name of [
      '_id',
      'identifier',
      'name',
      'gender',
      'general-practitioner',
      'link',
      '_tag',
      'birthdate',
      'name:not',
    ]) {
      await refused(search('Patient', `${name}=${values(10_000)}`), 400)
    }
    assert.deepEqual(await found('Patient', `identifier=${values(1_000)}`), [])
    assert.deepEqual(await found('Patient', `_id=${values(999)},${patient}`), [patient])
  })

  test('1,000 parameters, sorts, includes and elements are refused or answered', bounded, async () => {
    await refused(search('Patient', Array.from({ length: 1_000 }, () => 'name=a').join('&')), 400)
    for (const form of [
      `_sort=${Array.from({ length: 10_000 }, () => 'birthdate').join(',')}`,
      `_elements=${Array.from({ length: 10_000 }, (_, n) => `a${n}`).join(',')}&_id=${patient}`,
      Array.from({ length: 150 }, () => '_include=*').join('&'),
      Array.from({ length: 150 }, () => '_include=Patient:link').join('&'),
    ]) {
      const { status, text } = (await search('Patient', form)(admin)) as Answer
      assert.ok(status === 200 || status === 400, `${status} ${text.slice(0, 300)}`)
    }
  })

  test('a form of more than 1 MiB is refused', bounded, () =>
    refused(search('Patient', `name=${'a'.repeat(2 * mebi)}`), 413).then(() => undefined),
  )

  test('chains of 20 links are refused', bounded, async () => {
    await refused(get(`Patient?${'link:Patient.'.repeat(20)}name=a`), 400)
    await refused(get(`Organization?${'partof.'.repeat(20)}name=a`), 400)
    await refused(get(`Patient?${'_has:Patient:link:'.repeat(20)}name=a`), 400)
    await refused(get(`Observation?${'subject:Patient._has:Observation:subject:'.repeat(10)}code=a`), 400)
    await refused(get(`Observation?${'focus.'.repeat(6)}_id=a`), 400)
    await refused(get(`List?${'item.'.repeat(3)}_id=a`), 400)
  })

  test('_count beyond the maximum is the maximum, and what is no count is refused', bounded, async () => {
    for (const count of ['1001', '1000000', '999999999']) {
      const { body } = await admin.get(`Patient?_count=${count}`).expect(200)
      const self = body.link.find(({ relation }: { relation: string }) => relation === 'self').url as string
      assert.match(self, /_count=1000(&|$)/)
    }
    for (const count of ['-1', '1.5', '1e3', '99999999999', 'all', '٣', '%2B1'])
      await refused(get(`Patient?_count=${count}`), 400)
  })

  test('conditions of creates are bounded as searches are', bounded, async () => {
    for (const condition of [
      `identifier=${values(1_500)}`,
      `${'link:Patient.'.repeat(20)}name=a`,
      'constructor=1',
      '',
      '_sort=name',
    ]) {
      const answer = (await admin.post('Patient', aPatient()).set('if-none-exist', condition)) as Answer
      assert.equal(
        answer.status,
        condition === '' ? 201 : 400,
        `${condition.slice(0, 50)} ${answer.text.slice(0, 300)}`,
      )
    }
  })
})

describe('circles', () => {
  test('of resources are included once each', bounded, async () => {
    const ids = ['circle-a', 'circle-b', 'circle-c']
    for (const [n, id] of ids.entries()) {
      const partOf = { reference: `Organization/${ids[(n + 1) % ids.length]}` }
      await admin.put(`Organization/${id}`, { resourceType: 'Organization', id, name: id, partOf }).expect(201)
    }
    for (const [query, matches] of [
      ['_id=circle-a&_include=Organization:partof', ['circle-a', 'circle-b']],
      ['_id=circle-a&_revinclude=Organization:partof', ['circle-a', 'circle-c']],
      [`_id=${ids.join(',')}&_include=Organization:partof&_revinclude=Organization:partof`, ids],
      ['partof.partof.partof.name=circle-a', ['circle-a']],
    ] as const) {
      assert.deepEqual((await found('Organization', query)).sort(), matches)
    }
  })

  test('of references within a transaction are resolved', bounded, async () => {
    const [a, b] = [posted({ resourceType: 'Organization' }), posted({ resourceType: 'Organization' })]
    Object.assign(a.resource, { name: 'a', partOf: { reference: b.fullUrl } })
    Object.assign(b.resource, { name: 'b', partOf: { reference: a.fullUrl } })
    const { entry } = (await admin.post('', aTransaction(a, b)).expect(200)).body
    assert.equal(entry.length, 2)
  })
})

describe('cursors', () => {
  test('that are altered, of another search or of another person are refused', bounded, async () => {
    for (let n = 0; n < 3; n++) await admin.post('Patient', aPatient())
    const { body } = await admin.get('Patient?_count=1&_sort=name').expect(200)
    const next = new URL(body.link.find(({ relation }: { relation: string }) => relation === 'next').url)
    const cursor = next.searchParams.get('_cursor')!
    await admin.get(`Patient${next.search}`).expect(200)
    const flipped = cursor.slice(0, 20) + (cursor[20] === 'A' ? 'B' : 'A') + cursor.slice(21)
    for (const wrong of [
      flipped,
      `${cursor}A`,
      cursor.slice(0, -4),
      '',
      'A',
      '%00',
      `${cursor}==`,
      'a'.repeat(10_000),
    ]) {
      await refused(get(`Patient?_count=1&_sort=name&_cursor=${wrong}`), 400)
    }
    await refused(get(`Patient?_count=1&_sort=-name&_cursor=${cursor}`), 400)
    await refused(get(`Observation?_count=1&_cursor=${cursor}`), 400)
    const other = server.as(administrator())
    await refused(() => other.get(`Patient${next.search}`), 400)
  })
})

describe('what costs too much', () => {
  test('is given up after the statement timeout with 503, and the connection is free again', bounded, async () => {
    const slow = await startServer({ STATEMENT_TIMEOUT: '1s', PG_POOL: '2' })
    const blocker = new pg.Client(slow.settings.database.url!)
    await blocker.connect()
    try {
      const client = slow.as(administrator())
      const { body } = await client.post('Patient', aPatient()).expect(201)
      await blocker.query('begin')
      await blocker.query('lock table patient, patient_v in access exclusive mode')
      const asked = ['Patient?name=a', `Patient/${body.id}`, 'Patient?name=b', `Patient/${body.id}/_history`]
      const answers = await Promise.all(asked.map((target) => client.get(target)))
      for (const { status, headers, body: outcome } of answers) {
        assert.equal(status, 503)
        assert.equal(headers['retry-after'], '5')
        assert.equal(outcome.issue[0].code, 'too-costly')
      }
      await blocker.query('rollback')
      await client.get(`Patient/${body.id}`).expect(200)
      await client.get('Patient?name=lindqvist').expect(200)
    } finally {
      await blocker.end()
      await slow.close()
    }
  })
})

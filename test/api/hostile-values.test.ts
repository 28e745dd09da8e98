import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  admin,
  type Answer,
  bounded,
  found,
  get,
  mebi,
  patient,
  post,
  refused,
  search,
  stored,
  useServer,
} from '../support/hostile.ts'
import { anObservation, aPatient } from '../support/resources.ts'

useServer()

describe('numbers and dates', () => {
  const literals = [
    '1e400',
    '-1e400',
    '1e-400',
    '9'.repeat(400),
    `0.${'0'.repeat(400)}1`,
    '1e999999999',
    '1E-999999999',
  ]

  test('beyond a double are kept as they are written, and searched without an error', bounded, async () => {
    for (const literal of literals) {
      const body = JSON.stringify(anObservation(`Patient/${patient}`)).replace('"value":72', `"value":${literal}`)
      const { status, text } = (await admin.post('Observation', body).buffer(true)) as unknown as Answer
      assert.equal(status, 201, text)
      assert.ok(text.includes(`"value":${literal}`))
      for (const prefix of ['', 'gt', 'le', 'ap', 'ne', 'sa', 'eb']) {
        const answer = await admin.get(`Observation?value-quantity=${prefix}${literal}`)
        assert.ok(answer.status === 200 || answer.status === 400, `${prefix}${literal} ${answer.status}`)
      }
      const risk = await admin.get(`RiskAssessment?probability=${literal}`)
      assert.ok(risk.status === 200 || risk.status === 400)
    }
  })

  test('that are no numbers are refused', bounded, async () => {
    for (const literal of ['NaN', 'Infinity', '-Infinity', '0x10', '1e', '--1', '1_000', '٣', '']) {
      await refused(get(`RiskAssessment?probability=${encodeURIComponent(literal)}`), 400)
    }
    for (const literal of ['NaN', 'Infinity', '01', '+1', '.5', '1.', '0x10']) {
      await refused(post('Patient', `{"resourceType":"Patient","multipleBirthInteger":${literal}}`), 400)
    }
    for (const literal of ['2147483648', '-2147483649', '1.5', '1e2', '1e400']) {
      await refused(post('Patient', `{"resourceType":"Patient","multipleBirthInteger":${literal}}`), 422)
    }
  })

  test('dates beyond the calendar are refused', bounded, async () => {
    for (const date of [
      '0000-01-01',
      '10000-01-01',
      '2023-02-29',
      '2023-13-01',
      '2023-00-01',
      '2023-01-00',
      '2023-1-1',
      '99999999999999999999',
      '-2023-01-01',
      '2023-01-01T24:00:00Z',
      '2023-01-01T10:60:00Z',
      '2023-01-01T10:00:00+25:00',
    ]) {
      await refused(post('Patient', aPatient({ birthDate: date })), 422)
      await refused(post('Observation', anObservation('Patient/1', { effectiveDateTime: date })), 422)
      await refused(get(`Patient?birthdate=${encodeURIComponent(date)}`), 400)
      await refused(get(`Patient?_lastUpdated=gt${encodeURIComponent(date)}`), 400)
    }
  })

  test('dates at the ends of the calendar are stored and found', bounded, async () => {
    for (const date of [
      '0001-01-01',
      '0001-01-01T00:00:00+14:00',
      '9999-12-31',
      '9999-12-31T23:59:59-12:00',
      '2016-12-31T23:59:60Z',
    ]) {
      const { id } = await stored(anObservation(`Patient/${patient}`, { effectiveDateTime: date }))
      assert.ok((await found('Observation', `date=${encodeURIComponent(date)}`)).includes(id), date)
      for (const prefix of ['gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'ne']) {
        await found('Observation', `date=${prefix}${encodeURIComponent(date)}`)
        await found('Observation', `_lastUpdated=${prefix}${encodeURIComponent(date)}`)
      }
    }
    const effectivePeriod = { start: '9999-12-31', end: '0001-01-01' }
    const { effectiveDateTime: _, ...rest } = anObservation(`Patient/${patient}`, { effectivePeriod })
    const { status } = await admin.post('Observation', rest)
    assert.ok(status === 201 || status === 422, `${status}`)
  })
})

describe('values made for slow expressions', () => {
  const slow = {
    spaces: `${' '.repeat(mebi)}!`,
    letters: `${'a'.repeat(mebi)}!`,
    words: `${'a '.repeat(mebi / 2)} `,
    dots: '1.'.repeat(mebi / 2),
    base64: `${'A'.repeat(mebi)}=${'='.repeat(10)}`,
    mixed: `${'\t\n '.repeat(mebi / 4)}=`,
    markup: '<div xmlns="http://www.w3.org/1999/xhtml">' + '<a '.repeat(mebi / 4),
    backticks: `<b>${'`'.repeat(mebi / 2)}${'`a'.repeat(mebi / 8)}<b>${' ``'.repeat(10_000)}`,
    patterns: '((((a+)+)+)+)$'.repeat(50_000),
  }
  for (const [kind, value] of Object.entries(slow)) {
    test(`made of ${kind} are judged at once, in every type of element`, bounded, async () => {
      for (const resource of [
        aPatient({ id: value }),
        aPatient({ language: value }),
        aPatient({ name: [{ family: value, given: [value] }] }),
        aPatient({ birthDate: value }),
        aPatient({ gender: value }),
        aPatient({ text: { status: 'generated', div: value } }),
        aPatient({ extension: [{ url: value, valueString: value }] }),
        aPatient({ extension: [{ url: 'a', valueMarkdown: value }] }),
        aPatient({
          extension: [
            { url: 'a', valueCode: value },
            { url: 'a', valueUri: value },
          ],
        }),
        aPatient({
          extension: [
            { url: 'a', valueOid: value },
            { url: 'a', valueUuid: value },
            { url: 'a', valueTime: value },
          ],
        }),
        aPatient({
          extension: [
            { url: 'a', valueInstant: value },
            { url: 'a', valueBase64Binary: value },
          ],
        }),
        aPatient({ managingOrganization: { reference: value } }),
        { resourceType: 'Binary', contentType: value, data: value },
        { resourceType: 'Binary', contentType: 'a/b', data: value },
        { resourceType: 'Binary', contentType: 'a/b', securityContext: { reference: value }, data: '' },
        { resourceType: value },
      ]) {
        const target = resource.resourceType === 'Binary' ? 'Binary' : 'Patient'
        const { status, text } = (await admin.post(target, resource)) as Answer
        assert.ok([201, 400, 409, 422].includes(status), `${status} ${text.slice(0, 300)}`)
      }
    })

    test(`made of ${kind} are searched for at once, with every type of parameter`, bounded, async () => {
      const text = encodeURIComponent(value.slice(0, 200_000))
      for (const query of [
        'name',
        'name:contains',
        'name:exact',
        'identifier',
        'birthdate',
        '_id',
        'general-practitioner',
        '_profile',
        '_sort',
        '_elements',
        '_include',
        '_has:Observation:patient:value-quantity',
        '_cursor',
        'general-practitioner:identifier',
      ]) {
        const { status, text: said } = (await search('Patient', `${query}=${text}`)(admin)) as Answer
        assert.ok(status === 200 || status === 400, `${query}: ${status} ${said.slice(0, 300)}`)
      }
    })
  }

  test('in patterns of LIKE are searched for at once, and letter by letter', bounded, async () => {
    await stored(aPatient({ name: [{ family: 'q'.repeat(100_000) }] }))
    for (const pattern of [`${'%q'.repeat(900)}z`, `${'_%'.repeat(900)}qz`, `${'q*'.repeat(900)}z`]) {
      assert.deepEqual(await found('Patient', `family:contains=${encodeURIComponent(pattern)}`), [])
    }
    await refused(search('Patient', `family:contains=${'%25'.repeat(1_000)}`), 400)
  })
})

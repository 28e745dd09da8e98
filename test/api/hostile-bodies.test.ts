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
  sent,
  stored,
  useServer,
  xml,
} from '../support/hostile.ts'
import { aDocumentReference, anObservation, aPatient } from '../support/resources.ts'
import { type Client } from '../support/server.ts'

useServer()

describe('deep nesting', () => {
  const extensions = (depth: number): object =>
    depth === 0 ? { url: 'a', valueBoolean: true } : { url: 'a', extension: [extensions(depth - 1)] }

  test('of 40 extensions is stored and read back', bounded, async () => {
    const { extension } = await stored({ resourceType: 'Patient', extension: [extensions(40)] } as never)
    assert.deepEqual(extension, [extensions(40)])
  })

  for (const [what, ask] of Object.entries({
    'arrays in JSON': post('Patient', `${'['.repeat(1_000_000)}`),
    'objects in JSON': post('Patient', '{"a":'.repeat(500_000)),
    'extensions in JSON': post('Patient', { resourceType: 'Patient', extension: [extensions(60)] }),
    'extensions in XML': sent('Patient', 'application/fhir+xml', xml('<extension url="a">'.repeat(500_000))),
    'a narrative in XML': sent(
      'Patient',
      'application/fhir+xml',
      xml(`<text><status value="empty"/><div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(500_000)}`),
    ),
  })) {
    test(`of ${what} without end is refused`, bounded, () =>
      refused(ask, what.startsWith('a narrative') ? 413 : 400).then(() => undefined),
    )
  }

  test('that a patch makes is refused', bounded, async () => {
    const operations = [{ op: 'add', path: '/extension', value: [extensions(20)] }]
    for (const depth of [20, 40]) {
      const path = `/extension/0${'/extension/0'.repeat(depth)}/extension`
      operations.push({ op: 'add', path, value: [extensions(20)] })
    }
    await refused((client) => client.patch(`Patient/${patient}`, operations), 413)
  })
})

describe('what is long', () => {
  const many = 100_000

  test('a list of 100,000 objects is stored and read back', bounded, async () => {
    const contact = Array.from({ length: many }, (_, n) => ({ name: { family: `Name${n}` } }))
    const { id, contact: read } = await stored(aPatient({ contact }))
    assert.deepEqual(read, contact)
    await admin.delete(`Patient/${id}`).expect(204)
  })

  test(
    'a list of 10,000 values is stored and found, 100,000 values to be searched for are refused',
    bounded,
    async () => {
      const given = Array.from({ length: many }, (_, n) => `Name${n}`)
      const { id } = await stored(aPatient({ name: [{ given: given.slice(0, 10_000) }] }))
      assert.deepEqual(await found('Patient', 'given:exact=Name9999'), [id])
      await admin.delete(`Patient/${id}`).expect(204)
      await refused(post('Patient', aPatient({ name: [{ given }] })), 413)
      const coding = given.map((code) => ({ system: 'http://example.org/codes', code }))
      await refused(post('Observation', anObservation(`Patient/${patient}`, { code: { coding } })), 413)
    },
  )

  test('100,000 mistakes are told in an answer of ordinary size', bounded, async () => {
    await refused(post('Patient', aPatient({ name: Array.from({ length: many }, () => ({ family: 1 })) })), 422)
    await refused(post('Patient', aPatient({ name: Array.from({ length: many }, () => null) })), 422)
  })

  test('100,000 references to nothing are refused', bounded, async () => {
    const member = Array.from({ length: many }, (_, n) => ({ entity: { reference: `Patient/none-${n}` } }))
    const answer = (await admin.post('Group', {
      resourceType: 'Group',
      type: 'person',
      actual: true,
      member,
    })) as Answer
    assert.ok(answer.status === 201 || answer.status === 422, `${answer.status}`)
  })

  const long = 'x'.repeat(10 * mebi)
  for (const [what, resource] of Object.entries({
    'a name': aPatient({ name: [{ family: long }] }),
    'a code': anObservation('Patient/1', { code: { coding: [{ system: 'http://loinc.org', code: long }] } }),
    'the text of a code': anObservation('Patient/1', { code: { text: long } }),
    'an identifier': aPatient({ identifier: [{ system: 'urn:a', value: long }] }),
    'a unit': anObservation('Patient/1', { valueQuantity: { value: 1, unit: long, system: 'urn:a', code: long } }),
  })) {
    test(`${what} of 10 MB is longer than FHIR allows`, bounded, async () => {
      const issue = await refused(post(resource.resourceType, resource), 422)
      assert.match(issue.diagnostics!, /longer than 1,?048,?576/)
    })
  }

  for (const [what, resource] of Object.entries({
    'a reference': anObservation('Patient/1', { derivedFrom: [{ reference: `urn:${long}` }] }),
    'a canonical URL': { resourceType: 'ValueSet', status: 'draft', url: `urn:${long}` },
    'a system': aPatient({ identifier: [{ system: `urn:${long}`, value: 'a' }] }),
    'a profile': { ...aPatient(), meta: { profile: [`urn:${long}`] } },
  })) {
    test(`${what} of 10 MB is stored or refused, and breaks nothing`, bounded, async () => {
      const answer = (await admin.post(resource.resourceType, resource)) as Answer
      assert.ok(answer.status === 201 || answer.status === 422, `${answer.status} ${answer.text.slice(0, 300)}`)
    })
  }

  test('a name of 1 MB is stored, read back and found by what it starts with', bounded, async () => {
    const family = `Zz${'y'.repeat(mebi - 2)}`
    const { id, name } = await stored(aPatient({ name: [{ family }] }))
    assert.equal((name as { family: string }[])[0]!.family, family)
    assert.deepEqual(await found('Patient', 'family=zzyyyyyy'), [id])
  })

  test('a narrative of 10 MB is stored and read back', bounded, async () => {
    const text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${long}</div>` }
    assert.deepEqual((await stored(aPatient({ text })))['text'], text)
  })

  test('a document of 10 MB within the resource becomes an attachment', bounded, async () => {
    const data = Buffer.alloc(10 * mebi, 'ab').toString('base64')
    const resource = aDocumentReference(`Patient/${patient}`, {
      content: [{ attachment: { contentType: 'a/b', data } }],
    })
    const { content } = (await stored(resource)) as unknown as { content: { attachment: { size: number } }[] }
    assert.equal(content[0]!.attachment.size, 10 * mebi)
  })

  test('a Bundle of 10,001 entries is refused', bounded, async () => {
    const entry = Array.from({ length: 10_001 }, () => ({ request: { method: 'GET', url: `Patient/${patient}` } }))
    for (const type of ['batch', 'transaction']) {
      await refused(post('', { resourceType: 'Bundle', type, entry }), 413)
    }
  })

  test('a path, a header and a query of 10 kB are refused', bounded, async () => {
    await refused(get(`Patient/${'a'.repeat(10_000)}`), 404)
    await refused(get('a/'.repeat(5_000)), 404)
    await refused(get(`Patient?${'a'.repeat(10_000)}=1`), 400)
    await refused((client) => client.get('Patient').set('accept', 'x/y,'.repeat(3_000)), 406)
    await refused((client) => client.get('Patient').set('accept', `x/y;charset=${' '.repeat(10_000)}x`), 406)
    await refused(
      (client) => client.put(`Patient/${patient}`, aPatient({ id: patient })).set('if-match', ' '.repeat(10_000) + 'x'),
      400,
    )
  })
})

describe('names that JavaScript knows', () => {
  const names = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype']

  test('are no keys, elements, types or operations', bounded, async () => {
    await refused(post('Patient', '{"resourceType":"Patient","__proto__":{"a":1}}'), 400)
    await refused(post('Patient', '{"resourceType":"Patient","\\u005f_proto__":{"a":1}}'), 400)
    for (const name of names.slice(1)) {
      await refused(post('Patient', `{"resourceType":"Patient","${name}":{"a":1}}`), 422)
      await refused(post('Patient', `{"resourceType":"${name}"}`), 400)
    }
    for (const name of names) {
      await refused(sent('Patient', 'application/fhir+xml', xml(`<${name} value="a"/>`)), 422)
      await refused(get(`${name}/1`), 404)
      await refused(get(`Patient/$${name}`), 404)
      await refused(post('', { resourceType: 'Bundle', type: name }), 422)
    }
  })

  test('are no search parameters, modifiers, sorts, includes or links of chains', bounded, async () => {
    for (const name of names) {
      for (const query of [
        `${name}=1`,
        `name:${name}=1`,
        `_sort=${name}`,
        `_include=Patient:${name}`,
        `_include=${name}:link`,
        `_revinclude=${name}:subject`,
        `_summary=${name}`,
        `_total=${name}`,
        `_has:Observation:${name}:code=1`,
        `_has:${name}:subject:code=1`,
        `general-practitioner.${name}=1`,
        `general-practitioner:${name}.name=1`,
        `link.${name}=1`,
      ]) {
        await refused(get(`Patient?${query}`), 400)
      }
      // What could be the name of an element is one that no Patient has; what could not is refused.
      const { status, text } = await admin.get(`Patient?_elements=${name}&_id=${patient}`)
      assert.equal(status, /^[A-Za-z]+$/.test(name) ? 200 : 400, name)
      assert.ok(!text.includes('function'))
    }
  })

  test('are no path of a patch', bounded, async () => {
    for (const [path, status] of [
      ['/__proto__/polluted', 400],
      ['/constructor/prototype/polluted', 422],
      ['/name/__proto__', 400],
      ['/name/length', 422],
    ] as const) {
      await refused((client) => client.patch(`Patient/${patient}`, [{ op: 'add', path, value: 1 }]), status)
    }
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })
})

describe('characters', () => {
  for (const [what, ask] of Object.entries({
    'a key twice': post('Patient', '{"resourceType":"Patient","name":[{"family":"a","\\u0066amily":"b"}]}'),
    'NUL in a body': post('Patient', aPatient({ language: 'a\u0000' })),
    'half a surrogate pair in a body': post('Patient', '{"resourceType":"Patient","language":"\\udc00\\ud800"}'),
    'bytes that are no UTF-8': (client: Client) =>
      client
        .raw('post')('Patient')
        .set('content-type', 'application/fhir+json')
        .send(Buffer.from('{"a":"\xff"}', 'latin1')),
    'bytes that are no UTF-8, in XML': (client: Client) =>
      client
        .raw('post')('Patient')
        .set('content-type', 'application/fhir+xml')
        .set('accept', 'application/json')
        .send(Buffer.from('<a b="\xff"/>', 'latin1')),
    'NUL in a query': get('Patient?name=a%00b'),
    'NUL in a name': get('Patient?na%00me=a'),
    'NUL in a token': get('Patient?identifier=a%00|b'),
    'a path that is not well encoded': get('Patient/%'),
    'overlong UTF-8 in a path': get('Patient/%c0%ae'),
  })) {
    test(`${what} is refused`, bounded, () => refused(ask, 400).then(() => undefined))
  }

  test('bytes in a query that are no UTF-8 match nothing', bounded, async () => {
    for (const value of ['%ff', '%ed%a0%80', '%c0%80']) await admin.get(`Patient?name=${value}`).expect(200)
  })

  test('paths that climb lead nowhere', bounded, async () => {
    for (const path of [
      '..%2f..%2fetc%2fpasswd',
      'Patient/..%2f..%2f',
      'Patient/%2e%2e',
      'Patient/1%2f_history%2f..',
    ]) {
      const { status } = await admin.get(path)
      assert.ok(status === 404, `${path} ${status}`)
    }
  })

  test('characters of every kind are stored, and found again', bounded, async () => {
    for (const family of [
      'İstanbulI\u0307',
      'ﬃ',
      '\u{1f600}\u{1f468}\u200d\u{1f469}',
      `e${'\u0301'.repeat(5_000)}`,
      '%_\\\'"$1::',
    ]) {
      const { id } = await stored(aPatient({ name: [{ family }] }))
      const value = encodeURIComponent(family.replace(/([\\,$|])/g, '\\$1'))
      assert.ok((await found('Patient', `family:exact=${value}`)).includes(id), family.slice(0, 20))
      assert.ok((await found('Patient', `family=${value}`)).includes(id), family.slice(0, 20))
      assert.ok((await found('Patient', `family:contains=${value}`)).includes(id), family.slice(0, 20))
    }
  })
})

describe('XML', () => {
  const xmlOf = (content: string) => sent('Patient', 'application/fhir+xml', content)
  const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 30 }, (_, n) => `<!ENTITY b${n} "&${n === 0 ? 'a' : `b${n - 1}`};&${n === 0 ? 'a' : `b${n - 1}`};">`).join('')}]>`
  for (const [what, content] of Object.entries({
    'entities that grow': laughs + xml('<language value="&b29;"/>'),
    'an entity from outside': `<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">${xml('')}`,
    'a million attributes': xml(`<id ${Array.from({ length: 1_000_000 }, (_, n) => `a${n}=""`).join(' ')}/>`),
    'a comment without end': `<!--${'-'.repeat(mebi)}`,
    'CDATA without end': `${xml('').slice(0, -10)}<![CDATA[${']'.repeat(mebi)}`,
    'a name without end': `<${'a'.repeat(10 * mebi)}`,
    'references without end': xml(`<language value="${'&#x41;'.repeat(mebi)}`),
  })) {
    test(`with ${what} is refused`, bounded, () => refused(xmlOf(content), 400).then(() => undefined))
  }

  test('with 100,000 elements and a value of 1 MB is stored', bounded, async () => {
    const content = xml(
      `<name><family value="${'&#x79;'.repeat(mebi)}"/>${'<given value="a"/>'.repeat(100_000)}</name>`,
    )
    const { status, text } = (await xmlOf(content)(admin).set('prefer', 'return=minimal')) as unknown as Answer
    assert.equal(status, 201, text?.slice(0, 300))
  })
})

describe('patches', () => {
  test('of 100,000 operations, doubling ones and ones without end are bounded', bounded, async () => {
    const test = { op: 'test', path: '/gender', value: 'female' }
    const { status } = await admin.patch(
      `Patient/${patient}`,
      Array.from({ length: 100_000 }, () => test),
    )
    assert.ok(status === 200 || status === 413, `${status}`)
    const doubling = [
      { op: 'add', path: '/extension', value: [{ url: 'a', valueString: 'b' }] },
      ...Array.from({ length: 25 }, () => [
        { op: 'copy', from: '/extension', path: '/extension/0/extension' },
        { op: 'copy', from: '/extension/0', path: '/extension/1' },
      ]).flat(),
    ]
    await refused((client) => client.patch(`Patient/${patient}`, doubling), 413)
    for (const path of ['/name/9999999999', '/name/-1', '/name/1e3', `/${'a/'.repeat(100_000)}`, '/name/00']) {
      const answer = await admin.patch(`Patient/${patient}`, [{ op: 'add', path, value: 'a' }])
      assert.ok(answer.status === 400 || answer.status === 422, `${path.slice(0, 20)} ${answer.status}`)
    }
  })
})

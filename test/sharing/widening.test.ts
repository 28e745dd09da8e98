import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { aDocumentReference, aTransaction } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people: ReturnType<typeof peopleOf>
let author: SomePerson
let doctor: SomePerson
let patient: SomePerson
let letter: string

before(async () => {
  server = await startServer()
  people = peopleOf(server)
  author = await people.doctor()
  doctor = await people.doctor()
  patient = await people.patient({ generalPractitioner: [author.reference] })
  const { status, body } = await author.client.post('DocumentReference', aDocumentReference(patient.name))
  assert.equal(status, 201, JSON.stringify(body))
  letter = `DocumentReference/${body.id}`
})
after(() => server.close())

const sees = async (who: SomePerson, name: string) => (await who.client.get(name)).status === 200

describe('nobody widens what he may see', () => {
  /** Each relation element of the record, as who may not write it would have it. */
  const paths: [title: string, act: () => Promise<{ status: number; body: unknown }>][] = [
    ['PUT of a Patient', async () => put(patient.name, { generalPractitioner: [author.reference, doctor.reference] })],
    [
      'PUT of the managing organization',
      async () => put(patient.name, { managingOrganization: { reference: 'Organization/1' } }),
    ],
    ['PUT of a link', async () => put(patient.name, { link: [{ other: patient.reference, type: 'seealso' }] })],
    [
      'JSON Patch of a Patient',
      () => patched(patient.name, { op: 'add', path: '/generalPractitioner/-', value: doctor.reference }),
    ],
    [
      'JSON Patch of the own qualification',
      () => patched(author.name, { op: 'add', path: '/qualification', value: [{ code: { text: 'x' } }] }),
    ],
    ['JSON Patch of the own name', () => patched(author.name, { op: 'replace', path: '/name/0/family', value: 'X' })],
    ['JSON Patch of the own state', () => patched(author.name, { op: 'replace', path: '/active', value: false })],
    [
      'a conditional update of a Patient',
      async () => {
        const { body } = await author.client.get(patient.name)
        return author.client.put(`Patient?_id=${patient.id}`, { ...body, generalPractitioner: [doctor.reference] })
      },
    ],
    [
      'a transaction with a CareTeam',
      () =>
        bundle('CareTeam', {
          status: 'active',
          subject: patient.reference,
          participant: [{ member: author.reference }],
        }),
    ],
    [
      'a transaction with a Group',
      () => bundle('Group', { type: 'person', actual: true, member: [{ entity: patient.reference }] }),
    ],
    [
      'a PractitionerRole',
      () =>
        author.client.post('PractitionerRole', {
          resourceType: 'PractitionerRole',
          active: true,
          practitioner: author.reference,
        }),
    ],
    [
      'a conditional create of a RelatedPerson',
      () =>
        author.client
          .post('RelatedPerson', { resourceType: 'RelatedPerson', active: true, patient: patient.reference })
          .set('if-none-exist', `patient=${patient.id}`),
    ],
    ['an Organization', () => author.client.post('Organization', { resourceType: 'Organization', name: 'Mine' })],
  ]
  for (const [title, act] of paths) {
    test(`${title} that decides access is refused: 403, and nothing is stored`, async () => {
      const versions = async () => [await versionOf(patient.name), await versionOf(author.name)]
      const was = await versions()
      const { status, body } = await act()
      assert.equal(status, 403, JSON.stringify(body))
      assert.deepEqual(await versions(), was)
      assert.ok(!(await sees(doctor, letter)))
    })
  }

  test('a second DocumentReference onto a known Binary is refused, whether its bytes may be read or not', async () => {
    const { body } = await patient.client.get(letter)
    const url = body.content[0].attachment.url as string
    const own = await people.patient({ generalPractitioner: [doctor.reference] })
    const onto = aDocumentReference(own.name, { content: [{ attachment: { contentType: 'text/plain', url } }] })
    const { status } = await doctor.client.post('DocumentReference', onto)
    assert.ok(status === 422 || status === 403, String(status))
    assert.equal((await doctor.client.get(new URL(url).pathname)).status, 404)
  })

  async function put(name: string, more: object) {
    const { body } = await author.client.get(name)
    return author.client.put(name, { ...body, ...more })
  }

  function patched(name: string, operation: object) {
    return author.client
      .raw('patch')(name)
      .set('content-type', 'application/json-patch+json')
      .send(JSON.stringify([operation]))
  }

  function bundle(type: string, more: object) {
    const request = { method: 'POST', url: type }
    return author.client.post('', aTransaction({ resource: { resourceType: type, ...more }, request }))
  }

  async function versionOf(name: string): Promise<string> {
    return (await people.admin.get(name)).body.meta.versionId
  }
})

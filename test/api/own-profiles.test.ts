import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { loadDefinitions } from '../../src/definitions/load.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { mailsTo, peopleOf } from '../support/people.ts'
import { aDocumentReference } from '../support/resources.ts'
import { startServer, type TestServer } from '../support/server.ts'

const definitions = await loadDefinitions()
const profiles = 'https://chartshare.example/fhir/StructureDefinition/'

let server: TestServer
let people: ReturnType<typeof peopleOf>
before(async () => {
  server = await startServer({ RATE_LIMIT_SCALE: '0' })
  people = peopleOf(server)
})
after(() => server.close())

async function found(query: string): Promise<Resource> {
  const { body } = await people.admin.get(query).expect(200)
  assert.equal(body.entry?.length, 1, `${query}: ${JSON.stringify(body)}`)
  return body.entry[0].resource
}

/** The resource is valid as one that claims the profile. */
function follows(resource: Resource, name: string): void {
  assert.ok(definitions.profiles(resource.resourceType).includes(profiles + name), name)
  const claiming = { ...resource, meta: { ...resource.meta, profile: [profiles + name] } }
  assert.deepEqual(
    definitions.validate(claiming).filter(({ severity }) => severity !== 'warning' && severity !== 'information'),
    [],
  )
}

test('/metadata lists the profiles', async () => {
  const { body } = await server.anonymous.get('metadata').expect(200)
  const listed = (body.rest[0].resource as { supportedProfile?: string[] }[]).flatMap(
    (one) => one.supportedProfile ?? [],
  )
  assert.deepEqual(
    listed.sort(),
    [
      ...['access-request', 'chartshare-communication', 'chartshare-document-reference', 'chartshare-practitioner'],
      ...['patient-share-consent', 'practitioner-approval', 'treatment-share-grant'],
    ].map((name) => profiles + name),
  )
})

test('a registration writes a Practitioner and a Task of their profiles, and so does its approval', async () => {
  const [email, family] = [`${randomUUID()}@example.org`, `F${randomUUID()}`]
  const form = {
    given: 'Ola',
    family,
    email,
    password: 'a long enough password 7',
    licence: 'MD-1',
    role: 'practitioner',
  }
  await server.anonymous.raw('post')('/register').send(form)
  const code = /\/verify\?code=(\S+)/.exec(mailsTo(server, email)[0]!)![1]!
  await server.anonymous.raw('post')('/verify').type('form').send({ code })
  const practitioner = await found(`Practitioner?family=${family}`)
  follows(practitioner, 'chartshare-practitioner')
  const task = `Task?code=practitioner-approval&focus=Practitioner/${practitioner.id}`
  follows(await found(task), 'practitioner-approval')
  await people.admin.put(`Practitioner/${practitioner.id}`, { ...practitioner, active: true }).expect(200)
  follows(await found(`Practitioner?family=${family}`), 'chartshare-practitioner')
  follows(await found(task), 'practitioner-approval')
})

test('a document, the message that carries it, and the grant that comes of it follow their profiles', async () => {
  const [doctor, colleague] = [await people.doctor(), await people.doctor()]
  const patient = await people.patient({ generalPractitioner: [doctor.reference] })
  const sent = aDocumentReference(patient.name)
  const { body: document } = await doctor.client.post('DocumentReference', sent).expect(201)
  follows(document, 'chartshare-document-reference')
  const reference = `DocumentReference/${document.id}`
  const { body: message } = await doctor.client
    .post('Communication', {
      ...{ resourceType: 'Communication', status: 'in-progress', recipient: [colleague.reference] },
      payload: [{ contentString: 'Please have a look' }, { contentReference: { reference } }],
    })
    .expect(201)
  follows(message, 'chartshare-communication')
  const grant = await found(`Consent?actor=${colleague.name}`)
  assert.deepEqual(grant.meta!.profile, [`${profiles}treatment-share-grant`])
  follows(grant, 'treatment-share-grant')
})

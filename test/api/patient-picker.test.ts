import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createAccess } from '../../src/access/create-access.ts'
import { labelsOf } from '../../src/access/labels.ts'
import type { Principal } from '../../src/access/principal.ts'
import { loadDefinitions } from '../../src/definitions/load.ts'
import { createSearch } from '../../src/search/create-search.ts'
import { createSharing } from '../../src/sharing/create-sharing.ts'
import { peopleOf, type SomePerson } from '../support/people.ts'
import { person, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let sharing: ReturnType<typeof createSharing>
let doctor: SomePerson
before(async () => {
  server = await startServer()
  const { store, keys, base } = server.composed
  const definitions = await loadDefinitions()
  const search = createSearch({ definitions, keys, base, cursorSecret: randomBytes(32), labels: labelsOf })
  const access = createAccess({ definitions, search, keys, base })
  const unused = () => assert.fail('the picker writes nothing and asks for no account')
  sharing = createSharing({
    ...{
      store,
      access,
      definitions,
      search,
      keys,
      base,
      publicUrl: server.url,
      limits: { binary: 1 },
      secondApprover: false,
    },
    mail: { send: unused },
    outbox: { dead: unused, sendAgain: unused },
    trail: { upToNow: unused },
    accounts: {
      keepAnAdministrator: unused,
      activeAdministrators: unused,
      hasAccount: unused,
      revokeAll: unused,
      issueInvitation: unused,
      resetSecondFactor: unused,
      linkIdentity: unused,
      setRoles: unused,
    },
    serverWork: unused,
    requestPolicies: [],
    onError: unused,
  })
  doctor = await peopleOf(server).doctor()
})
after(() => server.close())

const asDoctor = (): Principal => ({
  kind: 'person',
  clientId: 'app',
  scopes: [],
  roles: [],
  ...person(server, 'practitioner', 'Practitioner', doctor.id),
})

test('the picker offers the patients whom the doctor may see, by name, and no other', async () => {
  const family = `F${randomUUID()}`
  const named = { name: [{ family, given: ['Anna'] }], birthDate: '1980-05-06' }
  const own = await peopleOf(server).patient({ ...named, generalPractitioner: [doctor.reference] })
  await peopleOf(server).patient(named)
  assert.deepEqual(await sharing.people.searchPatients(asDoctor(), family), [
    { id: own.id, name: `Anna ${family}`, birthDate: '1980-05-06' },
  ])
  assert.deepEqual(await sharing.people.searchPatients(asDoctor(), `${family},Nobody`), [])
  assert.ok((await sharing.people.searchPatients(asDoctor(), '')).some(({ id }) => id === own.id))
})

test('a patient is chosen only by who may read him', async () => {
  const own = await peopleOf(server).patient({ generalPractitioner: [doctor.reference] })
  const other = await peopleOf(server).patient()
  assert.equal(await sharing.people.mayRead(asDoctor(), 'Patient', own.id), true)
  assert.equal(await sharing.people.mayRead(asDoctor(), 'Patient', other.id), false)
  assert.equal(await sharing.people.mayRead(asDoctor(), 'Patient', 'none'), false)
  assert.equal(await sharing.people.mayRead({ ...asDoctor(), scopes: [] }, 'Patient', own.id), false)
})

test('an account is described by the record’s name and birth date', async () => {
  const { id } = await peopleOf(server).patient({ name: [{ text: 'Anna L.' }], birthDate: '1980-05-06' })
  assert.deepEqual(await sharing.people.describe('Patient', id), { name: 'Anna L.', birthDate: '1980-05-06' })
  assert.equal(await sharing.people.describe('Patient', 'none'), undefined)
})

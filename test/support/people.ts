import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Role } from '../../src/access/principal.ts'
import { aPatient, aPractitioner } from './resources.ts'
import { administrator, type Client, person, type TestServer } from './server.ts'

/** A person with a record of his own, and a client that is signed in as that person. */
export interface SomePerson {
  readonly id: string
  /** `Practitioner/…` */
  readonly name: string
  readonly reference: { readonly reference: string }
  readonly email: string
  readonly client: Client
}

/** People of a hospital, made as a test needs them. */
export function peopleOf(server: TestServer) {
  const id = randomUUID()
  const rid = server.composed.keys.ridOf('Practitioner', id)
  const admin = server.as({ ...administrator(), person: { type: 'Practitioner', id, rid } })

  async function made(type: 'Practitioner' | 'Patient', role: Role, resource: object): Promise<SomePerson> {
    const id = randomUUID()
    const email = `${id}@example.org`
    const telecom = [{ system: 'email', value: email }]
    const { status, body } = await admin.put(`${type}/${id}`, { telecom, ...resource, id })
    assert.equal(status, 201, JSON.stringify(body))
    const name = `${type}/${id}`
    return { id, name, reference: { reference: name }, email, client: server.as(person(server, role, type, id)) }
  }

  return {
    admin,
    doctor: (more: object = {}) => made('Practitioner', 'practitioner', aPractitioner(more)),
    patient: (more: object = {}) => made('Patient', 'patient', aPatient(more)),
  }
}

/** The mails to an address, oldest first, as they stand in the outbox. */
export function mailsTo(server: TestServer, address: string): string[] {
  const outbox = join(server.dataDir, 'outbox')
  if (!existsSync(outbox)) return []
  const mails = readdirSync(outbox).filter((name) => name.endsWith('.eml'))
  return mails
    .sort()
    .map((name) => readFileSync(join(outbox, name), 'utf8'))
    .filter((mail) => mail.includes(`To: ${address}`))
}

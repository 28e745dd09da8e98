import { randomBytes } from 'node:crypto'
import { formsOf, textOf } from '../html-forms.ts'
import { createPlainBrowser } from '../plain-browser.ts'
import type { Credentials } from '../sign-in.ts'
import type { FhirClient } from './fhir-client.ts'
import { emailOf, hospital } from './hospital.ts'
import type { Case, Doctor } from './hospital.ts'
import type { Outbox } from './outbox.ts'

/** Makes accounts the way people get them: by the public pages and the mails that they send. */
export interface Accounts {
  /** Registers, verifies the address, has the administrator approve; answers `Practitioner/1`. */
  doctor(doctor: Doctor): Promise<{ reference: string; credentials: Credentials }>
  /** Registers and verifies the address; answers `Practitioner/1`, who waits for approval. */
  applicant(doctor: Doctor): Promise<string>
  /** The administrator invites, the person activates: a patient, or somebody who acts for one. */
  invited(found: Invited, reference: string): Promise<Credentials>
}

type Invited = Pick<Case, 'key' | 'given' | 'family' | 'birthDate'>

interface Practitioner {
  id: string
  active?: boolean
  telecom?: { value?: string }[]
  name?: { family?: string }[]
}

export function createAccounts(publicUrl: string, administrator: FhirClient, outbox: Outbox): Accounts {
  const passwordOf = passwords(publicUrl)

  async function postJson(path: string, body: object): Promise<void> {
    const response = await fetch(`${publicUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (response.status !== 202) throw new Error(`${path} answered ${response.status}: ${textOf(text).slice(0, 300)}`)
  }

  /** Opens the link of the mail as its reader would, and confirms when the page asks. */
  async function verify(email: string, paths: readonly string[]): Promise<void> {
    const browser = createPlainBrowser()
    const page = await browser.open(await outbox.link(email, paths))
    const confirm = formsOf(page.html).find(({ method }) => method === 'POST')
    const done = page.status < 400 && confirm ? await browser.submit(page, confirm, {}) : page
    if (done.status >= 400) throw new Error(`${email} could not be verified: ${textOf(done.html).slice(0, 300)}`)
  }

  async function registered({ given, family, licence }: Doctor, credentials: Credentials, work: object) {
    const { email, password } = credentials
    await postJson('/register', { given, family, email, password, licence, role: 'practitioner', ...work })
    await verify(email, ['/verify'])
    const { entry = [] } = await administrator.get<{ entry?: { resource: Practitioner }[] }>(
      `Practitioner?active=false&family=${encodeURIComponent(family)}`,
    )
    const [pending] = entry.map(({ resource }) => resource)
    if (!pending) throw new Error(`${given} ${family} registered, but no pending Practitioner is there`)
    return `Practitioner/${pending.id}`
  }

  const credentialsOf = (doctor: Doctor) => ({
    email: emailOf(doctor, hospital.domain),
    password: passwordOf(doctor.key),
  })

  return {
    async doctor(doctor) {
      const credentials = credentialsOf(doctor)
      const reference = await registered(doctor, credentials, {})
      await administrator.patch(reference, [{ op: 'replace', path: '/active', value: true }])
      return { reference, credentials }
    },

    applicant: (doctor) =>
      registered(doctor, credentialsOf(doctor), { organization: hospital.name, specialty: doctor.specialty[1] }),

    async invited(found, reference) {
      const credentials = { email: emailOf(found, hospital.patientDomain), password: passwordOf(found.key) }
      const { parameter } = await administrator.post<{ parameter: { name: string; valueString?: string }[] }>(
        `${reference}/$invite`,
        { resourceType: 'Parameters' },
      )
      const code = parameter.find(({ name }) => name === 'code')?.valueString
      await postJson('/activate', { ...credentials, code, birthdate: found.birthDate })
      await verify(credentials.email, ['/verify', '/activate'])
      return credentials
    },
  }
}

const words = ['harbour', 'lantern', 'maple', 'quartz', 'saddle', 'timber', 'velvet', 'willow', 'copper', 'garnet']

/** On one's own machine passwords that can be typed, the same each time; on a server that others reach random ones. */
function passwords(publicUrl: string): (key: string) => string {
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(publicUrl).hostname)
  let n = 0
  return (key) => {
    if (!local) return randomBytes(15).toString('base64url')
    const place = [...key].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), n++)
    return [0, 3, 7].map((step) => words[(place + step) % words.length]).join('-') + `-${10 + (place % 90)}`
  }
}

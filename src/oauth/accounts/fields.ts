/**
 * What people type into forms, judged: each problem is a sentence for the field that it belongs to.
 *
 * https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
 */
import { passwordProblem } from './passwords.ts'

/** The fields of one form or JSON body; anything but text counts as absent. */
export interface Fields {
  text(name: string): string
  all(name: string): readonly string[]
}

export type Problems = Record<string, string>

const address =
  /^[^\s@<>"(),:;\\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/

export function emailProblem(email: string): string | undefined {
  if (email === '') return 'Enter your e-mail address.'
  return email.length > 254 || !address.test(email) ? 'This is not an e-mail address.' : undefined
}

export function textProblem(value: string, what: string): string | undefined {
  if (value === '') return `Enter ${what}.`
  if (value.length > 100) return 'This is too long: 100 characters at most.'
  return /\p{Cc}/u.test(value) ? 'This contains characters that cannot be typed.' : undefined
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

export interface Registration extends Credentials {
  readonly given: string
  readonly family: string
  readonly licence: string
  /** Undefined: not told. */
  readonly organization: string | undefined
  readonly specialty: string | undefined
}

export function readCredentials(
  fields: Fields,
  personal: readonly string[] = [],
): { values: Credentials; problems: Problems } {
  const email = fields.text('email').trim()
  const password = fields.text('password')
  const own = [email, email.split('@')[0]!, ...personal]
  return {
    values: { email, password },
    problems: only({ email: emailProblem(email), password: passwordProblem(password, own) }),
  }
}

/** The very first administrator tells the same without a licence. */
export function readName(fields: Fields): { values: { given: string; family: string }; problems: Problems } {
  const given = fields.text('given').trim()
  const family = fields.text('family').trim()
  const problems = { given: textProblem(given, 'your given name'), family: textProblem(family, 'your family name') }
  return { values: { given, family }, problems: only(problems) }
}

export function readRegistration(fields: Fields): { values: Registration; problems: Problems } {
  const name = readName(fields)
  const credentials = readCredentials(fields, [name.values.given, name.values.family])
  const licence = fields.text('licence').trim()
  const role = fields.text('role') || 'practitioner'
  const organization = fields.text('organization').trim() || undefined
  const specialty = fields.text('specialty').trim() || undefined
  return {
    values: { ...name.values, ...credentials.values, licence, organization, specialty },
    problems: {
      ...name.problems,
      ...credentials.problems,
      ...only({
        licence: textProblem(licence, 'the number of your licence'),
        organization: organization && textProblem(organization, 'your organization'),
        specialty: specialty && textProblem(specialty, 'your specialty'),
        role: role === 'practitioner' ? undefined : 'Only practitioners register; patients receive an invitation.',
      }),
    },
  }
}

function only(problems: Record<string, string | undefined>): Problems {
  return Object.fromEntries(
    Object.entries(problems).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

import type { Resource } from '../fhir/resource.ts'
import type { Mail } from './mail.ts'

export type Letters = ReturnType<typeof createLetters>

/** The mails of the product. They say that something waits, never what: no patient, no title, no file name. */
export function createLetters({ mail, publicUrl }: { mail: Pick<Mail, 'send'>; publicUrl: string }) {
  const send = (subject: string, ...paragraphs: string[]) =>
    async function to(addressee: Resource | undefined): Promise<void> {
      const address = addressee && emailOf(addressee)
      if (address === undefined) return
      await mail.send({ to: address, subject, text: [...paragraphs, `Chartshare, ${publicUrl}`].join('\n\n') + '\n' })
    }

  return {
    accepted: send(
      'Your account is active',
      'An administrator has checked your registration and let you in.',
      `Sign in: ${publicUrl}/`,
    ),
    rejected: (reason: string | undefined) =>
      send(
        'Your registration was not accepted',
        `An administrator has checked your registration and did not accept it.${reason ? ` Reason: ${reason}.` : ''}`,
        `Where it stands: ${publicUrl}/status`,
      ),
    suspended: send(
      'Your account was suspended',
      'An administrator has suspended your account, and every app was signed out.',
      `Where it stands: ${publicUrl}/status`,
    ),
    registrationWaits: send(
      'A registration waits for approval',
      'A doctor has registered and waits for approval.',
      `Decide: ${publicUrl}/`,
    ),
    message: send('A message waits for you', 'Somebody has sent you a message.', `Read it: ${publicUrl}/`),
    share: send(
      'A document was shared with you',
      'Somebody has sent you a message with a document that you may now read.',
      `Read it: ${publicUrl}/`,
    ),
  }
}

/** The first e-mail address that is not an old one. */
export function emailOf(person: Resource): string | undefined {
  const points = (person['telecom'] ?? []) as { system?: string; value?: string; use?: string }[]
  return points.find(({ system, use, value }) => system === 'email' && use !== 'old' && value)?.value
}

import type { Resource } from '../fhir/resource.ts'
import type { Work } from '../interactions/rule.ts'
import type { Transaction } from '../store/store.ts'
import type { Letter } from './mail.ts'
import { notificationTo } from './notification.ts'

/** Where mails wait until they are sent; the outbox has it. */
export interface Mailbox {
  send(tx: Transaction, letter: Letter): Promise<void>
}

export type Letters = ReturnType<typeof createLetters>

type To = (work: Pick<Work, 'tx' | 'now' | 'create'>, addressee: Resource | undefined) => Promise<void>

/**
 * What people are told, within the transaction that it is about: by mail, and in the app where they can sign in and find
 * nothing else there that tells them. It says that something waits, never what: no patient, no title, no file name.
 */
export function createLetters({ mail, publicUrl }: { mail: Mailbox; publicUrl: string }) {
  const byMail =
    (subject: string, ...paragraphs: string[]): To =>
    async ({ tx }, addressee) => {
      const address = addressee && emailOf(addressee)
      if (address === undefined) return
      const text = [...paragraphs, `Chartshare, ${publicUrl}`].join('\n\n') + '\n'
      await mail.send(tx, { to: address, subject, text })
    }

  const inAppToo = (subject: string, sentence: string, link: string): To => {
    const write = byMail(subject, sentence, link)
    return async (work, addressee) => {
      if (!addressee) return
      await work.create(notificationTo(addressee, sentence, work.now))
      await write(work, addressee)
    }
  }

  return {
    accepted: inAppToo(
      'Your account is active',
      'An administrator has checked your registration and let you in.',
      `Sign in: ${publicUrl}/`,
    ),
    registrationWaits: inAppToo(
      'A registration waits for approval',
      'A doctor has registered and waits for approval.',
      `Decide: ${publicUrl}/`,
    ),
    requestWaits: inAppToo(
      'A request for access waits',
      'Somebody has asked for access to a record, and waits for your decision.',
      `Decide: ${publicUrl}/`,
    ),
    requestDecided: inAppToo(
      'Your request for access was looked at',
      'Somebody has looked at your request for access.',
      `See the answer: ${publicUrl}/`,
    ),
    accessGiven: inAppToo(
      'A doctor was given access to your record',
      'A doctor was given access to your record, or to a part of it.',
      `See to whom, and end it if you want: ${publicUrl}/`,
    ),
    // Who is shut out reads nothing in the app.
    rejected: (reason: string | undefined) =>
      byMail(
        'Your registration was not accepted',
        `An administrator has checked your registration and did not accept it.${reason ? ` Reason: ${reason}.` : ''}`,
        `Where it stands: ${publicUrl}/status`,
      ),
    informationRequested: byMail(
      'Your registration needs something more',
      'An administrator has looked at your registration and asks you for more.',
      `Read and answer it: ${publicUrl}/status`,
    ),
    suspended: byMail(
      'Your account was suspended',
      'An administrator has suspended your account, and every app was signed out.',
      `Where it stands: ${publicUrl}/status`,
    ),
    // The message itself is what waits in the app.
    message: byMail('A message waits for you', 'Somebody has sent you a message.', `Read it: ${publicUrl}/`),
    share: byMail(
      'A document was shared with you',
      'Somebody has sent you a message with a document that you may now read.',
      `Read it: ${publicUrl}/`,
    ),
  }
}

/** One address, and nothing that a mail header would take for more. */
const one = /^[^\s\p{Cc}@<>"(),:;\\[\]]{1,64}@[^\s\p{Cc}@<>"(),:;\\[\]]{1,255}$/u

/** The first e-mail address that is not an old one. */
export function emailOf(person: Resource): string | undefined {
  const points = (person['telecom'] ?? []) as { system?: string; value?: string; use?: string }[]
  return points.find(({ system, use, value }) => system === 'email' && use !== 'old' && value && one.test(value))?.value
}

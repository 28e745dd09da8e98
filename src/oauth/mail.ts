import type { Log } from './log.ts'

/** What the authorization server needs of whoever sends mail. Texts hold no health data and never a password. */
export interface Mail {
  send(message: { to: string; subject: string; text: string }): Promise<void>
}

/** For mails about what is stored already: one that cannot be sent is logged, and fails nothing. */
export function unfailing(mail: Mail, log: Log): Mail {
  return {
    send: (message) =>
      mail
        .send(message)
        .catch((error: unknown) => log.error({ err: error }, `not sent: the mail “${message.subject}”`)),
  }
}

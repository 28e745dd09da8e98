import { isMailRefusal, type Letter, type MailTransport } from './mail.ts'
import type { Channel, Outbox } from './outbox.ts'
import type { Mailbox } from './letters.ts'

const name = 'mail'

/** Mails as a channel of the outbox; `host` names this server in their Message-ID. */
export function mailChannel(transport: MailTransport, host: string): Record<typeof name, Channel> {
  return {
    [name]: {
      isInstant: transport.isLocal,
      isRefusal: isMailRefusal,
      deliver: (letter, message) => transport.send(letter as Letter, `<${message}@${host}>`),
    },
  }
}

/** Where a letter waits until it is sent. */
export function mailbox(outbox: Pick<Outbox, 'put'>): Mailbox {
  return {
    send: (tx, letter) =>
      outbox.put(tx, { channel: name, recipient: letter.to, subject: letter.subject, content: letter }),
  }
}

import { randomUUID } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport, type Transporter } from 'nodemailer'

/** Texts hold no health data and never a password. */
export interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** How mails leave: one attempt each. Who wants one sent puts it into the outbox (outbox.ts). */
export interface MailTransport {
  /** Resolves when the mail server, or the folder, has the mail. */
  send(letter: Letter, messageId?: string): Promise<void>
  /** Mails become files. */
  readonly isLocal: boolean
  close(): void
}

interface Settings {
  /** Undefined: each mail becomes a file in the outbox. */
  readonly smtpUrl: string | undefined
  readonly from: string
}

/** Nobody's out-of-office note is to answer. https://www.rfc-editor.org/rfc/rfc3834#section-5 */
const headers = { 'Auto-Submitted': 'auto-generated' }

/** Sends mails, or keeps each as an RFC 822 file for who runs the server without a mail server. */
export function createMail({ smtpUrl, from }: Settings, folder: string): MailTransport {
  if (smtpUrl === undefined) return createMailFolder(from, folder)
  const transport = createTransport({ url: smtpUrl, pool: true, connectionTimeout: 10_000, socketTimeout: 30_000 })
  return {
    isLocal: false,
    async send(letter, messageId) {
      await transport.sendMail(composed(from, letter, messageId))
    },
    close: () => transport.close(),
  }
}

/**
 * The mail server took the mail's recipient or its content for impossible. What it says of us (a password that is wrong, a
 * connection that breaks) can be mended, and is no refusal.
 *
 * https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1
 */
export function isMailRefusal(error: unknown): boolean {
  const { command, responseCode } = error as { command?: string; responseCode?: number }
  return (command === 'RCPT TO' || command === 'DATA') && responseCode !== undefined && responseCode >= 500
}

function createMailFolder(from: string, folder: string): MailTransport {
  const transport: Transporter = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  let count = 0
  return {
    isLocal: true,
    async send(letter, messageId) {
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${String((count += 1)).padStart(6, '0')}`
      const { message } = (await transport.sendMail(composed(from, letter, messageId))) as { message: Buffer }
      await keep(folder, name, readable(message))
    },
    close: () => undefined,
  }
}

/** As an object an address stays one address, whatever is in it. */
function composed(from: string, { to, subject, text }: Letter, messageId: string | undefined) {
  return { from, to: { name: '', address: to }, subject, text, headers, ...(messageId ? { messageId } : {}) }
}

/** People read these files: the text stands there as it is (8bit), so that a link can be copied whole. */
function readable(message: Buffer): Buffer {
  const text = message.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const header = /^Content-Transfer-Encoding: quoted-printable$/im
  if (!header.test(text.slice(0, end))) return message
  const body = text
    .slice(end)
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(text.slice(0, end).replace(header, 'Content-Transfer-Encoding: 8bit') + body, 'latin1')
}

/** Whoever reads the folder sees whole mails alone, in the order in which they were sent. */
async function keep(folder: string, when: string, message: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = `${when}-${randomUUID().slice(0, 8)}`
  const unfinished = join(folder, `.${name}.part`)
  const file = await open(unfinished, 'wx', 0o600)
  try {
    await file.writeFile(message)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, join(folder, `${name}.eml`))
}

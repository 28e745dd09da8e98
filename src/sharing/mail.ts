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

export interface Mail {
  /** Resolves when the mail server, or the outbox, has the mail. */
  send(letter: Letter): Promise<void>
  close(): void
}

interface Settings {
  /** Undefined: each mail becomes a file in the outbox. */
  readonly smtpUrl: string | undefined
  readonly from: string
}

/**
 * Sends mails, or keeps each as an RFC 822 file for who runs the server without a mail server.
 *
 * A mail that the server refuses is lost but for the error: a durable outbox with retries is a table of its own, later.
 */
export function createMail({ smtpUrl, from }: Settings, outbox: string): Mail {
  if (smtpUrl === undefined) return createOutbox(from, outbox)
  const transport = createTransport({ url: smtpUrl, pool: true, connectionTimeout: 10_000, socketTimeout: 30_000 })
  return {
    async send(letter) {
      await transport.sendMail({ from, ...letter })
    },
    close: () => transport.close(),
  }
}

function createOutbox(from: string, folder: string): Mail {
  const transport: Transporter = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return {
    async send(letter) {
      const { message } = (await transport.sendMail({ from, ...letter })) as { message: Buffer }
      await keep(folder, readable(message))
    },
    close: () => undefined,
  }
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
async function keep(folder: string, message: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID().slice(0, 8)}`
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

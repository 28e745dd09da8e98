import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const patience = 20_000

/** The links in the newest mail to somebody that a path names, as the local server writes mails to files. */
export interface Outbox {
  /** Waits for a mail to `email` with a link to one of `paths`, such as `/verify`, and answers the link. */
  link(email: string, paths: readonly string[]): Promise<string>
}

export function createOutbox(folder: string, since: number): Outbox {
  async function newest(email: string, paths: readonly string[]): Promise<string | undefined> {
    const names = await readdir(folder).catch(() => [])
    const files = await Promise.all(
      names
        .filter((name) => name.endsWith('.eml'))
        .map(async (name) => ({ file: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })),
    )
    for (const { file, at } of files.sort((a, b) => b.at - a.at)) {
      if (at < since) return undefined
      const mail = await readFile(file, 'utf8')
      if (!new RegExp(`^To:.*${email.replaceAll('.', '\\.')}`, 'im').test(mail)) continue
      const link = plainText(mail)
        .match(/https?:\/\/[^\s<>"]+/g)
        ?.find((url) => paths.some((path) => `${new URL(url).pathname}/`.startsWith(`${path}/`)))
      if (link) return link
    }
    return undefined
  }

  return {
    async link(email, paths) {
      for (const until = Date.now() + patience; Date.now() < until; await sleep(100)) {
        const link = await newest(email, paths)
        if (link) return link
      }
      throw new Error(
        `No mail to ${email} with a link to ${paths.join(' or ')} came to ${folder}. The demo reads the mails of a local server: it needs one without SMTP_URL, and the same DATA_DIR.`,
      )
    },
  }
}

/** The body, whichever way it was made safe for mail. RFC 2045, section 6. */
function plainText(mail: string): string {
  const [, encoding] = /^content-transfer-encoding:\s*([\w-]+)/im.exec(mail) ?? []
  const body = mail.slice(mail.search(/\r?\n\r?\n/))
  if (encoding?.toLowerCase() === 'base64') return Buffer.from(body, 'base64').toString('utf8')
  if (encoding?.toLowerCase() !== 'quoted-printable') return body
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

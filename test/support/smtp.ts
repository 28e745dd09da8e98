import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface TestSmtp {
  readonly url: string
  /** What was accepted, oldest first. */
  readonly mails: readonly ParsedMail[]
  /** The first accepted mail to the address, which may be still to come. */
  mailTo(address: string): Promise<ParsedMail>
  close(): Promise<void>
}

/**
 * A mail server that says `refusal` to a recipient for whom there is one, such as `451 later` or `550 unknown`. What it took
 * it acknowledges when `acknowledged` resolves.
 */
export async function startSmtp(
  refusal: (recipient: string) => string | undefined = () => undefined,
  acknowledged: () => Promise<void> = () => Promise.resolve(),
): Promise<TestSmtp> {
  const mails: ParsedMail[] = []
  const arrivals = new EventEmitter().setMaxListeners(0)
  const server = new SMTPServer({
    authOptional: true,
    closeTimeout: 100,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, callback) {
      const [, code, text] = /^(\d{3}) (.*)$/.exec(refusal(address) ?? '') ?? []
      callback(code === undefined ? null : Object.assign(new Error(text), { responseCode: Number(code) }))
    },
    onData(stream, _session, callback) {
      simpleParser(stream).then((mail) => {
        mails.push(mail)
        const told = acknowledged()
        arrivals.emit('mail')
        return told.then(() => callback())
      }, callback)
    },
  })
  // Whoever is killed while he sends resets the connection.
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') throw error
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    async mailTo(address) {
      for (;;) {
        const found = mails.find((mail) => addressesOf(mail).includes(address))
        if (found) return found
        await once(arrivals, 'mail')
      }
    },
    close: () => new Promise((done) => server.close(done)),
  }
}

export function addressesOf({ to }: ParsedMail): string[] {
  return [to ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address ?? ''))
}

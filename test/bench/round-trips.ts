import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/**
 * Stands between a client and Postgres and counts how often the client waits for it: each `Sync` and each simple query
 * asks for one answer. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export interface Counter {
  readonly port: number
  count(): number
  close(): void
}

export async function countRoundTrips(socketPath: string): Promise<Counter> {
  let count = 0
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const postgres = connect(socketPath)
    const messages = createMessageReader((type) => {
      if (type === 'S' || type === 'Q') count++
    })
    client.on('data', messages)
    client.pipe(postgres).pipe(client)
    for (const socket of [client, postgres]) {
      open.add(socket)
      socket.on('error', () => [client, postgres].forEach((each) => each.destroy()))
      socket.on('close', () => open.delete(socket))
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    count: () => count,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

/** Reports the type of every message but the first, which has none: the start-up. */
export function createMessageReader(onMessage: (type: string) => void): (chunk: Buffer) => void {
  let started = false
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const header = started ? 5 : 4
      if (rest.length < header) return
      const length = rest.readInt32BE(header - 4) + header - 4
      if (rest.length < length) return
      if (started) onMessage(String.fromCharCode(rest[0]!))
      started = true
      rest = rest.subarray(length)
    }
  }
}

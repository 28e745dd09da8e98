/**
 * The apps that a person has connected, as the person thinks of them: an app is one, however often it was launched.
 *
 * https://www.rfc-editor.org/rfc/rfc7009
 */
import type { Database } from './account.ts'
import { type Connection, connectionsOf } from './connections.ts'

export interface ConnectedApp {
  readonly clientId: string
  readonly name: string
  /** Of all its launches together. */
  readonly scopes: readonly string[]
  readonly since: Date
  readonly lastUsed: Date
  readonly ends: Date
  /** Nothing of it outlives the browser sessions that it was allowed in. */
  readonly endsWithSession: boolean
}

export type ConnectedApps = ReturnType<typeof createConnectedApps>

export function createConnectedApps(parts: { database: Database; nameOf: (clientId: string) => Promise<string> }) {
  const { database, nameOf } = parts

  return {
    /** The one used last comes first. */
    async list(accountId: string): Promise<ConnectedApp[]> {
      const byClient = new Map<string, Connection[]>()
      for (const one of await connectionsOf(database, accountId)) {
        byClient.set(one.client_id, [...(byClient.get(one.client_id) ?? []), one])
      }
      const apps = [...byClient].map(async ([clientId, launches]) =>
        together(clientId, await nameOf(clientId), launches),
      )
      return (await Promise.all(apps)).sort((a, b) => b.lastUsed.getTime() - a.lastUsed.getTime())
    },

    /** Every launch of it, at once. Undefined: the person has no such app. */
    async end(accountId: string, clientId: string): Promise<readonly string[] | undefined> {
      const rows = await database.query<{ grant_id: string }>(
        `with ended as (
           delete from smart_grant where account_id = $1 and client_id = $2 returning grant_id
         ), tokens as (
           delete from oidc_payload p using ended e where p.grant_id = e.grant_id or (p.model = 'Grant' and p.id = e.grant_id)
         ) select grant_id from ended`,
        [accountId, clientId],
      )
      return rows.length === 0 ? undefined : rows.map((row) => row.grant_id)
    },
  }
}

function together(clientId: string, name: string, launches: readonly Connection[]): ConnectedApp {
  const times = (of: (launch: Connection) => Date) => launches.map((launch) => of(launch).getTime())
  return {
    ...{ clientId, name },
    scopes: [...new Set(launches.flatMap(({ scope }) => scope.split(' ')))],
    since: new Date(Math.min(...times(({ created }) => created))),
    lastUsed: new Date(Math.max(...times((launch) => launch.last_used))),
    ends: new Date(Math.max(...times((launch) => launch.ends_at))),
    endsWithSession: launches.every((launch) => launch.with_session),
  }
}

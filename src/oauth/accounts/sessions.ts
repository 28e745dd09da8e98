/**
 * Browser sessions, as their owner sees and ends them. What was granted in a session without `offline_access` ends with it.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
 */
import type { Store } from '../../store/store.ts'
import type { Database } from './account.ts'
import { endSession, sessionStandsSql } from './revocation.ts'

export interface OwnSession {
  readonly id: string
  readonly began: Date
  readonly ends: Date
  readonly lastUsed: Date | undefined
  readonly ip: string | undefined
  /** The browser's own words. */
  readonly agent: string | undefined
}

export interface Place {
  readonly ip: string
  readonly agent: string
}

interface Row {
  uid: string
  began: Date
  expires_at: Date
  last_used: Date | null
  ip: string | null
  agent: string | null
}

export type Sessions = ReturnType<typeof createSessions>

export function createSessions({ store }: { store: Pick<Store, 'query' | 'transaction'> }) {
  async function end(database: Database, accountId: string, id: string): Promise<boolean> {
    const rows = await database.query(
      `with place as (delete from oauth_session where uid = $1 and account_id = $2)
       delete from oidc_payload where model = 'Session' and uid = $1 and account_id = $2 returning true`,
      [id, accountId],
    )
    if (rows.length === 0) return false
    await endSession(database, id)
    return true
  }

  return {
    /** The session was used from here just now. */
    async note(uid: string, accountId: string, { ip, agent }: Place): Promise<void> {
      await store.query(
        `insert into oauth_session (uid, account_id, ip, agent) values ($1, $2, $3, $4)
         on conflict (uid) do update set account_id = excluded.account_id, ip = excluded.ip, agent = excluded.agent, last_used = now()`,
        [uid, accountId, ip, agent.slice(0, 300)],
        'note-session',
      )
    },

    /** The latest one first. */
    async list(accountId: string): Promise<OwnSession[]> {
      const rows = await store.query<Row>(
        `select p.uid, to_timestamp((p.payload ->> 'loginTs')::float8) as began, p.expires_at, s.last_used, s.ip, s.agent
         from oidc_payload p left join oauth_session s on s.uid = p.uid and s.account_id = p.account_id
         where p.model = 'Session' and p.account_id = $1 and p.expires_at > now() and ${sessionStandsSql}
         order by coalesce(s.last_used, p.expires_at) desc limit 200`,
        [accountId],
      )
      return rows.map((row) => ({
        ...{ id: row.uid, began: row.began, ends: row.expires_at, lastUsed: row.last_used ?? undefined },
        ...{ ip: row.ip ?? undefined, agent: row.agent ?? undefined },
      }))
    },

    /** False: it is not one of this person's, or over. */
    end: (accountId: string, id: string): Promise<boolean> => store.transaction((tx) => end(tx, accountId, id)),

    /** All but the one that asks; answers how many. */
    endOthers(accountId: string, kept: string): Promise<number> {
      return store.transaction(async (tx) => {
        const others = await tx.query<{ uid: string }>(
          `select uid from oidc_payload where model = 'Session' and account_id = $1 and uid <> $2`,
          [accountId, kept],
        )
        for (const { uid } of others) await end(tx, accountId, uid)
        return others.length
      })
    },
  }
}

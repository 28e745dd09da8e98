/**
 * Registered clients as rows. What the client says about itself and what an administrator decided are written by two, so
 * neither may overwrite the other unseen.
 *
 * https://www.rfc-editor.org/rfc/rfc7592#section-2.2
 */
import type { AdapterPayload } from 'oidc-provider'
import type { Handle } from '../../store/store.ts'
import type { Approval } from './clients.ts'

export type ClientMetadata = AdapterPayload & {
  readonly smart_scope?: string
  readonly smart_jwks_uri?: string
  readonly approval?: Approval
  /** Epoch seconds. Who was approved once is not swept away as a registration that nobody looked at. */
  readonly approved_at?: number
  /** Epoch seconds of the last decision about approval or scopes. A token that was made before it counts no more. */
  readonly changed_at?: number
}

export interface ClientRow {
  readonly payload: ClientMetadata
  /** Names what was looked at, so that nothing else is approved. */
  readonly version: string
}

type Database = Pick<Handle, 'query'>

const columns = 'payload, md5(payload::text) as version'

export async function findClient(database: Database, id: string): Promise<ClientRow | undefined> {
  const [row] = await database.query<ClientRow>(
    `select ${columns} from oidc_payload where model = 'Client' and id = $1`,
    [id],
    'client-row',
  )
  return row
}

export interface ClientPage {
  readonly rows: readonly ClientRow[]
  /** Where the next page begins, when there is one. */
  readonly next: string | undefined
}

const pageLength = 100

/** The newest first; from behind `after`, which is the `next` of another page. */
export async function listClients(
  database: Database,
  { approval, after }: { approval: string | null; after: Position | null },
): Promise<ClientPage> {
  const rows = await database.query<ClientRow & { issued: string; id: string }>(
    `select ${columns}, issued, id
     from (select *, (payload ->> 'client_id_issued_at')::bigint as issued from oidc_payload where model = 'Client') c
     where ($1::text is null or payload ->> 'approval' = $1)
       and ($2::bigint is null or issued < $2 or (issued = $2 and id > $3))
     order by issued desc, id limit ${pageLength + 1}`,
    [approval, after?.issued ?? null, after?.id ?? null],
  )
  const shown = rows.slice(0, pageLength)
  const last = rows.length > pageLength ? shown.at(-1) : undefined
  return { rows: shown, next: last && `${last.issued}.${last.id}` }
}

export interface Position {
  readonly issued: string
  readonly id: string
}

export function positionOf(text: string): Position | undefined {
  const [, issued, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(text) ?? []
  return issued === undefined || id === undefined ? undefined : { issued, id }
}

const tokens = `model in ('AccessToken', 'ClientCredentials', 'AuthorizationCode')`

/**
 * An administrator's decision about exactly this version. Undefined: the client has changed meanwhile. What it may do is
 * changed and the tokens that are out are ended in one; who may have new ones gets them by the next refresh.
 */
export async function changeClient(
  database: Database,
  id: string,
  version: string,
  payload: ClientMetadata,
): Promise<ClientRow | undefined> {
  const [row] = await database.query<ClientRow>(
    `with looked_at as (
       select payload from oidc_payload where model = 'Client' and id = $1 and md5(payload::text) = $2 for update
     ), changed as (
       update oidc_payload c set payload = $3::jsonb
         || case when ${mayDiffer('l.payload', '$3::jsonb')} then jsonb_build_object('changed_at', $4::bigint) else '{}' end
       from looked_at l where c.model = 'Client' and c.id = $1
       returning c.payload, ${mayDiffer('l.payload', '$3::jsonb')} as ends
     ), ended as (
       delete from oidc_payload where client_id = $1 and ${tokens} and (select ends from changed)
     )
     select ${columns} from changed`,
    [id, version, JSON.stringify(payload), seconds()],
  )
  return row
}

/** Whether the one may do something else than the other. */
function mayDiffer(one: string, other: string): string {
  const differs = (name: string) => `${one} ->> '${name}' is distinct from ${other} ->> '${name}'`
  return `(${differs('approval')} or ${differs('smart_scope')})`
}

/** By the clock that tokens are dated with. */
function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

/**
 * A registration, or a client's own update. Who comes as `granted` has changed nothing, and nothing is written; who changed
 * something waits, unless an administrator has already said worse.
 */
export async function keepRegistration(database: Database, id: string, payload: AdapterPayload): Promise<void> {
  await database.query(
    `with kept as (
     insert into oidc_payload as t (model, id, payload) values ('Client', $1, $2::jsonb)
     on conflict (model, id) do update set payload =
       case when excluded.payload ->> 'approval' = 'granted' then t.payload
       else excluded.payload || jsonb_strip_nulls(jsonb_build_object(
         'approval', case when t.payload ->> 'approval' = 'granted' then 'waiting' else t.payload ->> 'approval' end,
         'approved_at', coalesce(t.payload -> 'approved_at',
           case when t.payload ->> 'approval' = 'granted' then to_jsonb($3::bigint) end),
         'changed_at', $3::bigint)) end
     returning payload)
     delete from oidc_payload where client_id = $1 and ${tokens} and (select payload ->> 'approval' <> 'granted' from kept)`,
    [id, JSON.stringify(payload), seconds()],
  )
}

/** The client, and all that people allowed it. */
export async function removeClient(database: Database, id: string): Promise<void> {
  await database.query(`delete from oidc_payload where model = 'Client' and id = $1`, [id])
  await endClient(database, id)
}

export async function endClient(database: Database, clientId: string): Promise<void> {
  await database.query(
    `with ended as (delete from smart_grant where client_id = $1),
       grants as (delete from oidc_payload where model = 'Grant' and payload ->> 'clientId' = $1)
     delete from oidc_payload where client_id = $1 and model <> 'Grant'`,
    [clientId],
  )
}

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

export function listClients(database: Database, approval: string | null): Promise<ClientRow[]> {
  return database.query<ClientRow>(
    `select ${columns} from oidc_payload where model = 'Client' and ($1::text is null or payload ->> 'approval' = $1)
     order by payload ->> 'client_id_issued_at' desc, id limit 1000`,
    [approval],
  )
}

/** An administrator's decision about exactly this version. Undefined: the client has changed meanwhile. */
export async function changeClient(
  database: Database,
  id: string,
  version: string,
  payload: ClientMetadata,
): Promise<ClientRow | undefined> {
  const [row] = await database.query<ClientRow>(
    `update oidc_payload set payload = $3::jsonb where model = 'Client' and id = $1 and md5(payload::text) = $2
     returning ${columns}`,
    [id, version, JSON.stringify(payload)],
  )
  return row
}

/**
 * A registration, or a client's own update. Who comes as `granted` has changed nothing, and nothing is written; who changed
 * something waits, unless an administrator has already said worse.
 */
export async function keepRegistration(database: Database, id: string, payload: AdapterPayload): Promise<void> {
  await database.query(
    `insert into oidc_payload as t (model, id, payload) values ('Client', $1, $2::jsonb)
     on conflict (model, id) do update set payload =
       case when excluded.payload ->> 'approval' = 'granted' then t.payload
       else excluded.payload || jsonb_strip_nulls(jsonb_build_object(
         'approval', case when t.payload ->> 'approval' = 'granted' then 'waiting' else t.payload ->> 'approval' end,
         'approved_at', coalesce(t.payload -> 'approved_at',
           case when t.payload ->> 'approval' = 'granted' then to_jsonb(extract(epoch from now())::bigint) end))) end`,
    [id, JSON.stringify(payload)],
  )
}

/** The tokens that are out were made for other scopes; who may have new ones gets them by the next refresh. */
export async function endAccessTokens(database: Database, clientId: string): Promise<void> {
  await database.query(
    `delete from oidc_payload where client_id = $1 and model in ('AccessToken', 'ClientCredentials', 'AuthorizationCode')`,
    [clientId],
  )
}

export async function endClient(database: Database, clientId: string): Promise<void> {
  await database.query(
    `with ended as (delete from smart_grant where client_id = $1),
       grants as (delete from oidc_payload where model = 'Grant' and payload ->> 'clientId' = $1)
     delete from oidc_payload where client_id = $1 and model <> 'Grant'`,
    [clientId],
  )
}

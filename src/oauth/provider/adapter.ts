/**
 * Where oidc-provider keeps codes, tokens, sessions and clients: one table, with the SHA-256 of every bearer value as its id.
 *
 * https://www.rfc-editor.org/rfc/rfc6749#section-10.5 (codes are single use)
 */
import { hash } from 'node:crypto'
import { type Adapter, type AdapterPayload, errors, type InteractionResults } from 'oidc-provider'
import type { Handle } from '../../store/store.ts'
import { sessionStandsSql } from '../accounts/revocation.ts'
import { endClient, keepRegistration } from './client-rows.ts'
import { hashSecret } from './client-secret.ts'
import type { JwksCache } from './jwks-cache.ts'

/** Models whose id is the secret itself: whoever reads the table must not be able to use it. */
const bearers = new Set([
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'Interaction',
  'RefreshToken',
  'RegistrationAccessToken',
  'Session',
])

export function hashToken(value: string): string {
  return hash('sha256', value, 'base64url')
}

interface Row {
  payload: AdapterPayload
  consumed: number | null
}

const columns = 'payload, extract(epoch from consumed_at)::int as consumed'

export function createAdapter(parts: { database: Pick<Handle, 'query'>; jwks: JwksCache }) {
  const { database, jwks } = parts

  return function adapterFor(model: string): Adapter {
    const key = (id: string) => (bearers.has(model) ? hashToken(id) : id)
    const isClient = model === 'Client'
    // The library saves a session at the end of each request, over whatever ended it meanwhile.
    const [stands, sort] = model === 'Session' ? [`and ${sessionStandsSql}`, '-session'] : ['', '']

    return {
      async upsert(id, payload, expiresIn) {
        if (isClient) return keepRegistration(database, id, stored(model, payload))
        // The loser of two parallel uses of one assertion is told so here: oidc-provider looks first and stores later.
        const conflict = model === 'ReplayDetection' ? 'nothing' : `update set ${overwritten}`
        const rows = await database.query(
          `insert into oidc_payload (model, id, payload, grant_id, uid, client_id, account_id, expires_at)
           values ($1, $2, $3::jsonb, $4, $5, $6, $7, now() + $8::float8 * interval '1 second')
           on conflict (model, id) do ${conflict} returning true`,
          [
            model,
            key(id),
            JSON.stringify(stored(model, payload)),
            payload.grantId ?? null,
            payload.uid ?? null,
            payload.clientId ?? null,
            payload.accountId ?? parkedLogin(payload) ?? null,
            expiresIn ?? null,
          ],
          `oidc-upsert-${conflict.slice(0, 7)}`,
        )
        if (rows.length === 0) throw new UsedBefore(id)
      },

      async find(id) {
        const [row] = await database.query<Row>(
          `select ${columns} from oidc_payload p where model = $1 and id = $2 and (expires_at is null or expires_at > now()) ${stands}`,
          [model, key(id)],
          `oidc-find${sort}`,
        )
        if (!row) return undefined
        return isClient ? withKeys(row.payload, jwks) : { ...restored(row), ...(bearers.has(model) ? { jti: id } : {}) }
      },

      async findByUid(uid) {
        const [row] = await database.query<Row>(
          `select ${columns} from oidc_payload p where model = $1 and uid = $2 and expires_at > now() ${stands}`,
          [model, uid],
        )
        return row && restored(row)
      },

      /** The device flow is off. */
      async findByUserCode() {
        return undefined
      },

      /**
       * "If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD revoke all
       * tokens previously issued": of parallel uses one UPDATE wins; each loser ends the grant and with it the winner's tokens.
       */
      async consume(id) {
        const [row] = await database.query<{ grant_id: string | null; first: boolean }>(
          `with spent as (
             update oidc_payload set consumed_at = now() where model = $1 and id = $2 and consumed_at is null returning grant_id
           )
           select grant_id, exists (select from spent) as first from oidc_payload where model = $1 and id = $2`,
          [model, key(id)],
        )
        if (row?.first) return
        if (row?.grant_id) await endGrant(database, row.grant_id)
        throw new errors.InvalidGrant(`${model} already used`)
      },

      async destroy(id) {
        if (model === 'Grant') await endGrant(database, id)
        else await database.query('delete from oidc_payload where model = $1 and id = $2', [model, key(id)])
        if (isClient) await endClient(database, id)
      },

      async revokeByGrantId(grantId) {
        await database.query('delete from oidc_payload where model = $1 and grant_id = $2', [model, grantId])
      },
    }
  }
}

/** Of an assertion, unless whoever knows the request finds that it is of a proof. */
export class UsedBefore extends errors.InvalidClientAuth {
  readonly id: string
  constructor(id: string) {
    super('an assertion must only be used once')
    this.id = id
  }
}

const overwritten = ['payload', 'grant_id', 'uid', 'client_id', 'account_id', 'expires_at']
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')

/** Ends what a person allowed an app: tokens are looked up together with the grant, so none outlives this statement. */
export async function endGrant(database: Pick<Handle, 'query'>, grantId: string): Promise<void> {
  await database.query(
    `with ended as (delete from smart_grant where grant_id = $1),
       itself as (delete from oidc_payload where model = 'Grant' and id = $1)
     delete from oidc_payload where grant_id = $1`,
    [grantId],
  )
}

/** Who has signed in and not come back to the app yet: the sign-in ends with all others of the account. */
function parkedLogin({ result }: AdapterPayload): string | undefined {
  return (result as InteractionResults | undefined)?.login?.accountId
}

function stored(model: string, payload: AdapterPayload): AdapterPayload {
  const kept = { ...payload }
  if (bearers.has(model)) delete kept.jti
  // The library copies the session's cookie value here and never reads it.
  if (kept.session) kept.session = { ...kept.session, cookie: undefined }
  if (model === 'Client' && kept.client_secret) kept.client_secret = hashSecret(kept.client_secret)
  return kept
}

function restored({ payload, consumed }: Row): AdapterPayload {
  return consumed === null ? payload : { ...payload, consumed }
}

/** Keys behind a `jwks_uri` are ours to fetch (see jwks-cache.ts); the library is shown them as if they were registered. */
function withKeys(client: AdapterPayload, jwks: JwksCache): AdapterPayload {
  const { smart_jwks_uri: uri } = client as { smart_jwks_uri?: string }
  return uri ? { ...client, jwks: { keys: jwks.known(uri) } } : client
}

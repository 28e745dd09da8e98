/**
 * `/auth/clients`: an administrator looks at the registered apps, approves one with the scopes that it may have, or removes it.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html#register-fhir-client
 */
import type Router from '@koa/router'
import type Provider from 'oidc-provider'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Database } from '../accounts/account.ts'
import { BodyError, parseObject, readText } from '../read-body.ts'
import type { Administrators } from './administrators.ts'
import { sendError } from './send-error.ts'

interface Parts {
  provider: Provider
  /** Where registered clients are kept. */
  clients: Adapter
  database: Database
  administrators: Administrators
}

type Metadata = AdapterPayload & { smart_scope?: string; smart_jwks_uri?: string; approval?: string }

export function clientEndpoints(router: Router, { provider, clients, database, administrators }: Parts): void {
  async function find(id: string): Promise<Metadata | undefined> {
    const [row] = await database.query<{ payload: Metadata }>(
      `select payload from oidc_payload where model = 'Client' and id = $1`,
      [id],
    )
    return row?.payload
  }

  router.get('/auth/clients', administrators.administrator, async (ctx) => {
    const rows = await database.query<{ payload: Metadata }>(
      `select payload from oidc_payload where model = 'Client' and ($1::text is null or payload ->> 'approval' = $1)
       order by payload ->> 'client_id_issued_at' desc limit 1000`,
      [typeof ctx.query.approval === 'string' ? ctx.query.approval : null],
    )
    ctx.set('Cache-Control', 'no-store')
    ctx.body = rows.map(({ payload }) => shown(payload))
  })

  router.patch('/auth/clients/:id', administrators.administrator, async (ctx) => {
    const stored = await find(ctx.params.id!)
    if (!stored) return sendError(ctx, 404, 'invalid_request', 'There is no such client.')
    try {
      const changed = changedBy(stored, parseObject(await readText(ctx.req)))
      await provider.Client.validate(changed as never)
      await clients.upsert(ctx.params.id!, changed)
      ctx.body = shown(changed)
    } catch (error) {
      if (error instanceof errors.InvalidClientMetadata) {
        return sendError(ctx, 400, error.message, error.error_description ?? 'The metadata do not hold.')
      }
      throw error
    }
  })

  router.delete('/auth/clients/:id', administrators.administrator, async (ctx) => {
    if (!(await find(ctx.params.id!))) return sendError(ctx, 404, 'invalid_request', 'There is no such client.')
    await clients.destroy(ctx.params.id!)
    ctx.status = 204
  })
}

/** `approval` and `scope` are the administrator's; all else is the client's. */
function changedBy(stored: Metadata, { approval, scope }: Record<string, unknown>): Metadata {
  if (approval !== undefined && approval !== 'granted' && approval !== 'waiting') {
    throw new BodyError(400, 'approval is granted or waiting.')
  }
  if (scope !== undefined && typeof scope !== 'string') throw new BodyError(400, 'scope is a text.')
  const changed = {
    ...stored,
    ...(approval ? { approval } : {}),
    ...(scope === undefined ? {} : { smart_scope: scope }),
  }
  const backend = stored.grant_types?.includes('client_credentials')
  if (backend && changed.approval === 'granted' && changed.smart_scope === undefined) {
    throw new BodyError(400, 'Name the system scopes that this client is granted: scope.')
  }
  return changed
}

function shown({ client_secret: _secret, smart_scope: scope, smart_jwks_uri: uri, jwks, ...rest }: Metadata) {
  return { ...rest, ...(scope === undefined ? {} : { scope }), ...(uri === undefined ? { jwks } : { jwks_uri: uri }) }
}

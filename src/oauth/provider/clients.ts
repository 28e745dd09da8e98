/**
 * What we keep about a client beyond the standard's metadata, and the one client that exists from the start.
 *
 * https://www.rfc-editor.org/rfc/rfc7591#section-2
 */
import { parseUrl } from '../parse-url.ts'
import type Provider from 'oidc-provider'
import { type Client, type ClientMetadata, type Configuration, errors } from 'oidc-provider'

/**
 * - `smart_scope`: the scopes of the registration. oidc-provider takes only fixed ones in `scope`. Absent: the app may ask for any.
 * - `smart_jwks_uri`: the `jwks_uri`, whose keys we fetch ourselves (see jwks-cache.ts).
 * - `approval`: set by us alone; what is not `granted` gets nothing.
 * - `first_party`: the app is a part of this server.
 */
export const extraProperties = ['smart_scope', 'smart_jwks_uri', 'launch_uri', 'approval', 'first_party'] as const

export const approvals = ['granted', 'waiting', 'suspended'] as const
export type Approval = (typeof approvals)[number]

export interface SmartClient extends Client {
  readonly smart_scope?: string
  readonly smart_jwks_uri?: string
  readonly launch_uri?: string
  readonly approval?: Approval
  readonly first_party?: boolean
}

export const houseClientId = 'chartshare-web'

export function houseClient(publicUrl: string): ClientMetadata {
  return {
    client_id: houseClientId,
    client_name: 'Chartshare',
    client_uri: `${publicUrl}/`,
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${publicUrl}/`, `${publicUrl}/app`],
    post_logout_redirect_uris: [`${publicUrl}/`, `${publicUrl}/app`],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...{
      smart_scope:
        'openid fhirUser profile launch launch/patient launch/encounter offline_access online_access user/*.cruds patient/*.cruds',
      approval: 'granted',
      first_party: true,
    },
  } as ClientMetadata
}

/** "Backend services authenticate with an asymmetric key": a shared secret is not enough for whole populations. */
export const extraClientMetadata: NonNullable<Configuration['extraClientMetadata']> = {
  properties: [...extraProperties],
  validator(_ctx, key, value, metadata) {
    if (key === 'smart_jwks_uri' && value !== undefined && !isWebUrl(value)) {
      throw new errors.InvalidClientMetadata('jwks_uri must be a web uri')
    }
    if (key === 'launch_uri' && value !== undefined && !isWebUrl(value)) {
      throw new errors.InvalidClientMetadata('launch_uri must be a web uri')
    }
    if (key === 'smart_scope' && value !== undefined && typeof value !== 'string') {
      throw new errors.InvalidClientMetadata('scope must be a string')
    }
    const backend = metadata.grant_types?.includes('client_credentials')
    if (backend && metadata.token_endpoint_auth_method !== 'private_key_jwt') {
      throw new errors.InvalidClientMetadata('client_credentials needs token_endpoint_auth_method private_key_jwt')
    }
  },
}

function isWebUrl(value: unknown): boolean {
  return ['http:', 'https:'].includes(parseUrl(value)?.protocol ?? '')
}

/** What people know the app by. An app that is gone, or whose metadata no longer hold, is called by its id. */
export async function nameOfClient(provider: Provider, clientId: string): Promise<string> {
  try {
    return (await provider.Client.find(clientId))?.clientName ?? clientId
  } catch {
    return clientId
  }
}

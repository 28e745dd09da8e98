/**
 * `/fhir/.well-known/smart-configuration`: where apps begin.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known
 */
import { proofAlgorithms } from '../dpop-proof.ts'
import { fixedScopes } from '../provider/grantable-scopes.ts'

export function smartConfigurationOf(publicUrl: string): Readonly<Record<string, unknown>> {
  const issuer = `${publicUrl}/auth`
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    dpop_signing_alg_values_supported: proofAlgorithms,
    registration_endpoint: `${issuer}/reg`,
    introspection_endpoint: `${issuer}/token/introspection`,
    revocation_endpoint: `${issuer}/token/revocation`,
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: [
      ...fixedScopes,
      ...['patient/*.cruds', 'user/*.cruds', 'system/*.cruds', 'patient/*.rs', 'user/*.rs', 'system/*.rs'],
      ...['patient/Patient.rs', 'patient/*.read', 'user/*.read', 'system/*.read'],
    ],
    capabilities: [
      ...['launch-ehr', 'launch-standalone', 'authorize-post', 'sso-openid-connect'],
      ...['client-public', 'client-confidential-symmetric', 'client-confidential-asymmetric'],
      ...[
        'context-banner',
        'context-style',
        'context-ehr-patient',
        'context-ehr-encounter',
        'context-standalone-patient',
      ],
      ...[
        'permission-offline',
        'permission-online',
        'permission-patient',
        'permission-user',
        'permission-v1',
        'permission-v2',
      ],
    ],
  }
}

/** https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#styling */
export const smartStyle = {
  color_background: '#f4f6f8',
  color_error: '#a4161a',
  color_highlight: '#0b5cad',
  color_modal_backdrop: '',
  color_success: '#1b7f4d',
  color_text: '#16232e',
  dim_border_radius: '6px',
  dim_font_size: '17px',
  dim_spacing_size: '16px',
  font_family_body: 'system-ui, sans-serif',
  font_family_heading: 'system-ui, sans-serif',
}

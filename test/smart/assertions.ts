/**
 * What the Inferno test kits assert of an authorization server, by the kits' own ids where they have one: the kit of SMART App
 * Launch and those of ONC (g)(10), IPA, US Core and Bulk Data. A test that asserts one carries the id in its title, in brackets.
 *
 * https://github.com/inferno-framework/smart-app-launch-test-kit, https://github.com/onc-healthit/onc-certification-g10-test-kit
 */
import type { Section } from '../support/readme-list.ts'

function section(title: string, rows: Record<string, string>): Section {
  return { title, assertions: Object.entries(rows).map(([id, says]) => ({ id, says })) }
}

export const sections: readonly Section[] = [
  section('Discovery and CORS', {
    well_known_endpoint: 'smart-configuration answers 200 with valid JSON as application/json',
    well_known_capabilities_stu2:
      'endpoints, grant types, PKCE methods (S256, never plain), capabilities; issuer and keys for OpenID Connect',
    smart_cors_well_known_endpoint: 'smart-configuration may be read from every origin',
    smart_cors_metadata_request: 'the CapabilityStatement may be read from every origin',
    smart_cors_token_exchange: 'the token answer of a public app may be read from the app’s origin',
    smart_cors_openid_fhir_user_claim: 'the resource of fhirUser may be read from the app’s origin',
    g10_smart_well_known_capabilities: 'the capabilities that (g)(10) asks of standalone and of EHR launches',
    ipa_smart_capabilities: 'the capabilities that IPA asks for',
    us_core_smart_well_known_capabilities: 'scopes_supported with v2 scopes, and the introspection endpoint',
    bulk_data_smart_discovery_v101_contents: 'the token endpoint is an URI; private_key_jwt with RS384 or ES384',
  }),
  section('Standalone and EHR launch', {
    standalone_auth_tls: 'the authorization endpoint of a standalone launch takes TLS 1.2 and later alone',
    standalone_token_tls: 'the token endpoint of a standalone launch takes TLS 1.2 and later alone',
    ehr_auth_tls: 'the authorization endpoint of an EHR launch takes TLS 1.2 and later alone',
    ehr_token_tls: 'the token endpoint of an EHR launch takes TLS 1.2 and later alone',
    smart_app_launch: 'the app’s launch URL is called, as the answer of POST /auth/launch gives it',
    smart_launch_received: 'with the FHIR base as iss, and a launch',
    smart_app_redirect_stu2: 'authorize by GET and by POST leads to the redirect URI with the same state',
    smart_code_received: 'with a code, and no error',
    smart_token_exchange_stu2_2:
      'the code is exchanged by a public, a symmetric (Basic) and an asymmetric client (RS384, ES384)',
    smart_token_response_body_stu2_2: 'the members of the token answer have the right types, fhirContext included',
    smart_token_response_headers: 'no-store and no-cache, on refresh too',
    g10_smart_scopes: 'the scopes that were asked for are received, every type of the compartment among them',
    g10_unauthorized_access: 'without a token 401',
    g10_patient_context: 'the patient of the token answer can be read, after a refresh too',
    g10_encounter_context: 'the encounter of the token answer can be read, after a refresh too',
    g10_smart_style_url: 'smart_style_url leads to valid JSON (Test13)',
    g10_need_patient_banner: 'need_patient_banner is there (Test14)',
    g10_patient_scope: 'an EHR launch that asks for patient/Patient.rs gets it',
    g10_public_launch_id_token: 'a public client gets an id_token',
    g10_asymmetric_launch_id_token: 'an asymmetric client gets an id_token',
    g10_smart_v1_scopes: 'scopes of SMART v1 work',
  }),
  section('Must fail', {
    g10_smart_invalid_aud: 'another server’s aud never gets a code',
    smart_no_verifier_token_request: 'no code_verifier',
    smart_blank_verifier_token_request: 'a blank code_verifier',
    smart_bad_code_verifier_token_request: 'a wrong code_verifier',
    smart_plain_code_verifier_token_request: 'the challenge as code_verifier',
    g10_smart_invalid_token_request_stu2_bad_code: 'a bad code (Test03)',
    g10_smart_invalid_token_request_stu2_bad_client: 'a bad client id (Test04)',
    g10_invalid_token_refresh: 'a made-up refresh token',
  }),
  section('Identity', {
    smart_openid_decode_id_token: 'the id_token is a JWT',
    smart_openid_retrieve_configuration: 'the issuer’s openid-configuration is there',
    smart_openid_required_configuration_fields: 'and holds what OpenID Connect demands, RS256 among the algorithms',
    smart_openid_retrieve_jwks: 'the keys are there, and every RSA key can be used',
    smart_openid_token_header: 'RS256, with the kid of one of the keys',
    smart_openid_token_payload: 'signature, issuer, audience, expiry, issue time, subject',
    smart_openid_fhir_user_claim: 'fhirUser is the URL of a person, who can be read with the token',
  }),
  section('Refresh and revocation', {
    smart_token_refresh_stu2: 'a refresh works with and without scope',
    smart_token_refresh_body: 'and answers no more scopes than before',
    g10_token_revocation: 'after the patient revokes, reads and refreshes are refused',
    attest_refresh_three_months: 'refresh tokens last three months or longer',
    attest_offline_named: 'the consent page names offline access',
    attest_resource_choice: 'the consent page lets the person choose types',
    attest_jwks_cache: 'keys are cached no longer than Cache-Control says',
    attest_native_refresh: 'apps on devices get refresh tokens',
  }),
  section('Limited and granular scopes', {
    g10_limited_scope_grant: 'only the types that the person kept are granted',
    g10_restricted_access: 'types that were kept are answered, the others refused',
    g10_document_reference_restricted_access: 'the same for DocumentReference',
    g10_smart_granular_scope_selection: 'a person narrows a type to categories that the app did not ask for',
    us_core_granted_granular_scopes_group1:
      'Condition encounter-diagnosis, health-concern; Observation laboratory, social-history',
    us_core_granted_granular_scopes_group2: 'Condition problem-list-item; Observation vital-signs, survey, sdoh',
    us_core_granular_scope_search: 'no search answers a resource outside of the scopes, and none inside is missing',
    us_core_granular_scope_read: 'a read outside of the scopes is refused',
  }),
  section('Introspection', {
    smart_token_introspection_good: 'a good token: active, client, scopes, expiry, context, and who',
    smart_token_introspection_bad: 'a bad token: inactive, and nothing else',
    smart_token_introspection_bearer: 'authorised by a Bearer token',
  }),
  section('Backend services', {
    smart_backend_services_token_tls_version: 'TLS 1.2 and later alone',
    smart_backend_services_invalid_grant_type: 'another grant type is refused',
    smart_backend_services_invalid_client_assertion: 'another type of assertion is refused',
    smart_backend_services_invalid_jwt: 'a bad signature or issuer is refused',
    smart_backend_services_auth_request_success:
      'a good assertion gets a token, also one that is good for exactly five minutes',
    smart_backend_services_auth_response_body: 'with type, expiry and scopes',
  }),
  section('DocumentReference (US Core 8.0.0) with a token for one patient', {
    us_core_v800_document_reference_patient_search_test: 'patient, by id and by reference, by GET and by POST',
    us_core_v800_document_reference__id_search_test: '_id',
    us_core_v800_document_reference_patient_category_search_test: 'patient and category',
    us_core_v800_document_reference_patient_category_date_search_test: 'patient, category and date',
    us_core_v800_document_reference_patient_type_search_test: 'patient and type',
    us_core_v800_document_reference_patient_status_search_test: 'patient and status',
    us_core_v800_document_reference_patient_type_period_search_test: 'patient, type and period',
    us_core_v800_document_reference_read_test: 'read',
    us_core_v800_document_reference_provenance_revinclude_search_test: '_revinclude=Provenance:target',
    us_core_v800_document_reference_docref: '$docref (declared; the kits have no test of it)',
  }),
  {
    title: 'Not asked here',
    assertions: [
      {
        id: 'us_core_v800_document_reference_validation_test',
        says: 'documents are valid against the profile, with its must-support elements',
        notApplicable:
          'about the content of records, not about authorization; profiles are checked when documents are stored',
      },
      {
        id: 'us_core_clinical_note_types',
        says: 'notes of ten types are there',
        notApplicable: 'about the content of records, not about authorization',
      },
    ],
  },
]

/**
 * Everything that the authorization server leaves in the audit trail, with the DICOM codes of its AuditEvent. (Roles are set and
 * persons suspended by FHIR interactions, whose rows the trail has from `interactions/perform.ts`.)
 *
 * https://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_400.html and …/sect_CID_401.html
 */

const login = { type: '110114', subtype: '110122' } as const
const logout = { type: '110114', subtype: '110123' } as const
/** One machine proves to another which one it is. */
const nodeAuthentication = { type: '110114', subtype: '110126' } as const
const securityConfiguration = { type: '110113', subtype: '110129' } as const
const objectSecurity = { type: '110113', subtype: '110135' } as const
const userSecurity = { type: '110113', subtype: '110137' } as const

export const auditEvents = {
  /** Sign-in with what the person knows and has. */
  login,
  /** The first step was right, and the second one is to come. */
  'login-begin': login,
  logout,
  activate: userSecurity,
  setup: userSecurity,
  /** A mail address was confirmed. */
  verify: userSecurity,
  'password-reset': userSecurity,
  'password-change': userSecurity,
  /** On the machine itself, where nobody else could let its owner in. */
  'account-reset': userSecurity,
  'factor-add': userSecurity,
  'factor-rename': userSecurity,
  'factor-remove': userSecurity,
  'recovery-codes': userSecurity,
  'session-end': logout,
  'address-ask': userSecurity,
  'address-change': userSecurity,
  'address-cancel': userSecurity,
  /** An app's request at the authorization endpoint: granted with its scopes, or why not. */
  authorize: login,
  /** An EHR launch was made. */
  launch: login,
  /** At the token endpoint, by grant type. */
  'token-code': login,
  'token-refresh': login,
  'token-client': nodeAuthentication,
  'token-other': nodeAuthentication,
  /** A client that asked about a token was refused. */
  introspect: nodeAuthentication,
  'revoke-token': logout,
  /** What a person allowed an app ended, by the person or by an administrator. */
  'revoke-grant': logout,
  /** Everything that was signed in for a person ended, by an administrator. */
  'revoke-person': logout,
  'client-register': securityConfiguration,
  'client-read': securityConfiguration,
  'client-update': securityConfiguration,
  'client-delete': securityConfiguration,
  'client-approve': securityConfiguration,
  'client-suspend': securityConfiguration,
  'client-wait': securityConfiguration,
  'client-scope': objectSecurity,
  'client-secret': objectSecurity,
  /** Nobody looked at the registration within its time. */
  'client-expire': securityConfiguration,
  'client-refused': securityConfiguration,
  /** Too many requests from one address or of one client. */
  throttled: nodeAuthentication,
  /** New keys sign from a moment on; those whose end came are gone. */
  'keys-rotate': securityConfiguration,
  'keys-remove': securityConfiguration,
} as const satisfies Readonly<Record<string, { type: string; subtype: string }>>

export type AuditEventName = keyof typeof auditEvents

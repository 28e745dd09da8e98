import type { Rid } from '../search/keys.ts'

export type Role = 'admin' | 'records-office' | 'privacy-officer' | 'practitioner' | 'patient' | 'proxy'

/** Who asks, as one SQL statement found it for this very request: token, account state, role and launch context. */
export interface Principal {
  readonly kind: 'person' | 'system' | 'server'
  readonly roles: readonly Role[]
  /** The person behind the account; absent for a backend client and for the server itself. */
  readonly person?: {
    readonly type: 'Practitioner' | 'Patient' | 'RelatedPerson'
    readonly id: string
    readonly rid: Rid
    /** The roles that a practitioner holds now, and the organizations that he holds them in: a Consent may name these. */
    readonly parties?: readonly Rid[]
  }
  readonly accountId?: string
  readonly clientId: string
  readonly scopes: readonly Scope[]
  /** The patient of the launch context, which `patient/` scopes are confined to. */
  readonly patient?: { readonly id: string; readonly rid: Rid }
}

/** A SMART resource scope. v1 scopes are read as v2: `.read` is `rs`, `.write` is `cud`. */
export interface Scope {
  readonly level: 'patient' | 'user' | 'system'
  readonly type: string
  readonly actions: string
  readonly query?: readonly (readonly [name: string, value: string])[]
}

/** One request's immutable surroundings; the first argument of everything that acts for somebody. */
export interface Context {
  readonly principal: Principal
  /** The FHIR base URL, without a trailing slash; from the settings, never from a header. */
  readonly base: string
  readonly requestId: string
  readonly now: Date
  readonly signal: AbortSignal
  readonly ip?: string
  /** The end of the access token: it tells two of them apart and opens nothing. */
  readonly token?: string
  /**
   * Present while the token is still being looked up: `principal` is who it stood for the last time. Answers this context, or
   * the one of whom it stands for now; until then nothing may be written, kept or shown. Throws FhirError('expiredToken').
   */
  readonly confirm?: () => Promise<Context>
  /** Counts so many requests more to the caller's share. Throws FhirError('throttled') beyond it. */
  readonly charge?: (requests: number) => Promise<void>
}

/** The server acting on its own behalf, inside a transaction that a person's interaction started. */
export const serverPrincipal: Principal = { kind: 'server', roles: [], clientId: 'chartshare', scopes: [] }

import type { Context as Caller } from '../access/principal.ts'

/** What the middleware of one request tells the next. */
export interface RequestState {
  requestId: string
  /** The end of the access token, for the audit trail. */
  tokenMark?: string
  /** Set once the token is known to be good; see `Context.confirm` for the one exception. */
  caller?: Caller
  /** The `_format` of a search that was sent as a form. */
  formFormat?: string | undefined
}

import type { Readable } from 'node:stream'
import type { StoredObject } from '../store/stored-object.ts'
import type { Compartment } from '../search/request.ts'
import type { Touched } from './audit-row.ts'

/**
 * Everything that FHIR lets a client do, as a value. HTTP requests and Bundle entries become the same values.
 *
 * https://hl7.org/fhir/R4/http.html
 */
export type Interaction =
  | { kind: 'capabilities'; query: URLSearchParams }
  | { kind: 'read'; type: string; id: string; unless?: Known; form?: URLSearchParams }
  | { kind: 'vread'; type: string; id: string; version: string; unless?: Known; form?: URLSearchParams }
  | { kind: 'create'; type: string; ifNoneExist?: string }
  | { kind: 'update'; type: string; id: string; ifMatch?: Versions; ifNoneMatch?: '*' }
  | { kind: 'patch'; type: string; id: string; ifMatch?: Versions }
  | { kind: 'delete'; type: string; id: string; ifMatch?: Versions }
  | { kind: 'conditional-update'; type: string; criteria: string; ifMatch?: Versions }
  | { kind: 'conditional-patch'; type: string; criteria: string; ifMatch?: Versions }
  | { kind: 'conditional-delete'; type: string; criteria: string; ifMatch?: Versions }
  | ({ kind: 'history-instance'; type: string; id: string; query: URLSearchParams } & Sent)
  | ({ kind: 'history-type'; type: string; query: URLSearchParams } & Sent)
  | ({ kind: 'history-system'; query: URLSearchParams } & Sent)
  | ({ kind: 'search-type'; type: string; query: URLSearchParams; lenient: boolean; within?: Compartment } & Sent)
  | ({ kind: 'search-system'; query: URLSearchParams; lenient: boolean; within?: Compartment } & Sent)
  | { kind: 'batch'; prefer?: Return }
  | ({
      kind: 'operation'
      method: 'GET' | 'POST'
      name: string
      type?: string
      id?: string
      query: URLSearchParams
    } & Sent)

/** The request to the letter, where the audit trail keeps it: method and address, and below an empty line the form that was posted. */
export interface Sent {
  sent?: string
}

export type InteractionKind = Interaction['kind']

/** What the answer to a write is to hold. https://hl7.org/fhir/R4/http.html#ops */
export type Return = 'minimal' | 'representation' | 'OperationOutcome'

/** Versions that a header names, by number; `*`: whichever is current. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1 */
export type Versions = readonly (number | '*')[]

/** What the client of a conditional read has already, or at what time it saw it. */
export interface Known {
  readonly versions?: Versions
  /** Epoch ms. */
  readonly since?: number
}

/** What came with the interaction: a parsed JSON body, or the raw bytes of a Binary. */
export type Body =
  | { kind: 'none' }
  | { kind: 'json'; value: unknown; contentType: string }
  | { kind: 'bytes'; stream: Readable; contentType: string; securityContext?: string }

/** The answer, before HTTP. */
export interface Answer {
  status: 200 | 201 | 204 | 304
  /** The resource's text, as stored: attachment URLs may be relative to the base; http makes them absolute. */
  json?: string
  /** The answer is this Binary, whose bytes the store has. */
  binary?: { object: StoredObject | undefined }
  /** `Patient/1/_history/2` */
  location?: string
  version?: number
  lastUpdated?: number
  /** A condition left nothing to write. */
  unwritten?: true
}

/** What a handler gives back to `perform`: the answer, and what the audit trail is to hold of it. */
export interface Answered {
  answer: Answer
  /** Absent when the write put its audit rows into its own transaction. */
  touched?: Touched
}

import { isDeepStrictEqual } from 'node:util'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { unknownReference } from '../interactions/check-references.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import { all } from '../search/clause.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import { isImport } from './import.ts'
import { isNotification } from './notification.ts'
import type { Receipts } from './receipts.ts'
import { isSent } from './share-by-message.ts'

/**
 * A message from draft to recall: what it may carry, the thread that it stands in, who has read it. Taken back before
 * anybody has read it, its text is gone; afterwards it only says that it was taken back.
 *
 * https://hl7.org/fhir/R4/communication.html
 */
export function messages({ receipts, base }: { receipts: Receipts; base: string }): Rule {
  return { type: 'Communication', before, after }

  async function before(change: Change, work: Work): Promise<Resource | undefined> {
    const { before: stored, after: message } = change
    if (!message || isImport(change)) return undefined
    refuseAttachments(message)
    refuseServersOwn(stored, message)
    if (isSent(stored))
      return isSent(message) ? receipts.unreadBy(message, receipts.unreadOf(stored)) : takenBack(stored!, message)
    const threaded = await inThread(message, work)
    return receipts.unreadBy(threaded, isSent(message) ? receipts.recipientsOf(message) : [])
  }

  async function after({ identity, before: stored, after: message }: Change, work: Work): Promise<void> {
    if (!message || !isSent(stored) || isSent(message) || wasRead(stored!)) return
    const { type, id } = identity
    const { versions } = await work.tx.resources.history({ of: [{ type, where: all }], id, count: mostVersions })
    for (const { version, json, deleted } of versions) {
      if (version >= identity.version || deleted) continue
      const earlier = withoutText(parseJson(json) as Resource)
      await work.tx.resources.redact(type, identity.rid, version, stringifyJson(earlier))
    }
  }

  function takenBack(stored: Resource, message: Resource): Resource {
    const { payload } = stored
    const marked = { ...message, ...(payload === undefined ? {} : { payload }) }
    return receipts.unreadBy(wasRead(stored) ? marked : withoutText(message), [])
  }

  function wasRead(stored: Resource): boolean {
    return receipts.readersOf(stored).length > 0
  }

  /** A reply stands in the thread of what it replies to, whose first message the others name. */
  async function inThread(message: Resource, work: Work): Promise<Resource> {
    const parents = await seen(message, 'inResponseTo', work)
    await seen(message, 'partOf', work)
    if (parents.length === 0 || message['partOf'] !== undefined) return message
    const parent = await work.read('Communication', parents[0]!)
    const [above] = communicationsIn(parent?.['partOf'])
    const root = above && (await work.maySee('Communication', above.id)) ? above.id : parents[0]!
    return { ...message, partOf: [{ reference: `Communication/${root}` }] }
  }

  /** The messages that an element names. Nobody joins a thread that is not shown to him. */
  async function seen(message: Resource, element: string, work: Work): Promise<string[]> {
    const named = communicationsIn(message[element])
    for (const { id, n } of named) {
      if (await work.maySee('Communication', id)) continue
      throw unknownReference(`Communication/${id}`, `Communication.${element}[${n}]`)
    }
    return named.map(({ id }) => id)
  }

  function communicationsIn(references: unknown): { id: string; n: number }[] {
    return ((references ?? []) as Reference[]).flatMap(({ reference }, n) => {
      const target = localReference(reference ?? '', base)
      return target?.type === 'Communication' ? [{ id: target.id, n }] : []
    })
  }

  /** Receipts, and what the server alone tells people. */
  function refuseServersOwn(stored: Resource | undefined, message: Resource): void {
    if (!isDeepStrictEqual(receipts.receiptsOf(stored), receipts.receiptsOf(message))) {
      throw refused('Who has read a message says so by $mark-read.', 'Communication.extension')
    }
    if (!isDeepStrictEqual(stored?.['received'], message['received'])) {
      throw refused('The server says when a message was received.', 'Communication.received')
    }
    if (isNotification(message) && !isNotification(stored)) {
      throw refused('Notifications come from the server.', 'Communication.category')
    }
  }
}

const mostVersions = 1_000

function refuseAttachments(message: Resource): void {
  const payload = (message['payload'] ?? []) as { contentAttachment?: unknown }[]
  const n = payload.findIndex(({ contentAttachment }) => contentAttachment !== undefined)
  if (n < 0) return
  const text = 'A message carries no file: upload it as a DocumentReference, and name that in payload.contentReference.'
  throw refused(text, `Communication.payload[${n}].content`)
}

function withoutText({ payload: _payload, ...message }: Resource): Resource {
  return message as Resource
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('unprocessable', text, { expression })
}

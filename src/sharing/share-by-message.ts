import type { Facts } from '../access/facts.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference, Resource } from '../fhir/resource.ts'
import { unknownReference } from '../interactions/check-references.ts'
import type { Change, Rule, Work } from '../interactions/rule.ts'
import { disclosureDetail } from './audit/disclosure.ts'
import type { OwnCodes } from './codes.ts'
import { compileGrants } from './compile-grants.ts'
import { isImport } from './import.ts'
import type { Letters } from './letters.ts'
import { mayShareUntil } from './may-share.ts'
import { type Recipient, recipientsOf } from './recipients.ts'
import { shareDays, treatmentShareGrant } from './treatment-share-grant.ts'

interface Parts {
  letters: Letters
  codes: OwnCodes
  base: string
  factsOf: (resource: Resource) => Facts
}

interface Shared {
  document: Resource
  /** Epoch ms; the sender's own right ends then. */
  until: number
  patient: string
}

/**
 * A message that carries a document discloses it: the same transaction makes one grant per recipient, or the whole message
 * is refused. Being addressed by a message alone opens nothing.
 *
 * https://hl7.org/fhir/R4/communication.html
 */
export function shareByMessage({ letters, codes, base, factsOf }: Parts): Rule {
  return { type: 'Communication', before, after }

  async function before(change: Change): Promise<Resource | undefined> {
    const { context, kind, before: stored, after: message } = change
    if (!message || isImport(change)) return undefined
    const person = context.principal.person
    const sender = person && { reference: `${person.type}/${person.id}` }
    const known: Record<string, unknown> = {
      ...(kind === 'create' && sender ? { sender } : {}),
      ...(kind === 'create' && person?.type === 'Patient' ? { subject: sender } : {}),
      ...(isSent(message) && !isSent(stored) ? { sent: context.now.toISOString() } : {}),
    }
    const added = Object.entries(known).filter(([element]) => message[element] === undefined)
    return { ...message, ...Object.fromEntries(added) }
  }

  async function after(change: Change, work: Work): Promise<void> {
    const { context, identity, before: stored, after: message } = change
    if (isSent(stored) && !isSent(message)) return recall(`Communication/${identity.id}`, work)
    // What an administrator brings from elsewhere was sent there: it discloses nothing here.
    if (!message || isSent(stored) || !isSent(message) || isImport(change)) return
    const recipients = await recipientsOf(message, context, work, base)
    const documents = await sharedIn(message, context, work)
    for (const recipient of recipients) {
      if (documents.length > 0) await grant(recipient, documents, `Communication/${identity.id}`, context, work)
      const letter = documents.length > 0 ? letters.share : letters.message
      await letter(work, recipient.resource)
    }
  }

  /** The documents of the message, each of which the sender may pass on. */
  async function sharedIn(message: Resource, context: Context, work: Work): Promise<Shared[]> {
    const shared = new Map<string, Shared>()
    const payload = (message['payload'] ?? []) as { contentReference?: Reference }[]
    for (const [n, { contentReference }] of payload.entries()) {
      if (contentReference === undefined) continue
      const expression = `Communication.payload[${n}].content`
      const target = localReference(contentReference.reference ?? '', base)
      if (target?.type !== 'DocumentReference') {
        throw new FhirError('unprocessable', 'A message carries documents of this server.', { expression })
      }
      const document = await work.read(target.type, target.id)
      if (!document) throw unknownReference(contentReference.reference!, expression)
      const until = await mayShareUntil(document, context, work, { base, factsOf })
      if (until === undefined)
        throw new FhirError('forbidden', 'You may read this document, not pass it on.', { expression })
      const patient = localReference((document['subject'] as Reference | undefined)?.reference ?? '', base)
      if (patient?.type !== 'Patient') {
        throw new FhirError('unprocessable', 'Only documents about a patient are shared.', { expression })
      }
      shared.set(target.id, { document, until, patient: `Patient/${patient.id}` })
    }
    return [...shared.values()]
  }

  /** One Consent per patient concerned, since a Consent is about one; as a rule there is one. */
  async function grant(
    recipient: Recipient,
    documents: readonly Shared[],
    source: string,
    context: Context,
    work: Work,
  ): Promise<void> {
    const performer = context.principal.person
    if (!performer) {
      throw new FhirError('forbidden', 'A person shares, in his own name.', { expression: 'Communication.sender' })
    }
    const sender = `${performer.type}/${performer.id}`
    for (const patient of new Set(documents.map((shared) => shared.patient))) {
      // The patient reads what is about himself; nobody grants it to him.
      if (recipient.name === patient) continue
      if (recipient.type !== 'Practitioner') {
        throw new FhirError('unprocessable', 'The document is about another patient.', { expression: recipient.path })
      }
      const about = documents.filter((shared) => shared.patient === patient)
      const names = about.map(({ document }) => `DocumentReference/${document.id}`)
      const usual = context.now.getTime() + shareDays * 86_400_000
      const consent = await work.create(
        treatmentShareGrant(
          {
            patient,
            performer: sender,
            recipient: recipient.name,
            documents: names,
            source,
            starts: context.now,
            ends: new Date(Math.min(usual, ...about.map(({ until }) => until))),
          },
          codes,
        ),
        disclosureDetail({ source: sender, recipient: recipient.name, documents: names }),
      )
      await enforce(consent, work)
    }
  }

  /** Whoever has read it has read it; from now on the grants give nothing. */
  async function recall(source: string, work: Work): Promise<void> {
    const query = new URLSearchParams({ identifier: `${codes.shareSource}|${source}`, status: 'active' })
    for (;;) {
      const consents = await work.find('Consent', query.toString())
      for (const consent of consents) await enforce(await work.update({ ...consent, status: 'inactive' }), work)
      if (consents.length === 0) return
    }
  }

  async function enforce(consent: Resource, work: Work): Promise<void> {
    const identity = { id: consent.id!, version: Number(consent.meta!.versionId) }
    await work.grants(identity, compileGrants(consent, { ridOf: work.ridOf, base }))
  }
}

/** `preparation` is a draft; `stopped` and `entered-in-error` take back. */
export function isSent(message: Resource | undefined): boolean {
  return message?.['status'] === 'in-progress' || message?.['status'] === 'completed'
}

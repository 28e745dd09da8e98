import { localReference } from '../fhir/reference.ts'
import type { Coding, Reference, Resource } from '../fhir/resource.ts'
import type { OwnCodes } from './codes.ts'

/**
 * Who has read a message: `Communication.received` is one date for all recipients, so each has an extension of his own.
 * What somebody has not read yet carries a tag with his name, by which each recipient counts what is unread:
 * `Communication?_tag=[system]|Practitioner/1&_summary=count`.
 */
export function createReceipts({ codes, base }: { codes: OwnCodes; base: string }) {
  const { readReceipt: url, unread: system } = codes

  interface Receipt {
    readonly url?: string
    readonly extension?: readonly { readonly url?: string; readonly valueReference?: Reference }[]
  }

  function receiptsOf(message: Resource | undefined): Receipt[] {
    return ((message?.['extension'] ?? []) as Receipt[]).filter((one) => one.url === url)
  }

  function readersOf(message: Resource | undefined): string[] {
    return receiptsOf(message).flatMap(({ extension = [] }) => {
      const who = extension.find((part) => part.url === 'who')?.valueReference
      return nameOf(who) ?? []
    })
  }

  function nameOf(reference: Reference | undefined): string | undefined {
    const target = localReference(reference?.reference ?? '', base)
    return target && `${target.type}/${target.id}`
  }

  function recipientsOf(message: Resource): string[] {
    const names = ((message['recipient'] ?? []) as Reference[]).flatMap((one) => nameOf(one) ?? [])
    return [...new Set(names)]
  }

  /** The message with these names in its tags, and with what others wrote there. */
  function unreadBy(message: Resource, names: readonly string[]): Resource {
    const others = ((message.meta?.tag ?? []) as Coding[]).filter((tag) => tag.system !== system)
    const { tag: _tag, ...meta } = message.meta ?? {}
    const tag = [...others, ...names.map((code) => ({ system, code }))]
    const { meta: _meta, ...elements } = message
    const whole = { ...meta, ...(tag.length > 0 ? { tag } : {}) }
    return { ...elements, ...(Object.keys(whole).length > 0 ? { meta: whole } : {}) } as Resource
  }

  return {
    receiptsOf,
    readersOf,
    recipientsOf,
    unreadBy,
    /** Who has still to read it, as its tags say. */
    unreadOf(message: Resource | undefined): string[] {
      const tags = (message?.meta?.tag ?? []) as Coding[]
      return tags.flatMap((tag) => (tag.system === system && tag.code !== undefined ? [tag.code] : []))
    },

    /** As it stands when this recipient has read it as well; "completed" is: read by all. */
    readBy(message: Resource, name: string, at: Date): Resource {
      const left = recipientsOf(message).filter((one) => one !== name && !readersOf(message).includes(one))
      const time = at.toISOString()
      const parts = [
        { url: 'who', valueReference: { reference: name } },
        { url: 'at', valueDateTime: time },
      ]
      const extension = [...((message['extension'] ?? []) as object[]), { url, extension: parts }]
      const all = left.length === 0 ? { status: 'completed', received: time } : {}
      return unreadBy({ ...message, extension, ...all }, left)
    },
  }
}

export type Receipts = ReturnType<typeof createReceipts>

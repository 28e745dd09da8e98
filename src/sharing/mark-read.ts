import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Operation } from '../interactions/operation.ts'
import type { Work } from '../interactions/rule.ts'
import { notFound } from '../interactions/visible-rows.ts'
import type { Transaction } from '../store/store.ts'
import type { OwnCodes } from './codes.ts'
import type { Receipts } from './receipts.ts'

interface Parts {
  receipts: Receipts
  codes: OwnCodes
  serverWork: (tx: Transaction, now: Date) => Work
}

/**
 * `POST [base]/Communication/1/$mark-read`: a recipient has read it. Answers the message with the receipt; doing it twice
 * changes nothing.
 */
export function markRead({ receipts, codes, serverWork }: Parts): Operation {
  return {
    name: 'mark-read',
    definition: codes.operation('mark-read'),
    on: ['instance'],
    types: ['Communication'],
    affectsState: true,
    needs: 'read',
    parameters: {},
    published: {
      description: 'A recipient has read the message. Answers it with the receipt; marked again, nothing changes.',
      answers: { return: { type: 'Communication' } },
    },
    async run({ context, handle, asked, rows: where }) {
      const id = asked.id!
      const message = await handle.transaction(async (tx) => {
        // Recipients who read at once come one after the other, so that no receipt is lost.
        await tx.lock([`read Communication/${id}`])
        const [stored] = await tx.resources.read('Communication', [id], { where })
        if (!stored || stored.deleted) throw notFound('Communication', id)
        const before = parseJson(stored.json) as Resource
        const name = recipientName(context, before, receipts)
        if (receipts.readersOf(before).includes(name)) return before
        return serverWork(tx, context.now).update(receipts.readBy(before, name, context.now))
      })
      const version = Number(message.meta!.versionId)
      const json = stringifyJson(message)
      const touched = { type: 'Communication', id, version, detail: { operation: 'mark-read' } }
      return { answer: { status: 200, json, version }, touched }
    },
  }
}

function recipientName({ principal: { person } }: Context, message: Resource, receipts: Receipts): string {
  const name = person && `${person.type}/${person.id}`
  if (name === undefined || !receipts.recipientsOf(message).includes(name)) {
    throw new FhirError('forbidden', 'Its recipients say that they have read a message.')
  }
  if (message['status'] === 'in-progress' || message['status'] === 'completed') return name
  throw new FhirError('conflict', 'This message was taken back.', { expression: 'Communication.status' })
}

import type { Operation } from '../interactions/operation.ts'
import type { AnswerTable } from '../interactions/operation-parameters.ts'
import { parametersText } from '../interactions/parameters-text.ts'
import { mustAdministerAll } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'
import type { Outbox } from './outbox.ts'

interface Parts {
  outbox: Pick<Outbox, 'dead' | 'sendAgain'>
  codes: OwnCodes
}

const most = 1_000

const partsOfLetter: AnswerTable = {
  message: { type: 'uuid' },
  channel: { type: 'code' },
  recipient: { type: 'string' },
  subject: { type: 'string' },
  queued: { type: 'instant' },
  attempts: { type: 'integer' },
  failure: { type: 'string' },
}

/**
 * `GET [base]/$dead-letters`: what could not be sent, oldest first, for administrators; never the text, which may hold a
 * link that opens an account. `POST [base]/$send-again` tries all of it once more, or each `message` that is named.
 */
export function deadLetters({ outbox, codes }: Parts): Operation[] {
  return [
    {
      name: 'dead-letters',
      definition: codes.operation('dead-letters'),
      on: ['system'],
      types: [],
      affectsState: false,
      parameters: {},
      published: {
        description:
          'What could not be sent to people and is not tried again by itself, oldest first, without its text.',
        answers: { letter: { min: 0, max: Infinity, part: partsOfLetter } },
      },
      async run({ context, handle }) {
        mustAdministerAll(context, 'dead-letters', 'r')
        const letters = (await outbox.dead(handle, most)).map((letter) => ({
          name: 'letter',
          part: [
            { name: 'message', valueUuid: `urn:uuid:${letter.message}` },
            { name: 'channel', valueCode: letter.channel },
            { name: 'recipient', valueString: letter.recipient },
            { name: 'subject', valueString: letter.subject },
            { name: 'queued', valueInstant: letter.queued.toISOString() },
            { name: 'attempts', valueInteger: letter.attempts },
            { name: 'failure', valueString: letter.failure },
          ],
        }))
        return { answer: { status: 200, json: parametersText(...letters) }, touched: { detail } }
      },
    },
    {
      name: 'send-again',
      definition: codes.operation('send-again'),
      on: ['system'],
      types: [],
      affectsState: true,
      parameters: { message: { type: 'uuid', max: Infinity } },
      published: {
        description:
          'Tries to send what could not be sent once more: all of it, or each message that is named. Answers how many.',
        answers: { letters: { type: 'integer' } },
      },
      async run({ context, handle, given }) {
        mustAdministerAll(context, 'send-again', 'u')
        const named = given.texts('message').map((uuid) => uuid.replace('urn:uuid:', ''))
        const count = await handle.transaction((tx) => outbox.sendAgain(tx, named.length > 0 ? named : undefined))
        const json = parametersText({ name: 'letters', valueInteger: count })
        return { answer: { status: 200, json }, touched: { detail: { operation: 'send-again' } } }
      },
    },
  ]
}

const detail = { operation: 'dead-letters' }

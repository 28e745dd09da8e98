import { FhirError } from '../fhir/error.ts'
import { localReference } from '../fhir/reference.ts'
import type { Reference } from '../fhir/resource.ts'
import type { Call, Operation } from '../interactions/operation.ts'
import { type Parameter, parametersText } from '../interactions/parameters-text.ts'
import { type Accepts, acceptances, mostBlocked, settingsOf } from './accepted-senders.ts'
import type { OwnCodes } from './codes.ts'

interface Parts {
  codes: OwnCodes
  base: string
}

/**
 * `POST [base]/Practitioner/1/$message-settings`: from whom that practitioner takes messages. `accepts`: `anyone`, `organization`
 * (who works where he works), `nobody`; `block` and `unblock` name people, who are not told. Answers the settings, to himself alone.
 */
export function messageSettings({ codes, base }: Parts): Operation {
  return {
    name: 'message-settings',
    definition: codes.operation('message-settings'),
    on: ['instance'],
    types: ['Practitioner'],
    affectsState: true,
    needs: 'update',
    parameters: {
      accepts: { type: 'code' },
      block: { type: 'Reference', max: Infinity },
      unblock: { type: 'Reference', max: Infinity },
    },
    published: {
      description:
        'From whom a practitioner takes messages, told to that practitioner alone: accepts is anyone, organization or nobody; block and unblock name people.',
      answers: { accepts: { type: 'code' }, blocked: { type: 'Reference', min: 0, max: Infinity } },
    },
    async run({ context, handle, asked, given, rows: where }) {
      const id = asked.id!
      const { person } = context.principal
      const isOwn = person?.type === 'Practitioner' && person.id === id
      const [target] = isOwn ? await handle.resources.read('Practitioner', [id], { where }) : []
      if (!target || target.deleted) {
        throw new FhirError('forbidden', 'Everybody decides alone from whom messages are taken.')
      }
      const accepts = acceptsIn(given)
      const [block, unblock] = [peopleIn(given, 'block', base), peopleIn(given, 'unblock', base)]
      if (block.includes(`Practitioner/${id}`)) throw refused('Nobody blocks himself.', given.place('block'))
      const parameters = await handle.transaction(async (tx) => {
        const settings = settingsOf(tx, id)
        await settings.change({ accepts, block, unblock })
        const now = await settings.read()
        if (now.blocked.length > mostBlocked) {
          throw refused(`At most ${mostBlocked} people are blocked.`, given.place('block'))
        }
        return [
          { name: 'accepts', valueCode: now.accepts },
          ...now.blocked.map((reference): Parameter => ({ name: 'blocked', valueReference: { reference } })),
        ]
      })
      return {
        answer: { status: 200, json: parametersText(...parameters) },
        touched: { type: 'Practitioner', id, detail: { operation: 'message-settings' } },
      }
    },
  }
}

function acceptsIn(given: Call['given']): Accepts | undefined {
  const text = given.text('accepts')
  if (text === undefined) return undefined
  const found = acceptances.find((one) => one === text)
  if (found) return found
  throw refused(`Messages are accepted from ${acceptances.join(', ')}, not from "${text}".`, given.place('accepts'))
}

function peopleIn(given: Call['given'], name: string, base: string): string[] {
  return given.all
    .filter((one) => one.name === name)
    .map(({ value, place }) => {
      const target = localReference((value as Reference).reference ?? '', base)
      if (target?.type === 'Practitioner' || target?.type === 'Patient') return `${target.type}/${target.id}`
      throw refused('Practitioners and patients can be blocked.', place)
    })
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('unprocessable', text, { expression })
}

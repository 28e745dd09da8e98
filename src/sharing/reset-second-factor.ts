import { FhirError } from '../fhir/error.ts'
import type { Operation } from '../interactions/operation.ts'
import { parametersText } from '../interactions/parameters-text.ts'
import type { AccountPerson, Accounts } from './accounts.ts'
import { administratorOperation } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'

interface Parts {
  accounts: Pick<Accounts, 'resetSecondFactor'>
  codes: OwnCodes
}

/**
 * `POST [base]/Practitioner/1/$reset-second-factor`: for somebody who lost phone, key and recovery codes and proved to the
 * administrator who he is. Nobody does it for himself: a stolen token would be enough.
 */
export function resetSecondFactor({ accounts, codes }: Parts): Operation {
  return administratorOperation({
    name: 'reset-second-factor',
    types: ['Practitioner', 'Patient', 'RelatedPerson'],
    definition: codes.operation('reset-second-factor'),
    parameters: {},
    published: {
      description:
        'An administrator removes the passkeys, the authenticator app and the recovery codes of somebody who lost them.',
      answers: { removed: { type: 'integer' } },
    },
    async act({ context, tx, target }) {
      const { person } = context.principal
      if (person?.type === target.type && person.id === target.id) {
        throw new FhirError('forbidden', 'Nobody resets his own second factor: another administrator does.')
      }
      const type = target.type as AccountPerson['type']
      const removed = await accounts.resetSecondFactor(tx, { type, id: target.id })
      if (removed === undefined) throw new FhirError('unprocessable', `${type}/${target.id} has no account yet.`)
      return parametersText({ name: 'removed', valueInteger: removed })
    },
  })
}

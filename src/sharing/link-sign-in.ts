import { FhirError } from '../fhir/error.ts'
import type { Operation } from '../interactions/operation.ts'
import { parametersText } from '../interactions/parameters-text.ts'
import type { AccountPerson, Accounts } from './accounts.ts'
import { administratorOperation } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'

interface Parts {
  accounts: Pick<Accounts, 'linkIdentity'>
  codes: OwnCodes
}

/**
 * `POST [base]/Practitioner/1/$link-sign-in` with `subject`: who this person is at the external OpenID Connect provider;
 * without it, nobody any more. Either way everything that was signed in ends. Nobody links himself: a stolen token would
 * become a door that stays.
 */
export function linkSignIn({ accounts, codes }: Parts): Operation {
  return administratorOperation({
    name: 'link-sign-in',
    types: ['Practitioner', 'Patient', 'RelatedPerson'],
    definition: codes.operation('link-sign-in'),
    parameters: { subject: { type: 'string', max: 1 } },
    published: {
      description:
        'An administrator links the account of this person with a subject of the external sign-in provider; without a subject the link is taken away.',
      answers: { subject: { type: 'string', min: 0 } },
    },
    async act({ context, given, tx, target }) {
      const { person } = context.principal
      if (person?.type === target.type && person.id === target.id) {
        throw new FhirError('forbidden', 'Nobody links his own account: another administrator does.')
      }
      const [subject] = given.texts('subject')
      await accounts.linkIdentity(tx, { type: target.type as AccountPerson['type'], id: target.id }, subject)
      return parametersText(...(subject === undefined ? [] : [{ name: 'subject', valueString: subject }]))
    },
  })
}

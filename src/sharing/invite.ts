import type { Operation } from '../interactions/operation.ts'
import type { AccountPerson, Accounts } from './accounts.ts'
import { administratorOperation } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'
import { parametersText } from '../interactions/parameters-text.ts'

interface Parts {
  accounts: Pick<Accounts, 'issueInvitation'>
  codes: OwnCodes
}

/** `POST [base]/Patient/1/$invite`: the code with which that person makes an account; the answer is its only copy. */
export function invite({ accounts, codes }: Parts): Operation {
  return administratorOperation({
    name: 'invite',
    types: ['Patient', 'RelatedPerson', 'Practitioner'],
    definition: codes.operation('invite'),
    parameters: {},
    published: {
      description:
        "An administrator issues the code with which this person makes an account at /activate. The answer is the code's only copy.",
      answers: { code: { type: 'string' }, expires: { type: 'instant' } },
    },
    async act({ tx, target }) {
      const person = { type: target.type as AccountPerson['type'], id: target.id, rid: target.rid }
      const { code, expires } = await accounts.issueInvitation(tx, person)
      return parametersText(
        { name: 'code', valueString: code },
        { name: 'expires', valueInstant: expires.toISOString() },
      )
    },
  })
}

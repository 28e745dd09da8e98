import type { Access } from '../access/access.ts'
import type { Operation } from '../interactions/operation.ts'
import type { AccountPerson, Accounts } from './accounts.ts'
import { administratorOperation } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'
import { parameters } from './parameters.ts'

interface Parts {
  access: Pick<Access, 'rows'>
  accounts: Pick<Accounts, 'issueInvitation'>
  codes: OwnCodes
}

/** `POST [base]/Patient/1/$invite`: the code with which that person makes an account; the answer is its only copy. */
export function invite({ access, accounts, codes }: Parts): Operation {
  return administratorOperation({
    access,
    name: 'invite',
    types: ['Patient', 'RelatedPerson', 'Practitioner'],
    definition: codes.operation('invite'),
    async act({ tx, target }) {
      const person = { type: target.type as AccountPerson['type'], id: target.id, rid: target.rid }
      const { code, expires } = await accounts.issueInvitation(tx, person)
      return parameters({ name: 'code', valueString: code }, { name: 'expires', valueInstant: expires.toISOString() })
    },
  })
}

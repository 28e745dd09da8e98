import type { Role } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Operation } from '../interactions/operation.ts'
import type { Accounts } from './accounts.ts'
import { administratorOperation } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'
import { parametersText } from '../interactions/parameters-text.ts'

interface Parts {
  accounts: Pick<Accounts, 'setRoles'>
  codes: OwnCodes
}

/**
 * `POST [base]/Practitioner/1/$set-roles` with `role` once or more: replaces the roles of that account. "Nobody demotes
 * himself", nor gives himself more; the last active administrator stays.
 */
export function setRoles({ accounts, codes }: Parts): Operation {
  return administratorOperation({
    name: 'set-roles',
    types: ['Practitioner'],
    definition: codes.operation('set-roles'),
    parameters: { role: { type: 'code', min: 1, max: Infinity } },
    published: {
      description: 'An administrator replaces the roles of the account of this practitioner.',
      answers: { role: { type: 'code', max: Infinity } },
    },
    detail: (given) => ({ roles: given.texts('role') }),
    async act({ context, given, tx, target }) {
      if (context.principal.person?.type === 'Practitioner' && context.principal.person.id === target.id) {
        throw new FhirError('forbidden', 'Nobody changes his own roles.')
      }
      const roles = [...new Set(given.texts('role'))]
      await accounts.setRoles(tx, target.id, roles as Role[])
      return parametersText(...roles.map((role) => ({ name: 'role', valueCode: role })))
    },
  })
}

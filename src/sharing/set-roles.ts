import type { Access } from '../access/access.ts'
import type { Role } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Operation } from '../interactions/operation.ts'
import type { Accounts } from './accounts.ts'
import { administratorOperation } from './administrator-operation.ts'
import type { OwnCodes } from './codes.ts'
import { parameters, textsIn } from './parameters.ts'

interface Parts {
  access: Pick<Access, 'rows'>
  accounts: Pick<Accounts, 'setRoles'>
  codes: OwnCodes
}

/**
 * `POST [base]/Practitioner/1/$set-roles` with `role` once or more: replaces the roles of that account. "Nobody demotes
 * himself", nor gives himself more; the last active administrator stays.
 */
export function setRoles({ access, accounts, codes }: Parts): Operation {
  return administratorOperation({
    access,
    name: 'set-roles',
    types: ['Practitioner'],
    definition: codes.operation('set-roles'),
    async act({ context, body, tx, target }) {
      if (context.principal.person?.type === 'Practitioner' && context.principal.person.id === target.id) {
        throw new FhirError('forbidden', 'Nobody changes his own roles.')
      }
      const roles = [...new Set(textsIn(body, 'role'))]
      await accounts.setRoles(tx, target.id, roles as Role[])
      return parameters(...roles.map((role) => ({ name: 'role', valueCode: role })))
    },
  })
}

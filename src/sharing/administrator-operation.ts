import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Operation } from '../interactions/operation.ts'
import { notFound } from '../interactions/visible-rows.ts'
import type { StoredVersion, Transaction } from '../store/store.ts'

interface Parts {
  access: Pick<Access, 'rows'>
  name: string
  types: readonly string[]
  definition: string
  act(call: Parameters<Operation['run']>[0] & { tx: Transaction; target: StoredVersion }): Promise<string>
}

/** An operation on one resource that administrators alone may run, in a transaction; `act` answers the text of Parameters. */
export function administratorOperation({ access, name, types, definition, act }: Parts): Operation {
  return {
    name,
    on: 'instance',
    types,
    definition,
    affectsState: true,
    async run(call) {
      const { context, handle, asked } = call
      const [type, id] = [asked.type!, asked.id!]
      mustAdminister(context, name)
      const where = access.rows(context.principal, type, 'update', context.now.getTime())
      const json = await handle.transaction(async (tx) => {
        const [target] = await tx.resources.read(type, [id], { where })
        if (!target || target.deleted) throw notFound(type, id)
        return act({ ...call, tx, target })
      })
      return { answer: { status: 200, json }, touched: { type, id } }
    },
  }
}

function mustAdminister({ principal }: Context, name: string): void {
  if (principal.kind === 'person' && principal.roles.includes('admin')) return
  throw new FhirError('forbidden', `$${name} is for administrators.`)
}

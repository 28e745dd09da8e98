import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Call, Operation } from '../interactions/operation.ts'
import { notFound } from '../interactions/visible-rows.ts'
import type { AuditDetail, StoredVersion, Transaction } from '../store/store.ts'

interface Parts extends Pick<Operation, 'name' | 'types' | 'definition' | 'parameters' | 'published'> {
  act(call: Call & { tx: Transaction; target: StoredVersion }): Promise<string>
  /** What the audit trail keeps of the parameters. */
  detail?(given: Call['given']): AuditDetail
}

/** An operation on one resource that administrators alone may run, in a transaction; `act` answers the text of Parameters. */
export function administratorOperation({ act, detail, ...row }: Parts): Operation {
  return {
    ...row,
    on: ['instance'],
    affectsState: true,
    needs: 'update',
    async run(call) {
      const { context, handle, asked, rows: where } = call
      const [type, id] = [asked.type!, asked.id!]
      mustAdminister(context, row.name)
      const json = await handle.transaction(async (tx) => {
        const [target] = await tx.resources.read(type, [id], { where })
        if (!target || target.deleted) throw notFound(type, id)
        return act({ ...call, tx, target })
      })
      return {
        answer: { status: 200, json },
        touched: { type, id, detail: { operation: row.name, ...detail?.(call.given) } },
      }
    },
  }
}

export function mustAdminister({ principal }: Context, name: string): void {
  if (principal.kind === 'person' && principal.roles.includes('admin')) return
  throw new FhirError('forbidden', `$${name} is for administrators.`)
}

/** Of what is of no type: for an administrator whose token is narrowed to none, so that a small app does not come by it. */
export function mustAdministerAll(context: Context, name: string, action: 'r' | 'u'): void {
  mustAdminister(context, name)
  const holds = context.principal.scopes.some(
    ({ level, type, actions, query = [] }) =>
      level === 'user' && type === '*' && actions.includes(action) && query.length === 0,
  )
  if (!holds) throw new FhirError('insufficientScope', `$${name} takes a scope for every type: user/*.${action}.`)
}

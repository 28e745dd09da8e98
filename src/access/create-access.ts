import type { Definitions } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import { all, and, type Clause, or } from '../search/clause.ts'
import type { IndexValues } from '../search/index-values.ts'
import type { Keys, Rid } from '../search/keys.ts'
import type { Access, Action } from './access.ts'
import type { ImplicitPolicy } from './implicit-policy.ts'
import { createJudge } from './judge.ts'
import type { Phrases } from './phrases.ts'
import type { Principal } from './principal.ts'
import { createClassOf } from './resource-class.ts'
import { type Column, roleMatrix } from './role-matrix.ts'
import { createRowRules } from './row-rules.ts'
import { createScopeRows } from './scope-rows.ts'

const letters: Readonly<Record<Action, string>> = { create: 'C', read: 'R', update: 'U', delete: 'D', search: 'S' }

interface Parts {
  definitions: Definitions
  search: Phrases & { extract(resource: Resource, id: string): IndexValues }
  keys: Pick<Keys, 'key' | 'ridOf'>
  /** The FHIR base URL, without a trailing slash: absolute references below it are local. */
  base: string
  /** What doctors may see while the patient has said nothing; `normal` unless said otherwise. */
  implicitPolicy?: ImplicitPolicy
}

/** Scopes, then roles: every answer is the rows that the token's scopes leave of those that the roles give. */
export function createAccess({ definitions, search, keys, base, implicitPolicy = 'normal' }: Parts): Access {
  const classOf = createClassOf(definitions)
  const rules = createRowRules(definitions, search, implicitPolicy)
  const scopes = createScopeRows(classOf, search, uploaderOf)
  const judgeContent = createJudge({
    ...{ definitions, base, scopes },
    extract: (...of) => search.extract(...of),
    ridOf: keys.ridOf,
  })

  function uploaderOf({ person, clientId }: Principal): Rid {
    return person?.rid ?? keys.key('client', clientId)
  }

  /** The union of what the principal's roles give; no role, no row. */
  function byRole(principal: Principal, type: string, action: Action, at: number): Clause {
    const asked = { person: principal.person, uploader: uploaderOf(principal), type, action, at }
    const line = roleMatrix[classOf(type)]
    const permissions = columnsOf(principal).flatMap((column) => line[column] ?? [])
    const names = permissions.filter(([actions]) => actions.includes(letters[action])).map(([, name]) => name)
    return or(...[...new Set(names)].map((name) => rules[name](asked)))
  }

  function mustCreate(principal: Principal, type: string, at: number): void {
    if (byRole(principal, type, 'create', at).op !== 'none') return
    throw new FhirError('forbidden', `You may not create a ${type}.`, { expression: type })
  }

  const appendOnly = (type: string) => classOf(type) === 'auditEvent'

  function mayChooseId(principal: Principal, type: string): boolean {
    if (principal.kind === 'server') return true
    const typeWide = scopes.covering(principal, type, 'create').some(({ query = [] }) => query.length === 0)
    return typeWide && (principal.kind === 'system' || principal.roles.includes('admin'))
  }

  /** Who may choose ids may still add one by an update. */
  function refuseChange(principal: Principal, type: string, action: Action): void {
    if (!appendOnly(type) || (action !== 'update' && action !== 'delete')) return
    if (action === 'update' && mayChooseId(principal, type)) return
    const text = `A stored ${type} is neither changed nor deleted.`
    throw new FhirError('methodNotAllowed', text, { expression: type, allow: ['GET', 'HEAD'] })
  }

  return {
    rows(principal, type, action, at) {
      refuseChange(principal, type, action)
      if (principal.kind === 'server') return all
      const scoped = scopes.rows(principal, type, action)
      if (action === 'create') mustCreate(principal, type, at)
      return and(scoped, byRole(principal, type, action, at))
    },
    judge(principal, before, after) {
      if (principal.kind === 'server') return { mustSee: [] }
      if (!before) mustCreate(principal, after.resourceType, 0)
      return { mustSee: judgeContent(principal, before, after) }
    },
    referable(principal, type, at) {
      return and(scopes.reachable(principal, type), byRole(principal, type, 'read', at))
    },
    appendOnly,
    offered(type, action) {
      const columns = Object.values(roleMatrix[classOf(type)])
      return columns.some((permissions) => permissions.some(([actions]) => actions.includes(letters[action])))
    },
    mayChooseId,
  }
}

function columnsOf({ kind, roles }: Principal): readonly Column[] {
  return kind === 'system' ? ['system'] : roles
}

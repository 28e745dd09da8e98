import { FhirError } from '../fhir/error.ts'
import { all, and, type Clause, none, or } from '../search/clause.ts'
import type { IndexValues } from '../search/index-values.ts'
import type { Rid } from '../search/keys.ts'
import type { Action } from './access.ts'
import { holds } from './holds.ts'
import type { Phrases } from './phrases.ts'
import type { Principal, Scope } from './principal.ts'
import { targetTypes } from './provenance-targets.ts'
import type { ClassOf } from './resource-class.ts'

const letters: Readonly<Record<Action, string>> = { create: 'c', read: 'r', update: 'u', delete: 'd', search: 's' }

/** A resource as it is about to be stored. */
interface Written {
  readonly index: IndexValues
  readonly rid: Rid
}

export type ScopeRows = ReturnType<typeof createScopeRows>

/**
 * What the token's scopes leave of what the person may do. Several scopes of one type add up; together they only narrow.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
 */
export function createScopeRows(classOf: ClassOf, say: Phrases, uploaderOf: (principal: Principal) => Rid) {
  /** Scopes of a kind that this principal can hold: a person never acts by `system/`, a backend client by nothing else. */
  function held(principal: Principal): readonly Scope[] {
    return principal.scopes.filter(({ level }) => (level === 'system') === (principal.kind === 'system'))
  }

  function covering(principal: Principal, type: string, action: Action): readonly Scope[] {
    return held(principal).filter(
      (scope) => (scope.type === '*' || scope.type === type) && scope.actions.includes(letters[action]),
    )
  }

  /** Throws FhirError('insufficientScope') when none covers type and action. */
  function required(principal: Principal, type: string, action: Action): readonly Scope[] {
    const scopes = covering(principal, type, action)
    if (scopes.length > 0) return scopes
    throw new FhirError('insufficientScope', `The token has no scope to ${action} ${type}.`)
  }

  function rows(principal: Principal, type: string, action: Action): Clause {
    return or(...required(principal, type, action).map((scope) => rowsOf(principal, scope, type, action)))
  }

  function rowsOf(principal: Principal, scope: Scope, type: string, action: Action): Clause {
    const place = scope.level === 'patient' ? confinement(principal, type, action) : all
    return and(place, type === 'Binary' ? documentsOf(principal) : all, granular(scope, type))
  }

  /** A parameter that the type does not have matches no row. */
  function granular({ query = [] }: Scope, type: string): Clause {
    try {
      return and(...query.map(([name, value]) => say.parameter(type, name, value)))
    } catch (error) {
      if (error instanceof FhirError) return none
      throw error
    }
  }

  /** The bytes of documents that granular scopes leave out are left out as well. */
  function documentsOf(principal: Principal): Clause {
    const where = visible(principal, 'DocumentReference')
    if (where === undefined || where.op === 'all') return all
    return or({ op: 'owned', type: 'DocumentReference', where }, { op: 'unowned', uploader: uploaderOf(principal) })
  }

  /**
   * What `patient/` leaves: the launch patient's compartment; what it needs to be understood, to read alone; and
   * Provenance, Task and Binary, which R4's compartment lacks, by what they are about. Without a launch patient: nothing.
   */
  function confinement(principal: Principal, type: string, action: Action): Clause {
    const rid = principal.patient?.rid
    if (rid === undefined) return none
    switch (classOf(type)) {
      case 'patient':
        return { op: 'patient', any: [rid] }
      case 'practitioner':
      case 'practitionerRole':
      case 'knowledge':
        return action === 'read' || action === 'search' ? all : none
      case 'binary':
        return or(
          { op: 'owned', type: 'DocumentReference', where: say.compartment('DocumentReference', rid) },
          { op: 'unowned', uploader: uploaderOf(principal) },
        )
      case 'task':
        return or(
          { op: 'patient', any: [rid] },
          ...['owner', 'requester'].map((by) => say.refersTo(type, by, { type: 'Patient', rid })),
          say.follows(type, 'focus', 'DocumentReference', say.compartment('DocumentReference', rid)),
        )
      case 'provenance':
        return or(
          ...targetTypes.map((target) => say.follows(type, 'target', target, confinement(principal, target, 'read'))),
        )
      default:
        return say.compartment(type, rid)
    }
  }

  /** What the scopes show of a type, one way or the other; undefined when none is about reading it. */
  function visible(principal: Principal, type: string): Clause | undefined {
    const scopes = [...covering(principal, type, 'read'), ...covering(principal, type, 'search')]
    const shown = [...new Set(scopes)].map((scope) => rowsOf(principal, scope, type, 'read'))
    return shown.length === 0 ? undefined : or(...shown)
  }

  /**
   * Where a reference may lead: to what the scopes show of a type. Without a scope to read it: anywhere, unless all that is
   * held is `patient/`.
   */
  function reachable(principal: Principal, type: string): Clause {
    const wide = principal.kind === 'system' || held(principal).some(({ level }) => level === 'user')
    return visible(principal, type) ?? (wide ? all : confinement(principal, type, 'read'))
  }

  /**
   * Whether what is written lies within a scope itself. What only the database can tell (a Task's focus, the document of a
   * Binary) was judged on the stored version; of a new resource it is not taken for granted, but of bytes, which nothing
   * owns yet.
   */
  function reaches(principal: Principal, type: string, action: 'create' | 'update', row: Written): boolean {
    return required(principal, type, action).some((scope) => {
      const place = scope.level === 'patient' ? confinement(principal, type, action) : all
      const inPlace = holds(place, row.index, row.rid)
      const known = inPlace ?? (action === 'update' || classOf(type) === 'binary')
      return known && holds(granular(scope, type), row.index, row.rid) === true
    })
  }

  return { covering, required, rows, reachable, reaches }
}

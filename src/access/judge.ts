import type { Definitions, FoundReference } from '../definitions/definitions.ts'
import { FhirError } from '../fhir/error.ts'
import type { Resource } from '../fhir/resource.ts'
import type { IndexValues } from '../search/index-values.ts'
import type { Rid } from '../search/keys.ts'
import { judgeAuthor } from './judge-author.ts'
import { judgeCommunication } from './judge-communication.ts'
import { judgeConsent } from './judge-consent.ts'
import { judgeAttachments, judgeLabels, judgeUpload } from './judge-content.ts'
import { judgeRelations, judgeSelf } from './judge-relations.ts'
import { judgeSubject } from './judge-subject.ts'
import { judgeTask } from './judge-task.ts'
import { mustSee } from './must-see.ts'
import type { Principal } from './principal.ts'
import type { ScopeRows } from './scope-rows.ts'

interface Parts {
  definitions: Definitions
  base: string
  scopes: ScopeRows
  extract: (resource: Resource, id: string) => IndexValues
  ridOf: (type: string, id: string) => Rid
}

/**
 * What a write may contain. Which rows it may touch is for the role matrix; here stand the rules about content, first
 * those that hold for administrators as well.
 */
export function createJudge({ definitions, base, scopes, extract, ridOf }: Parts) {
  return function judge(principal: Principal, before: Resource | undefined, after: Resource): FoundReference[] {
    withinScopes(principal, before ? 'update' : 'create', after)
    judgeSelf(principal, before, after)
    judgeLabels(principal, before, after)
    if (principal.roles.includes('admin')) return []
    judgeRelations(principal, before, after, base)
    judgeSubject(principal, before, after, { definitions, base })
    judgeAuthor(principal, before, after, base)
    judgeAttachments(definitions, before, after, base)
    if (!before) judgeUpload(principal, after)
    if (after.resourceType === 'Task') judgeTask(principal, before, after, base)
    if (after.resourceType === 'Communication') judgeCommunication(before, after)
    if (after.resourceType === 'Consent') judgeConsent(principal, before, after, base)
    return mustSee(definitions, before, after, base)
  }

  /** What is written must itself lie within the scopes: in the launch patient's compartment, and matching `?param=value`. */
  function withinScopes(principal: Principal, action: 'create' | 'update', after: Resource): void {
    const type = after.resourceType
    if (scopes.rows(principal, type, action).op === 'all') return
    const id = after.id ?? ''
    if (scopes.reaches(principal, type, action, { index: extract(after, id), rid: ridOf(type, id) })) return
    throw new FhirError('insufficientScope', `The token's scopes do not reach this ${type}.`, { expression: type })
  }
}

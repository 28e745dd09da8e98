import type { Definitions } from '../definitions/definitions.ts'
import { and, type Clause, none, not, or } from '../search/clause.ts'
import type { Rid } from '../search/keys.ts'
import { authorship } from './authorship.ts'
import { labelMasks } from './labels.ts'
import type { Phrases } from './phrases.ts'
import { type Asked, type Person, ruleFor } from './rule.ts'

/** The grantee of a deny that names nobody, and so means everybody. No resource has this rid. */
export const everybody: Rid = 0n

/** Above normal confidentiality a relation is not enough: it takes authorship, or a grant that names the label. */
const ordinary: Clause = { op: 'labels', allowed: labelMasks.normal }

/** The rows of patients' records: by compartment, relation, authorship and grant. */
export function chartRules(definitions: Pick<Definitions, 'compartmentParameters'>, say: Phrases) {
  /** "Authorship gives that resource, never its patient." */
  function written(type: string, me: Person): Clause {
    return or(...authorship(definitions, type).map((parameter) => say.refersTo(type, parameter, me)))
  }

  return {
    /** The single patient that the row is about: who shares a row with another patient does not read it by that. */
    own: ruleFor(['Patient'], (_asked, me) => ({ op: 'patient', any: [me.rid] })),
    /** The linked account makes the proxy: the RelatedPerson of that patient, as long as it is active. */
    proxied: ruleFor(['RelatedPerson'], (_asked, me) => {
      const link = and({ op: 'rid', any: [me.rid] }, say.parameter('RelatedPerson', 'active', 'true'))
      return and(ordinary, { op: 'samePatient', type: 'RelatedPerson', where: link })
    }),
    /** A Patient: by relation or grant; the subject of a single granted document by id alone. */
    treated: ruleFor(['Practitioner'], (asked, me) => {
      const subject = asked.action === 'read' ? granted(asked, me, 'subject') : none
      return undenied(asked, me, or(relation(say, 'Patient', me), granted(asked, me, 'row'), subject))
    }),
    charted: ruleFor(['Practitioner'], (asked, me) => {
      const related = and(ordinary, relation(say, asked.type, me))
      return undenied(asked, me, or(written(asked.type, me), granted(asked, me, 'row'), related))
    }),
    /** A document: what the doctor wrote and what somebody granted. A relation to the patient is not enough. */
    documented: ruleFor(['Practitioner'], (asked, me) =>
      undenied(asked, me, or(written(asked.type, me), granted(asked, me, 'row'))),
    ),
    authored: ruleFor(['Practitioner'], (asked, me) => undenied(asked, me, written(asked.type, me))),
  }
}

/** The doctor is the patient's general practitioner, or takes part in an active care team of the patient. */
function relation(say: Phrases, type: string, me: Person): Clause {
  const practitioner = say.refersTo('Patient', 'general-practitioner', me)
  const team = and(say.parameter('CareTeam', 'status', 'active'), say.refersTo('CareTeam', 'participant', me))
  return or(
    type === 'Patient' ? practitioner : { op: 'chain', by: 'patient', target: 'Patient', where: practitioner },
    { op: 'samePatient', type: 'CareTeam', where: team },
  )
}

function granted({ at }: Asked, me: Person, covers: 'row' | 'subject'): Clause {
  return { op: 'granted', grantees: [me.rid], at, covers, effect: 'permit' }
}

/** A deny beats relation, authorship and permit. */
function undenied({ at }: Asked, me: Person, allowed: Clause): Clause {
  if (allowed.op === 'none') return none
  return and(allowed, not({ op: 'granted', grantees: [me.rid, everybody], at, covers: 'row', effect: 'deny' }))
}

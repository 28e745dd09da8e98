import { all, and, type Clause, none, not, or } from '../search/clause.ts'
import type { Rid } from '../search/keys.ts'
import { authorship } from './authorship.ts'
import type { ImplicitPolicy } from './implicit-policy.ts'
import { labelMasks } from './labels.ts'
import type { Phrases } from './phrases.ts'
import { purposes } from './purposes.ts'
import { createRecordParts, type PartDefinitions } from './record-parts.ts'
import { type Asked, type Person, ruleFor } from './rule.ts'

/** The grantee of what names nobody, and so means everybody. No resource has this rid. */
export const everybody: Rid = 0n

/** Above normal confidentiality a relation is not enough: it takes authorship, or a grant that names the label. */
const ordinary: Clause = { op: 'labels', allowed: labelMasks.normal }

type Granted = Extract<Clause, { op: 'granted' }>

/** The rows of patients' records: by compartment, relation, authorship and grant. What is decided here decide.ts says of one resource. */
export function chartRules(definitions: PartDefinitions, say: Phrases, policy: ImplicitPolicy) {
  const partsOf = createRecordParts(definitions, say)
  const relations = remembering((type, me) => relation(say, type, me))

  /** "Authorship gives that resource, never its patient." */
  function written(type: string, me: Person): Clause {
    return or(...authorship(definitions, type).map((parameter) => say.refersTo(type, parameter, me)))
  }

  function granted(
    { type, at }: Asked,
    grantees: readonly Rid[],
    effect: Granted['effect'],
    covers: Granted['covers'] = 'row',
  ): Clause {
    // A Patient is no part of the own record: what is limited to a part never covers it.
    const limits = type === 'Patient' ? {} : { data: partsOf(type) }
    return { op: 'granted', grantees, at, purposes: purposes.treatment, covers, effect, ...limits }
  }

  /** A deny beats relation, authorship and permit. */
  function undenied(asked: Asked, grantees: readonly Rid[], allowed: Clause): Clause {
    return and(allowed, not(granted(asked, grantees, 'deny')))
  }

  /** What follows from treating the patient: by the hospital's policy, and by what the patient allows to all who do. */
  function treating(asked: Asked, me: Person, byPolicy: Clause): Clause {
    const { type } = asked
    const unruled = not(granted(asked, [everybody], 'rule'))
    const lifted = granted(asked, [everybody], 'permit', type === 'Patient' ? 'subject' : 'row')
    const related = relations(type, me)
    if (type === 'Patient') {
      const anybody = policy === 'all-normal' ? ordinary : none
      return or(anybody, isOpen(policy) ? related : and(lifted, related))
    }
    if (policy === 'all-normal') return or(and(ordinary, unruled), and(lifted, related))
    // What is rare is asked first.
    if (byPolicy.op === 'none') return and(lifted, related)
    return and(related, or(and(byPolicy, unruled), lifted))
  }

  return {
    /** The single patient that the row is about: who shares a row with another patient does not read it by that. */
    own: ruleFor(['Patient'], (_asked, me) => ({ op: 'patient', any: [me.rid] })),
    /** The linked account makes the proxy: the RelatedPerson of that patient, as long as it is active and within its period. */
    proxied: ruleFor(['RelatedPerson'], (asked, me) => {
      const now = new Date(asked.at).toISOString()
      const link = and(
        { op: 'rid', any: [me.rid] },
        say.parameter('RelatedPerson', 'active', 'true'),
        not(say.parameter('RelatedPerson', 'period', `sa${now}`)),
        not(say.parameter('RelatedPerson', 'period', `eb${now}`)),
      )
      const represented = and(ordinary, { op: 'samePatient', type: 'RelatedPerson', where: link })
      // What a Consent denies to everybody it does not deny to who acts for the patient.
      return undenied(asked, [me.rid], represented)
    }),
    /** A Patient: by relation or grant; the subject of a single granted document by id alone. */
    treated: ruleFor(['Practitioner'], (asked, me) => {
      const mine = namesOf(me)
      const subject = asked.action === 'read' ? granted(asked, mine, 'permit', 'subject') : none
      return undenied(
        asked,
        [...mine, everybody],
        or(treating(asked, me, all), granted(asked, mine, 'permit'), subject),
      )
    }),
    charted: ruleFor(['Practitioner'], (asked, me) => {
      const mine = namesOf(me)
      const treats = treating(asked, me, isOpen(policy) ? ordinary : none)
      return undenied(asked, [...mine, everybody], or(written(asked.type, me), granted(asked, mine, 'permit'), treats))
    }),
    /** A document: what the doctor wrote and what somebody granted. A relation to the patient is not enough. */
    documented: ruleFor(['Practitioner'], (asked, me) => {
      const mine = namesOf(me)
      const treats = treating(asked, me, none)
      return undenied(asked, [...mine, everybody], or(written(asked.type, me), granted(asked, mine, 'permit'), treats))
    }),
    authored: ruleFor(['Practitioner'], (asked, me) =>
      undenied(asked, [...namesOf(me), everybody], written(asked.type, me)),
    ),
  }
}

function isOpen(policy: ImplicitPolicy): boolean {
  return policy === 'normal' || policy === 'all-normal'
}

/** Who the person is to a Consent: himself, and the roles and organizations that he acts for. */
function namesOf({ rid, parties = [] }: Person): readonly Rid[] {
  return [rid, ...parties]
}

/** So many doctors ask by turns, and for so many types. */
const mostRemembered = 5_000

/** Every search of a doctor asks for the same again: made anew it was 7 % of the CPU time of a search. */
function remembering(make: (type: string, me: Person) => Clause): typeof make {
  const known = new Map<string, Clause>()
  return (type, me) => {
    const name = `${type}|${me.rid}`
    const clause = known.get(name) ?? make(type, me)
    if (known.size >= mostRemembered) known.clear()
    known.set(name, clause)
    return clause
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

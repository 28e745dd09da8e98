import type { ConsentRule, ConsentRules } from './consent-rules.ts'
import type { Facts } from './facts.ts'
import type { ImplicitPolicy } from './implicit-policy.ts'
import { deniesLabels, labelMasks, permitsLabels } from './labels.ts'

/** A doctor who asks; names are like `Practitioner/1`. */
export interface Asker {
  readonly name: string
  /** The account is active and its scopes fit. */
  readonly active: boolean
  /** The roles that he holds and the organizations that he holds them in. */
  readonly parties: readonly string[]
  /** What he acts for, as bits (purposes.ts). */
  readonly purposes: number
  /** Whether he wrote the resource, and whether he treats its patient. */
  readonly wrote: boolean
  readonly treats: boolean
}

export interface Decision {
  readonly allowed: boolean
  /** What the permits all ask for; nothing where no permit is needed. */
  readonly obligations: number
}

const refused: Decision = { allowed: false, obligations: 0 }

/**
 * Whether a doctor may see a resource: account, role, the hospital's implicit policy, then what the patient's Consents say. Its
 * twin are the clauses of chart-rules.ts over the rows that sharing/compile-grants.ts makes; a test compares the two.
 *
 * A deny beats every permit, relation and authorship, but for the exception of its own Consent that permits.
 */
export function decide(
  asker: Asker,
  facts: Facts,
  consents: readonly ConsentRules[],
  { policy, at }: { policy: ImplicitPolicy; at: number },
): Decision {
  if (!asker.active) return refused
  const speaks = (rule: ConsentRule) => appliesTo(rule, asker, facts, at) && covers(rule, facts)
  if (consents.some(({ rules }) => denied(rules.filter(speaks)))) return refused
  const permits = permitsFor(asker, facts, consents, at)
  const named = permits.filter(({ actors }) => actors !== 'everybody')
  const ruled = consents.some(({ overarching }) => overarching && appliesTo(overarching, asker, facts, at))
  const free = asker.wrote || byPolicy(asker, facts, policy, ruled)
  if (free) return { allowed: true, obligations: 0 }
  const given = asker.treats ? [...permits, ...partsOf(facts, asker, consents, at)] : named
  return given.length === 0 ? refused : { allowed: true, obligations: common(given) }
}

/** What permits the resource to somebody, or to everybody who treats the patient, if nothing denies it. */
export function permitsFor(
  asker: Pick<Asker, 'name' | 'parties' | 'purposes'>,
  facts: Facts,
  consents: readonly ConsentRules[],
  at: number,
): ConsentRule[] {
  const rules = consents.flatMap((consent) => consent.rules)
  return rules.filter((rule) => rule.type === 'permit' && appliesTo(rule, asker, facts, at) && covers(rule, facts))
}

/** Who treats a patient and may see a part of the record may know who the patient is. */
function partsOf(facts: Facts, asker: Asker, consents: readonly ConsentRules[], at: number): readonly ConsentRule[] {
  if (facts.type !== 'Patient') return []
  return consents
    .flatMap(({ rules }) => rules)
    .filter((rule) => rule.type === 'permit' && rule.actors === 'everybody' && appliesTo(rule, asker, facts, at))
}

/** Exceptions that permit lift the rule of their Consent, never one another. */
function denied(rules: readonly ConsentRule[]): boolean {
  const lifted = rules.some(({ type }) => type === 'permit')
  return rules.some(({ type, exception }) => type === 'deny' && (exception || !lifted))
}

/** What the hospital allows while the patient says nothing. Documents take an act of somebody, unless all is allowed. */
function byPolicy({ treats }: Asker, { type, labels }: Facts, policy: ImplicitPolicy, ruled: boolean): boolean {
  const ordinary = labels === labelMasks.normal
  if (policy === 'all-normal' && ordinary && (!ruled || type === 'Patient')) return true
  if (policy !== 'normal' && policy !== 'all-normal') return false
  if (type === 'Patient') return treats
  return type !== 'DocumentReference' && treats && ordinary && !ruled
}

function appliesTo(
  { patient, actors, purposes, starts, ends }: ConsentRule,
  asker: Pick<Asker, 'name' | 'parties' | 'purposes'>,
  facts: Facts,
  at: number,
): boolean {
  if (patient !== facts.patient || at < starts || at >= ends) return false
  if (purposes !== 0 && (purposes & asker.purposes) === 0) return false
  return actors === 'everybody' || actors.includes(asker.name) || asker.parties.some((party) => actors.includes(party))
}

function covers({ type, part, dataPeriod, labels }: ConsentRule, facts: Facts): boolean {
  const matches = type === 'deny' ? deniesLabels : permitsLabels
  if (!matches(labels, facts.labels)) return false
  if (part.meaning === 'instance' && part.name !== facts.name) return false
  // A Patient is no part of the own record, and from no time.
  if (dataPeriod && facts.type === 'Patient') return false
  if (part.meaning === 'related' && !facts.belongsTo.includes(part.name)) return false
  if (part.meaning === 'authoredby' && !facts.authors.includes(part.name)) return false
  return dataPeriod === undefined || (facts.from < dataPeriod[1] && facts.to > dataPeriod[0])
}

/** Whoever has a permit without an obligation need not keep to it. */
function common(permits: readonly ConsentRule[]): number {
  return permits.reduce((bits, { obligations }) => bits & obligations, ~0)
}

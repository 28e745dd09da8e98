import type { Row } from './scope-rows.ts'

/** What a doctor sees of those whom he treats by nothing but the policy `normal`: with `deny`, none of it. A team is its members' work. */
const byPolicyAlone = [
  ...['treated', 'teamed', 'linking', 'marked'].map((id) => `Patient/${id}`),
  'CareTeam/treated',
  ...['lab', 'early-lab', 'teamed'].map((id) => `Observation/${id}`),
  ...['lab', 'patient'].map((id) => `Provenance/${id}`),
]

/** What `all-normal` shows to every doctor on top: of all about whom no Consent says otherwise, without labels. */
const toEverybody = [
  ...['lapsed', 'single', 'parted', 'timed', 'expired', 'self', 'stranger', 'offered'].map((id) => `Patient/${id}`),
  ...['former', 'own', 'helping'].map((id) => `CareTeam/${id}`),
  ...['lapsed', 'not-parted', 'early', 'expired', 'own-lab', 'own-secret', 'performed', 'strange'].map(
    (id) => `Observation/${id}`,
  ),
  ...['theirs', 'own-note', 'strange'].flatMap((id) => [`DocumentReference/${id}`, `Binary/${id}`]),
  ...['theirs', 'own', 'strange'].map((id) => `Provenance/${id}`),
]

/** What a doctor may do with a row where the hospital has another policy than `normal`. */
export const underPolicy = {
  deny: ({ name, may }: Row) => (byPolicyAlone.includes(name) ? '' : may.doctor),
  'all-normal': ({ name, may }: Row) => (toEverybody.includes(name) ? `${may.doctor}rs` : may.doctor),
} as const

import { everybody } from '../access/chart-rules.ts'
import { type ConsentRule, consentRules } from '../access/consent-rules.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Rid } from '../search/keys.ts'
import type { Grant } from '../store/store.ts'

interface Parts {
  ridOf(type: string, id: string): Rid
  base: string
}

const wholeRecord: Rid = 0n

/** Raise it when another reading of a Consent makes other rows: at the next start those of all that are stored are made anew. */
const meaning = '1'

/** What the grants of stored Consents are made anew with. */
export const consentReading = (parts: Parts) => ({
  ...{ type: 'Consent', meaning },
  compile: (consent: Resource) => compileGrants(consent, parts),
})

/** The rows of `access_grant` that a Consent stands for: what it says (access/consent-rules.ts), one row for each actor and datum. */
export function compileGrants(consent: Resource, { ridOf, base }: Parts): Grant[] {
  const { rules, overarching } = consentRules(consent, base)
  const lifted = rules.some(({ type, exception }) => type === 'permit' && exception)
  const rid = (name: string) => ridOf(...(name.split('/') as [type: string, id: string]))

  function grants(rule: ConsentRule, effect: Grant['effect']): Grant[] {
    const { part, patient, starts, ends, labels, obligations, purposes, exception, dataPeriod } = rule
    const grantees = rule.actors === 'everybody' ? [everybody] : rule.actors.map(rid)
    const of =
      part.meaning === 'instance'
        ? { type: part.name.split('/')[0]!, rid: rid(part.name) }
        : { type: 'Patient', rid: wholeRecord }
    const told =
      part.meaning === 'related' || part.meaning === 'authoredby'
        ? { part: { how: part.meaning, about: rid(part.name) } }
        : {}
    return [...new Set(grantees)].map((grantee) => ({
      ...{ grantee, pat: rid(patient), ...of, effect, starts, ends, labels, obligations, purposes },
      ...{ nested: exception, excepted: effect === 'deny' && !exception && lifted, ...told },
      ...(dataPeriod ? { dataPeriod } : {}),
    }))
  }

  return [...rules.flatMap((rule) => grants(rule, rule.type)), ...(overarching ? grants(overarching, 'rule') : [])]
}

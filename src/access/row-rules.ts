import { all, none, or } from '../search/clause.ts'
import { chartRules } from './chart-rules.ts'
import type { ImplicitPolicy } from './implicit-policy.ts'
import { labelMasks } from './labels.ts'
import { partyRules } from './party-rules.ts'
import type { Phrases } from './phrases.ts'
import { targetTypes } from './provenance-targets.ts'
import type { PartDefinitions } from './record-parts.ts'
import { type Rule, ruleFor } from './rule.ts'

export type RowRules = ReturnType<typeof createRowRules>
export type RowRule = keyof RowRules

/** The rows that the role matrix speaks of, by name. */
export function createRowRules(definitions: PartDefinitions, say: Phrases, policy: ImplicitPolicy) {
  const chart = chartRules(definitions, say, policy)
  const { own, proxied, documented, authored, charted, treated } = chart
  const upload: Rule = ({ uploader }) => ({ op: 'unowned', uploader })

  /** The bytes follow the document that owns them, and nothing else; what no document owns yet is its uploader's alone. */
  function content(ofDocument: Rule): Rule {
    return (asked) => {
      const where = ofDocument({ ...asked, type: 'DocumentReference' })
      return or(where.op === 'none' ? none : { op: 'owned', type: 'DocumentReference', where }, upload(asked))
    }
  }

  /** A Provenance follows what it is about. */
  const targeted: Rule = (asked) =>
    or(
      ...targetTypes.map((type) => {
        const doctors = type === 'Patient' ? treated : type === 'DocumentReference' ? documented : charted
        const where = (asked.person?.type === 'Patient' ? own : doctors)({ ...asked, type, action: 'read' })
        return where.op === 'none' ? none : say.follows('Provenance', 'target', type, where)
      }),
    )

  return {
    all: (() => all) satisfies Rule,
    self: ruleFor(['Practitioner'], (_asked, me) => ({ op: 'rid', any: [me.rid] })),
    ...chart,
    ...partyRules(say),
    targeted,
    upload,
    ownContent: content(own),
    proxiedContent: content(proxied),
    documentedContent: content(documented),
    authoredContent: content(authored),
    unrestrictedContent: content(() => ({ op: 'labels', allowed: labelMasks.unrestricted })),
  }
}

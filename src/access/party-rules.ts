import { and, not, or } from '../search/clause.ts'
import type { Phrases } from './phrases.ts'
import { type Rule, ruleFor } from './rule.ts'

/** The rows that somebody takes part in: mails, Consents, Tasks, audit events. */
export function partyRules(say: Phrases) {
  const everyone = ['Practitioner', 'Patient'] as const
  const refersToMe = (parameter: string) => ruleFor(everyone, ({ type }, me) => say.refersTo(type, parameter, me))

  return {
    sent: refersToMe('sender'),
    /** A draft is its sender's alone. */
    mailbox: ruleFor(everyone, ({ type }, me) => {
      const received = and(say.refersTo(type, 'recipient', me), not(say.parameter(type, 'status', 'preparation')))
      return or(say.refersTo(type, 'sender', me), received)
    }),
    /** A Consent that names the doctor, or that the doctor gave. */
    party: ruleFor(['Practitioner'], ({ type }, me) =>
      or(say.refersTo(type, 'actor', me), say.refersTo(type, 'consentor', me)),
    ),
    ownedTask: refersToMe('owner'),
    requestedOrOwned: ruleFor(['Practitioner'], ({ type }, me) =>
      or(say.refersTo(type, 'requester', me), say.refersTo(type, 'owner', me)),
    ),
    asked: refersToMe('requester'),
    /** The questions of patients about who looked at their records. */
    accessQuery: (({ type }) => say.parameter(type, 'code', 'access-query')) satisfies Rule,
    actions: refersToMe('agent'),
    about: ruleFor(['Patient'], ({ type }, me) => say.refersTo(type, 'entity', me)),
  }
}

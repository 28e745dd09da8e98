import { underPolicy } from '../support/scope-policies.ts'
import { tryScopes } from '../support/scope-trial.ts'

/** A few strings: what scopes leave is the same everywhere. */
tryScopes('doctor', {
  strings: ['user/*.cruds', 'patient/*.rs'],
  otherwise: {
    title: 'doctor where nobody sees what no Consent allows',
    settings: { IMPLICIT_POLICY: 'deny' },
    may: underPolicy.deny,
  },
})

import { underPolicy } from '../support/scope-policies.ts'
import { tryScopes } from '../support/scope-trial.ts'

/** A few strings: what scopes leave is the same everywhere. */
tryScopes('doctor', {
  strings: ['user/*.cruds', 'patient/*.rs'],
  otherwise: {
    title: 'doctor where every doctor sees what no Consent denies',
    settings: { IMPLICIT_POLICY: 'all-normal' },
    may: underPolicy['all-normal'],
  },
})

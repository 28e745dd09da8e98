import { scopeStrings } from '../support/scope-strings.ts'
import { tryScopes } from '../support/scope-trial.ts'

/** The authorization server issues no such token; if it ever did, `patient/` would open nothing. */
tryScopes('doctor', { strings: scopeStrings.filter((text) => text.includes('patient/')), unlaunched: true })

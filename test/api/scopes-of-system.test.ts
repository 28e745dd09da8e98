import { scopeStrings } from '../support/scope-strings.ts'
import { tryScopes } from '../support/scope-trial.ts'

/** What stands for persons in the strings stays void, next to the same for backend services. */
const forServices = scopeStrings.map((text) => text.replaceAll('user/', 'system/'))

tryScopes('system', { strings: [...new Set(forServices)] })

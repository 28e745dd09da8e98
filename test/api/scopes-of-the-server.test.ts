import { serverPrincipal } from '../../src/access/principal.ts'
import { tryScopes } from '../support/scope-trial.ts'

/** Who imports acts as the server, which needs no scope and has every row. */
tryScopes('system', {
  strings: ['system/*.cruds'],
  otherwise: {
    title: 'an import',
    principal: { ...serverPrincipal, clientId: 'import' },
    adds: 201,
    may: () => 'rsud',
  },
})

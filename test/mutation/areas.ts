import type { Kind } from './mutants.ts'

/** Source files, what is taken out of them, and the tests that have to notice, those first that say so soonest. */
export interface Area {
  readonly name: string
  /** Below the project's root; a folder ends in `/`. */
  readonly sources: readonly string[]
  readonly kinds: readonly Kind[]
  /** Files or folders below `test/`. */
  readonly tests: readonly string[]
}

const scopes = [
  ...['of-doctor', 'of-patient', 'of-office', 'of-system', 'without-patient', 'of-proxy', 'of-former-proxies'],
  ...['where-all-is-open', 'where-all-is-closed', 'of-other-kinds', 'of-the-server'],
].map((name) => `api/scopes-${name}.test.ts`)
const matrix = ['searches-of-doctor', 'of-others', 'reads-of-doctor'].map((name) => `sharing/matrix-${name}.test.ts`)
const roleMatrix = ['api/role-matrix.test.ts', 'api/role-matrix-of-others.test.ts']
const inAccess = (...names: string[]) => names.map((name) => `src/access/${name}.ts`)
const conditions: readonly Kind[] = ['clause', 'operand', 'arm', 'guard', 'refusal', 'case', 'filter']

function sharing(about: string, { sources, tests }: Pick<Area, 'sources' | 'tests'>): Area {
  const files = sources.map((name) => `src/sharing/${name}.ts`)
  return { name: `sharing: ${about}`, sources: files, kinds: ['clause', 'guard', 'refusal', 'transaction'], tests }
}

export const areas: readonly Area[] = [
  {
    // What the generated test alone has to notice.
    name: 'rows',
    sources: inAccess('scope-rows', 'chart-rules', 'party-rules', 'row-rules', 'rule', 'create-access'),
    kinds: [...conditions, 'row'],
    tests: [...scopes, ...roleMatrix, 'unit/access', ...matrix],
  },
  {
    name: 'roles',
    sources: inAccess('role-matrix', 'provenance-targets'),
    kinds: ['row'],
    tests: [...scopes, ...roleMatrix, 'unit/access'],
  },
  {
    name: 'scopes',
    sources: inAccess('scopes', 'narrowing', 'holds'),
    kinds: conditions,
    tests: ['unit/access', ...scopes, 'smart/scope-refusals.test.ts', 'smart/kit-scopes.test.ts'],
  },
  {
    name: 'judges',
    sources: inAccess(
      ...['judge', 'judge-author', 'judge-communication', 'judge-consent', 'judge-content', 'judge-relations'],
      ...['judge-subject', 'judge-task', 'elements', 'must-see', 'labels'],
    ),
    kinds: [...conditions, 'call', 'row'],
    tests: ['unit/access', ...scopes, ...roleMatrix, 'api/references.test.ts', 'api/consent-grants.test.ts'],
  },
  {
    // The decision on consents, and its twin in SQL.
    name: 'consents',
    sources: inAccess(
      ...['consent-rules', 'decide', 'facts', 'implicit-policy', 'obligations', 'purposes', 'record-parts'],
    ),
    kinds: [...conditions, 'row'],
    tests: [
      ...['consent-decision', 'consent-agreement', 'consents', 'widening'].map((name) => `sharing/${name}.test.ts`),
      'unit/access',
      ...matrix,
    ],
  },
  {
    name: 'reach',
    sources: ['visible-rows', 'check-references', 'run-operation', 'conditional-target', 'resolve-links'].map(
      (name) => `src/interactions/${name}.ts`,
    ),
    kinds: conditions,
    tests: ['unit/interactions/reach.test.ts', 'api/references.test.ts', 'api/transaction.test.ts'],
  },
  {
    name: 'granted scopes',
    sources: ['allowed-scopes', 'grantable-scopes', 'grants'].map((name) => `src/oauth/provider/${name}.ts`),
    kinds: conditions,
    tests: [
      'unit/oauth',
      ...['scope-refusals', 'kit-scopes', 'consent', 'backend-services', 'launch'].map(
        (name) => `smart/${name}.test.ts`,
      ),
    ],
  },
  // Each asks few files: what survives has been through all of them.
  sharing('approval', {
    sources: ['practitioner-approval', 'approval-task', 'approval-states', 'registration', 'practitioner-roles'],
    tests: [
      'unit/sharing/approval-task.test.ts',
      'unit/sharing/practitioner-approval.test.ts',
      ...['api/practitioner-approval.test.ts', 'api/registration.test.ts', 'sharing/registration.test.ts'],
    ],
  }),
  sharing('administrators', {
    sources: ['administrator-operation', 'reset-second-factor', 'set-roles', 'link-sign-in', 'people'],
    tests: [
      'unit/sharing/administrators.test.ts',
      ...['api/second-factor-reset.test.ts', 'smart/administrators.test.ts'],
    ],
  }),
  sharing('requests', {
    sources: [
      ...['access-requests', 'new-request', 'request-approval', 'request-decision', 'request-scope', 'request-states'],
      ...['request-clerk', 'request-policies'],
    ],
    tests: [
      ...['access-requests', 'request-approval', 'request-clerk'].map((name) => `unit/sharing/${name}.test.ts`),
      ...['access-requests', 'unknown-patients', 'request-clerk'].map((name) => `sharing/${name}.test.ts`),
    ],
  }),
  sharing('messages', {
    sources: ['messages', 'recipients', 'mark-read', 'accepted-senders', 'message-settings'],
    tests: [
      ...['messages', 'share-by-message'].map((name) => `unit/sharing/${name}.test.ts`),
      ...['sharing/messages.test.ts', 'sharing/message-settings.test.ts'],
    ],
  }),
  sharing('given consents', {
    sources: [
      ...['consent-grants', 'consent-words', 'treatment-share-grant', 'may-share', 'share-by-message'],
      'active-practitioner',
    ],
    tests: [
      ...['treatment-share-grant', 'given-consents', 'share-by-message'].map((name) => `unit/sharing/${name}.test.ts`),
      ...['api/consent-grants.test.ts', 'api/share-by-message.test.ts'],
    ],
  }),
  sharing('patients', {
    sources: ['patient-identifier', 'patient-number'],
    tests: ['unit/sharing/patient-identifier.test.ts', 'sharing/patient-numbers.test.ts'],
  }),
  sharing('documents', {
    sources: ['document-content', 'document-upload', 'binary'],
    tests: [
      'unit/sharing/documents.test.ts',
      ...['api/document-upload.test.ts', 'api/binary.test.ts', 'sharing/widening.test.ts'],
    ],
  }),
  sharing('trail', {
    sources: [
      ...['access-log', 'ask-about-access', 'show-trail'],
      ...['asked-about', 'audit-event', 'consent-decision', 'disclosure', 'log-context', 'log-entry'].map(
        (name) => `audit/${name}`,
      ),
    ],
    tests: [
      ...['audit-events', 'access-log', 'request-approval'].map((name) => `unit/sharing/${name}.test.ts`),
      ...['access-log', 'audit-events'].map((name) => `sharing/${name}.test.ts`),
    ],
  }),
  sharing('mail', {
    sources: ['outbox', 'dead-letters', 'letters', 'mail', 'retry'],
    tests: [...['letters', 'mail', 'outbox'].map((name) => `unit/sharing/${name}.test.ts`), 'sharing/mail.test.ts'],
  }),
  {
    name: 'transactions of writes',
    sources: ['create', 'transaction', 'commit', 'conditional-target'].map((name) => `src/interactions/${name}.ts`),
    kinds: ['transaction'],
    tests: ['api/transaction.test.ts', 'api/conditional-create.test.ts', 'api/conditional.test.ts'],
  },
  {
    name: 'transactions of accounts',
    sources: ['src/oauth/accounts/'],
    kinds: ['transaction'],
    tests: ['smart/half-done.test.ts'],
  },
  {
    name: 'transactions of the rest',
    sources: [
      ...['oauth/account-reset', 'oauth/endpoints/clients', 'oauth/sweep'].map((name) => `src/${name}.ts`),
      ...['create-audit-seals', 'renew-grants'].map((name) => `src/store/${name}.ts`),
    ],
    kinds: ['transaction'],
    tests: ['store/half-done.test.ts'],
  },
]

/** What makes no difference to anybody when it is taken out, and why; each must still stand in its file. */
export interface Harmless {
  readonly file: string
  readonly kind: Kind
  /** The beginning of what is taken out. */
  readonly out: string
  readonly why: string
}

export const harmless: readonly Harmless[] = [
  {
    file: 'src/access/chart-rules.ts',
    kind: 'guard',
    out: "if (byPolicy.op === 'none') return and(lifted, related)",
    why: 'the same conditions in another order: what is rare is asked first',
  },
  {
    file: 'src/access/chart-rules.ts',
    kind: 'arm',
    out: 'practitioner',
    why: 'a Patient is its own patient: the same rows, found by a chain of no need',
  },
  {
    file: 'src/access/row-rules.ts',
    kind: 'arm',
    out: 'none',
    why: 'who follows what nobody sees sees nothing: the query would only say it at length',
  },
  {
    file: 'src/access/scope-rows.ts',
    kind: 'operand',
    out: "where.op === 'all'",
    why: 'every rule of Binary says the same of who may see the bytes of a document; the query would only say it twice',
  },
  {
    file: 'src/access/judge.ts',
    kind: 'guard',
    out: "if (scopes.rows(principal, type, action).op === 'all') return",
    why: 'what follows comes to the same, after extracting all that is indexed',
  },
  {
    file: 'src/sharing/request-clerk.ts',
    kind: 'transaction',
    out: 'store.transaction',
    why: 'it only looks for requests: each is read again, under a lock, in the transaction that acts on it',
  },
  {
    file: 'src/sharing/ask-about-access.ts',
    kind: 'transaction',
    out: 'handle.transaction',
    why: 'one Task is written, with its line of the trail, by one statement',
  },
  {
    file: 'src/sharing/dead-letters.ts',
    kind: 'transaction',
    out: 'handle.transaction',
    why: 'one statement; the sending that follows finds what it wrote, or else the next look for mails does',
  },
  {
    file: 'src/interactions/visible-rows.ts',
    kind: 'arm',
    out: 'own',
    why: 'the same rows, asked for once more',
  },
  {
    file: 'src/interactions/resolve-links.ts',
    kind: 'operand',
    out: "interaction.kind !== 'create'",
    why: 'a create alone can have ifNoneExist, which the next condition asks for; this one tells the compiler',
  },
  {
    file: 'src/interactions/resolve-links.ts',
    kind: 'operand',
    out: 'references.has(text)',
    why: 'the same condition, read once more and asked once',
  },
  {
    file: 'src/interactions/resolve-links.ts',
    kind: 'guard',
    out: 'if (target === undefined) continue',
    why: 'what leads to nothing is looked up as nothing; the guard tells the compiler',
  },
]

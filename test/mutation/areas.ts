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
  ...['doctor', 'patient', 'office', 'system'].map((who) => `api/scopes-of-${who}.test.ts`),
  'api/scopes-without-patient.test.ts',
]
const matrix = ['searches-of-doctor', 'of-others', 'reads-of-doctor'].map((name) => `sharing/matrix-${name}.test.ts`)
const roleMatrix = ['api/role-matrix.test.ts', 'api/role-matrix-of-others.test.ts']
const inAccess = (...names: string[]) => names.map((name) => `src/access/${name}.ts`)
const conditions: readonly Kind[] = ['clause', 'operand', 'arm', 'guard', 'refusal', 'case', 'filter']

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
    tests: [...scopes, ...roleMatrix, 'api/references.test.ts', 'api/transaction.test.ts'],
  },
  {
    name: 'granted scopes',
    sources: ['allowed-scopes', 'grantable-scopes', 'grants'].map((name) => `src/oauth/provider/${name}.ts`),
    kinds: conditions,
    tests: [
      ...['scope-refusals', 'kit-scopes', 'consent', 'backend-services', 'launch'].map(
        (name) => `smart/${name}.test.ts`,
      ),
    ],
  },
  {
    name: 'sharing',
    sources: ['src/sharing/'],
    kinds: ['clause', 'guard', 'refusal', 'transaction'],
    tests: [
      'unit/sharing',
      ...['practitioner-approval', 'consent-grants', 'share-by-message', 'document-upload', 'registration'].map(
        (name) => `api/${name}.test.ts`,
      ),
      'sharing',
      ...['api/second-factor-reset.test.ts', 'api/story.test.ts', 'smart/invitations.test.ts'],
    ],
  },
  {
    name: 'transactions of writes',
    sources: ['create', 'transaction', 'commit', 'conditional-target'].map((name) => `src/interactions/${name}.ts`),
    kinds: ['transaction'],
    tests: ['api/transaction.test.ts', 'api/conditional-create.test.ts', 'api/conditional.test.ts', 'faults'],
  },
  {
    name: 'transactions of accounts',
    sources: ['src/oauth/accounts/'],
    kinds: ['transaction'],
    tests: ['smart/races.test.ts', 'smart/accounts.test.ts', 'smart/second-factor.test.ts'],
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
]

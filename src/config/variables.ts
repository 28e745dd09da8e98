import * as is from './parsers.ts'

/** One environment variable: how its text becomes a value, what holds when it is absent, and what it is for. */
export interface Variable {
  readonly parse: is.Parser<unknown>
  /** As it would be written; absent: the setting may be missing. `computed` is shown where the default depends on others. */
  readonly default?: string | { readonly computed: string; from(others: Others): string | undefined }
  /** `whole`: never shown. `password`: an URL whose password is not shown. */
  readonly secret?: 'whole' | 'password'
  readonly meaning: string
}

/** The values of the variables above this one in the table; those that are wrong are missing. */
export type Others = Readonly<Record<string, unknown>>

export type Values = { -readonly [Name in keyof typeof variables]: Value<(typeof variables)[Name]> }

type Value<V> = V extends { parse: is.Parser<infer T> } ? (V extends { default: unknown } ? T : T | undefined) : never

/** Every environment variable that the server reads. `npm run config` and the table in README.md are made from it. */
export const variables = {
  NODE_ENV: {
    parse: is.oneOf('development', 'production', 'test'),
    default: 'development',
    meaning: '`production` refuses unsafe settings.',
  },
  PORT: { parse: is.integer(1, 65_535), default: '8080', meaning: 'Port to listen on.' },
  HOST: {
    parse: is.listenAddress,
    default: '127.0.0.1',
    meaning: 'Address to listen on; `0.0.0.0` for all (as in the container).',
  },
  TLS_CERT: {
    parse: is.path,
    meaning: 'PEM file with the certificate and its chain: the server then speaks HTTPS itself, TLS 1.2 or later.',
  },
  TLS_KEY: {
    parse: is.path,
    meaning: 'PEM file with the private key of `TLS_CERT`.',
  },
  PUBLIC_URL: {
    parse: is.origin,
    default: {
      computed: 'http://localhost:PORT, https with TLS_CERT',
      from: ({ PORT, TLS_CERT }) =>
        PORT === undefined ? undefined : `${TLS_CERT === undefined ? 'http' : 'https'}://localhost:${String(PORT)}`,
    },
    meaning: 'Where browsers and apps reach the server. Every link, the issuer and the FHIR base start with it.',
  },
  TRUST_PROXY: {
    parse: is.proxies,
    default: '0',
    meaning: 'How many proxies stand in front and are believed in `X-Forwarded-*`; 0: none.',
  },
  DATA_DIR: {
    parse: is.path,
    default: './data',
    meaning: 'Folder for everything that has no server of its own: database, attachments, mails, master key.',
  },
  PROFILES_DIR: {
    parse: is.path,
    meaning: 'Folder with the FHIR packages to load, R4 itself among them. Absent: `fhir-profiles` beside the program.',
  },
  DATABASE_URL: {
    parse: is.url('postgres', 'postgresql'),
    secret: 'password',
    meaning: 'PostgreSQL 15 or later. Absent: an embedded PostgreSQL in `DATA_DIR`.',
  },
  PG_SCHEMA: {
    parse: is.schemaName,
    default: 'public',
    meaning: 'Schema that holds the tables: one tenant, one schema.',
  },
  PG_POOL: { parse: is.integer(2, 200), default: '20', meaning: 'Database connections at most.' },
  STATEMENT_TIMEOUT: {
    parse: is.duration(100, 3_600_000),
    default: '30s',
    meaning: 'Time after which one database statement is given up as too costly.',
  },
  S3_ENDPOINT: {
    parse: is.origin,
    meaning: 'Any S3-compatible store, such as `https://s3.example.org`. Absent: files in `DATA_DIR/blobs`.',
  },
  S3_REGION: { parse: is.text, default: 'us-east-1', meaning: 'Region of the bucket.' },
  S3_BUCKET: {
    parse: is.bucketName,
    default: 'chartshare',
    meaning: 'Private bucket for attachments; made when absent, refused when public.',
  },
  S3_ACCESS_KEY: { parse: is.text, meaning: 'Access key of the S3-compatible store.' },
  S3_SECRET_KEY: { parse: is.text, secret: 'whole', meaning: 'Secret key of the S3-compatible store.' },
  SMTP_URL: {
    parse: is.url('smtp', 'smtps'),
    secret: 'password',
    meaning: 'Mail server. Absent: each mail is written to `DATA_DIR/outbox/*.eml`.',
  },
  MAIL_FROM: {
    parse: is.mailbox,
    default: 'Chartshare <no-reply@localhost>',
    meaning: 'Sender of the mails.',
  },
  ADMIN_EMAIL: {
    parse: is.email,
    meaning: 'First administrator, made at the very first start. Absent: a single-use set-up link is printed.',
  },
  ADMIN_PASSWORD: { parse: is.text, secret: 'whole', meaning: 'Password of the first administrator.' },
  MASTER_KEY_FILE: {
    parse: is.path,
    meaning:
      'File with the master key. Absent: made in `DATA_DIR` with mode 0600; production insists that it is given.',
  },
  REQUIRE_SECOND_FACTOR: {
    parse: is.oneOf('none', 'staff', 'all'),
    default: {
      computed: 'none, in production staff',
      from: ({ NODE_ENV }) => (NODE_ENV === 'production' ? 'staff' : 'none'),
    },
    meaning: 'Who must sign in with a second factor: nobody, `staff` (administrators and doctors among them) or `all`.',
  },
  REQUIRE_SECOND_APPROVER: {
    parse: is.oneOf('no', 'yes'),
    default: 'no',
    meaning: 'Whether two administrators let a doctor in: one makes the Task `accepted`, another `completed`.',
  },
  IMPLICIT_POLICY: {
    parse: is.oneOf('normal', 'all-normal', 'break-glass-only', 'deny'),
    default: 'normal',
    meaning:
      'What doctors see without a Consent: `normal` (who treats the patient), `all-normal` (any), `break-glass-only`, `deny`.',
  },
  OIDC_ISSUER: {
    parse: is.url('https', 'http'),
    meaning: 'OpenID Connect provider with which people may sign in as well. Absent: with address and password alone.',
  },
  OIDC_CLIENT_ID: { parse: is.text, meaning: 'This server’s client id at `OIDC_ISSUER`.' },
  OIDC_CLIENT_SECRET: { parse: is.text, secret: 'whole', meaning: 'This server’s client secret at `OIDC_ISSUER`.' },
  OIDC_NAME: {
    parse: is.text,
    default: 'your organisation',
    meaning: 'How people call `OIDC_ISSUER`: “Sign in with …”.',
  },
  ACCESS_REQUEST_RULES: {
    parse: is.someOf('same-organization-and-care-relation'),
    default: '',
    meaning:
      'Rules by which access requests are accepted at once. `same-organization-and-care-relation`: a doctor of the patient’s organization who is in the active care team, or the general practitioner. Absent: people decide.',
  },
  RATE_LIMIT_SCALE: {
    parse: is.decimal(0, 1_000_000),
    default: '1',
    meaning: 'Multiplies every rate limit; 0 switches them off and is refused in production.',
  },
  FETCH_ALLOW: {
    parse: is.hosts,
    default: '',
    meaning: 'Hosts and CIDR ranges, separated by commas, that `jwks_uri` may name although they are not public.',
  },
  METRICS_TOKEN: {
    parse: is.token,
    secret: 'whole',
    meaning: 'Bearer token that opens `/metrics` to others than loopback. Absent: loopback alone.',
  },
  LOG_LEVEL: {
    parse: is.oneOf('silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'),
    default: 'info',
    meaning: 'Least level of the log lines: `silent`, `fatal`, `error`, `warn`, `info`, `debug` or `trace`.',
  },
  JSON_LIMIT: {
    parse: is.bytes(2 ** 16, 2 ** 29),
    default: '32MiB',
    meaning: 'Largest JSON body; beyond it 413.',
  },
  BUNDLE_LIMIT: { parse: is.integer(1, 100_000), default: '10000', meaning: 'Entries of a Bundle at most.' },
  CONDITIONAL_DELETE_LIMIT: {
    parse: is.integer(1, 1_000),
    default: '1',
    meaning:
      'Resources that one conditional delete may delete; when more match, nothing is deleted and it answers 412.',
  },
  BINARY_LIMIT: {
    parse: is.bytes(2 ** 20, largestObject()),
    default: '5GiB',
    meaning: 'Largest attachment; beyond it 413.',
  },
} as const satisfies Record<string, Variable>

/** 10,000 parts of 8 MiB, the most that one S3 multipart upload holds at the part size of the attachment store. */
function largestObject(): number {
  return 10_000 * 8 * 2 ** 20
}

import { problemsOfCombination } from './config/combinations.ts'
import { variables } from './config/variables.ts'
import type { Values, Variable } from './config/variables.ts'

/** What the environment decides, in the groups that the parts of the server take. */
export type Settings = ReturnType<typeof settingsOf>

export type Environment = Readonly<Record<string, string | undefined>>

/** The settings that the environment asks for. Throws one ConfigError that names everything wrong with it. */
export function readConfig(env: Environment = process.env): Settings {
  const { values, problems } = readVariables(env)
  if (problems.length > 0) throw new ConfigError(problems)
  // Without a problem every variable has its value.
  return settingsOf(values as Values, env)
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'One setting needs' : `${problems.length} settings need`
    super([`${count} attention:`, ...problems.map((problem) => `  ${problem}`), 'See: npm run config'].join('\n'))
    this.problems = problems
  }
}

/** One line of the table that `npm run config` prints; `value` is undefined where nothing is in force. */
export interface ConfigRow {
  readonly name: string
  readonly value: string | undefined
  readonly given: boolean
  readonly default: string | undefined
  readonly meaning: string
}

/** The table with the values in force, secrets masked, and what is wrong with them. */
export function describeConfig(env: Environment = process.env): { rows: ConfigRow[]; problems: string[] } {
  const { texts, problems } = readVariables(env)
  const rows = Object.entries<Variable>(variables).map(([name, variable]) => ({
    name,
    value: masked(variable, texts[name]),
    given: given(env, name) !== undefined,
    default: typeof variable.default === 'object' ? variable.default.computed : variable.default,
    meaning: variable.meaning,
  }))
  return { rows, problems }
}

function readVariables(env: Environment) {
  const values: Record<string, unknown> = {}
  const texts: Record<string, string | undefined> = {}
  const problems: string[] = []
  for (const [name, variable] of Object.entries<Variable>(variables)) {
    const text = given(env, name) ?? defaultText(variable, values)
    texts[name] = text
    if (text === undefined) continue
    try {
      values[name] = variable.parse(text)
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`)
    }
  }
  problems.push(...problemsOfCombination(values, (name) => given(env, name) !== undefined))
  return { values, texts, problems }
}

/** An empty variable counts as absent: compose files pass `${NAME:-}`. */
function given(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined
}

function defaultText(variable: Variable, others: Record<string, unknown>): string | undefined {
  return typeof variable.default === 'object' ? variable.default.from(others) : variable.default
}

function masked(variable: Variable, text: string | undefined): string | undefined {
  if (!text || variable.secret === undefined) return text
  if (variable.secret === 'whole' || !URL.canParse(text)) return '********'
  const url = new URL(text)
  if (url.password) url.password = '********'
  if (url.searchParams.has('password')) url.searchParams.set('password', '********')
  return url.href
}

function settingsOf(values: Values, env: Environment) {
  const production = values.NODE_ENV === 'production'
  return {
    production,
    /** npm sets it for what it starts; it is no setting of ours. */
    startedByNpm: env['npm_lifecycle_event'] !== undefined,
    publicUrl: values.PUBLIC_URL,
    dataDir: values.DATA_DIR,
    profilesDir: values.PROFILES_DIR,
    masterKeyFile: values.MASTER_KEY_FILE,
    http: {
      host: values.HOST,
      port: values.PORT,
      trustProxy: values.TRUST_PROXY,
      metricsToken: values.METRICS_TOKEN,
      /** Files in PEM. Undefined: plain HTTP, for loopback or behind a proxy that speaks TLS. */
      tls: values.TLS_CERT && values.TLS_KEY ? { cert: values.TLS_CERT, key: values.TLS_KEY } : undefined,
    },
    log: { level: values.LOG_LEVEL },
    /** Sizes in bytes; `rateScale` 0: no rate limits. */
    limits: {
      json: values.JSON_LIMIT,
      bundleEntries: values.BUNDLE_LIMIT,
      conditionalDelete: values.CONDITIONAL_DELETE_LIMIT,
      binary: values.BINARY_LIMIT,
      rateScale: values.RATE_LIMIT_SCALE,
    },
    /** `url` undefined: the embedded one. `statementTimeout` in milliseconds. */
    database: {
      url: values.DATABASE_URL,
      schema: values.PG_SCHEMA,
      pool: values.PG_POOL,
      statementTimeout: values.STATEMENT_TIMEOUT,
    },
    /** Undefined: attachments are files. */
    s3: values.S3_ENDPOINT
      ? {
          endpoint: values.S3_ENDPOINT,
          region: values.S3_REGION,
          bucket: values.S3_BUCKET,
          accessKey: values.S3_ACCESS_KEY!,
          secretKey: values.S3_SECRET_KEY!,
        }
      : undefined,
    /** `smtpUrl` undefined: mails are files. */
    mail: { smtpUrl: values.SMTP_URL, from: values.MAIL_FROM },
    firstAdministrator:
      values.ADMIN_EMAIL && values.ADMIN_PASSWORD
        ? { email: values.ADMIN_EMAIL, password: values.ADMIN_PASSWORD }
        : undefined,
    secondFactor: values.REQUIRE_SECOND_FACTOR,
    secondApprover: values.REQUIRE_SECOND_APPROVER === 'yes',
    /** What doctors see while the patient has said nothing. */
    implicitPolicy: values.IMPLICIT_POLICY,
    /** Undefined: people sign in with address and password alone. */
    externalSignIn: externalSignInOf(values),
    fetchAllow: values.FETCH_ALLOW,
    requestPolicies: values.ACCESS_REQUEST_RULES,
  }
}

function externalSignInOf({
  OIDC_ISSUER: issuer,
  OIDC_CLIENT_ID: clientId,
  OIDC_CLIENT_SECRET: clientSecret,
  OIDC_NAME: name,
}: Values) {
  return issuer === undefined ? undefined : { issuer, clientId: clientId!, clientSecret: clientSecret!, name }
}

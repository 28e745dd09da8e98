import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import { ConfigError, describeConfig, readConfig } from '../../../src/config.ts'

/** The problems that an environment has. */
function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
}

const production = {
  NODE_ENV: 'production',
  MASTER_KEY_FILE: '/run/keys/master',
  PUBLIC_URL: 'https://ehr.example.org',
  REQUIRE_SECOND_FACTOR: 'none',
  IMPLICIT_POLICY: 'normal',
}

describe('settings', () => {
  test('an empty environment gives the embedded defaults', () => {
    const settings = readConfig({})
    assert.equal(settings.http.port, 8080)
    assert.equal(settings.http.host, '127.0.0.1')
    assert.equal(settings.http.trustProxy, 0)
    assert.equal(settings.publicUrl, 'http://localhost:8080')
    assert.equal(settings.dataDir, resolve('data'))
    assert.equal(settings.database.url, undefined)
    assert.equal(settings.s3, undefined)
    assert.equal(settings.mail.smtpUrl, undefined)
    assert.equal(settings.firstAdministrator, undefined)
    assert.equal(settings.masterKeyFile, undefined)
    assert.equal(settings.secondFactor, 'none')
    assert.equal(settings.limits.json, 32 * 2 ** 20)
    assert.equal(settings.limits.bundleEntries, 10_000)
    assert.deepEqual(settings.fetchAllow, [])
  })

  test('the public URL follows the port and loses its trailing slash', () => {
    assert.equal(readConfig({ PORT: '9000' }).publicUrl, 'http://localhost:9000')
    assert.equal(readConfig({ PUBLIC_URL: 'https://ehr.example.org/' }).publicUrl, 'https://ehr.example.org')
  })

  test('an empty variable counts as absent', () => {
    assert.deepEqual(readConfig({ DATABASE_URL: '', PORT: ' ', S3_ENDPOINT: '' }), readConfig({}))
  })

  test('a start by npm is known, for npm passes no signals on', () => {
    assert.equal(readConfig({}).startedByNpm, false)
    assert.equal(readConfig({ npm_lifecycle_event: 'start' }).startedByNpm, true)
  })

  test('every given value reaches its group', () => {
    const settings = readConfig({
      HOST: '0.0.0.0',
      TRUST_PROXY: 'true',
      DATABASE_URL: 'postgres://u:p@db/ehr',
      PG_SCHEMA: 'ward_7',
      STATEMENT_TIMEOUT: '2min',
      S3_ENDPOINT: 'http://s3:9000',
      S3_ACCESS_KEY: 'a',
      S3_SECRET_KEY: 's',
      SMTP_URL: 'smtp://mail:1025',
      MAIL_FROM: 'Records <records@example.org>',
      ADMIN_EMAIL: 'root@example.org',
      ADMIN_PASSWORD: 'long enough to hold',
      REQUIRE_SECOND_FACTOR: 'all',
      RATE_LIMIT_SCALE: '0.5',
      FETCH_ALLOW: 'keys.local, 10.0.0.0/8',
      JSON_LIMIT: '64 MiB',
      BINARY_LIMIT: '1073741824',
    })
    assert.equal(settings.http.trustProxy, 1)
    assert.deepEqual(settings.database, {
      url: 'postgres://u:p@db/ehr',
      schema: 'ward_7',
      pool: 20,
      statementTimeout: 120_000,
    })
    assert.deepEqual(settings.s3, {
      endpoint: 'http://s3:9000',
      region: 'us-east-1',
      bucket: 'chartshare',
      accessKey: 'a',
      secretKey: 's',
    })
    assert.deepEqual(settings.mail, { smtpUrl: 'smtp://mail:1025', from: 'Records <records@example.org>' })
    assert.deepEqual(settings.firstAdministrator, { email: 'root@example.org', password: 'long enough to hold' })
    assert.equal(settings.secondFactor, 'all')
    assert.equal(settings.limits.rateScale, 0.5)
    assert.deepEqual(settings.fetchAllow, ['keys.local', '10.0.0.0/8'])
    assert.equal(settings.limits.json, 64 * 2 ** 20)
    assert.equal(settings.limits.binary, 2 ** 30)
  })

  test('all errors are reported together, in one readable message', () => {
    const env = { PORT: 'eighty', HOST: 'two words', LOG_LEVEL: 'loud', BINARY_LIMIT: '5 gigs', ADMIN_EMAIL: 'a@b.org' }
    assert.throws(
      () => readConfig(env),
      (error: Error) => {
        for (const name of ['PORT', 'HOST', 'LOG_LEVEL', 'BINARY_LIMIT', 'ADMIN_PASSWORD']) {
          assert.match(error.message, new RegExp(`^  ${name} `, 'm'))
        }
        assert.match(error.message, /^5 settings need attention:/)
        return true
      },
    )
  })
})

describe('refused values', () => {
  const refused: Record<string, string[]> = {
    NODE_ENV: ['prod'],
    PORT: ['0', '65536', '-1', '80.5', '0x50'],
    PUBLIC_URL: ['localhost:8080', 'ftp://example.org', 'https://example.org/ehr', 'https://u:p@example.org'],
    TRUST_PROXY: ['yes', '11'],
    DATABASE_URL: ['mysql://db/ehr', 'db'],
    PG_SCHEMA: ['pg_ehr', 'Ward', 'a;b', 'x'.repeat(64)],
    STATEMENT_TIMEOUT: ['30', '0s', '2h'],
    S3_BUCKET: ['Records', 'a', '10.0.0.1', 'a..b'],
    SMTP_URL: ['mail.example.org:25', 'http://mail'],
    MAIL_FROM: ['nobody', 'Name <nobody>', 'a@b\r\nBcc: c@d'],
    RATE_LIMIT_SCALE: ['-1', 'NaN', '1e3'],
    FETCH_ALLOW: ['10.0.0.0/33', 'a b', 'https://keys.local'],
    METRICS_TOKEN: ['short'],
    JSON_LIMIT: ['1', '32MB', '-5'],
    BINARY_LIMIT: ['100GiB'],
  }
  for (const [name, values] of Object.entries(refused)) {
    test(`${name} refuses ${values.map((value) => JSON.stringify(value.slice(0, 30))).join(', ')}`, () => {
      for (const value of values) {
        const problems = problemsOf({ [name]: value })
        assert.equal(problems.length, 1, `${value}: ${problems.join('; ')}`)
        assert.ok(problems[0]!.startsWith(`${name} `))
      }
    })
  }

  test('settings that belong together are given together', () => {
    assert.deepEqual(
      problemsOf({ S3_ENDPOINT: 'http://s3:9000' }).map((problem) => problem.split(' ')[0]),
      ['S3_ACCESS_KEY', 'S3_SECRET_KEY'],
    )
    assert.equal(problemsOf({ ADMIN_PASSWORD: 'secret' }).length, 1)
    assert.equal(problemsOf({ TLS_CERT: 'cert.pem' }).length, 1)
  })

  test('with a certificate the public URL is https, and nothing else', () => {
    const tls = { TLS_CERT: 'cert.pem', TLS_KEY: 'key.pem' }
    assert.equal(readConfig(tls).publicUrl, 'https://localhost:8080')
    const [problem] = problemsOf({ ...tls, PUBLIC_URL: 'http://records.example.org' })
    assert.match(problem!, /^PUBLIC_URL must start with https/)
  })

  test('a wrong value is not reported as missing too', () => {
    const problems = problemsOf({ S3_ENDPOINT: 's3', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 's' })
    assert.equal(problems.length, 1)
    assert.match(problems[0]!, /must be an URL/)
  })
})

describe('production', () => {
  test('starts when everything unsafe is settled', () => {
    assert.equal(readConfig(production).production, true)
  })

  test('takes an external sign-in whole or not at all, and over TLS unless it is on this machine', () => {
    const external = { OIDC_CLIENT_ID: 'chartshare', OIDC_CLIENT_SECRET: 'a secret of both' }
    const at = (issuer: string) => ({ ...production, ...external, OIDC_ISSUER: issuer })
    assert.match(problemsOf({ OIDC_ISSUER: 'https://id.example.org' }).join(), /OIDC_CLIENT_ID is missing/)
    assert.match(problemsOf(at('http://id.example.org')).join(), /^OIDC_ISSUER must start with https/)
    assert.equal(readConfig(at('http://localhost:9000')).externalSignIn?.issuer, 'http://localhost:9000')
    assert.equal(readConfig(at('https://id.example.org')).externalSignIn?.name, 'your organisation')
    assert.equal(readConfig({}).externalSignIn, undefined)
  })

  test('demands a second factor of staff unless it is told otherwise, as nobody does on embedded defaults', () => {
    assert.equal(readConfig({ ...production, REQUIRE_SECOND_FACTOR: '' }).secondFactor, 'staff')
    assert.equal(readConfig({ ...production, REQUIRE_SECOND_FACTOR: 'all' }).secondFactor, 'all')
    assert.equal(readConfig({}).secondFactor, 'none')
    assert.match(problemsOf({ REQUIRE_SECOND_FACTOR: 'doctors' }).join(), /must be one of none, staff, all/)
  })

  test('insists on a master key file', () => {
    assert.match(problemsOf({ ...production, MASTER_KEY_FILE: '' }).join(), /^MASTER_KEY_FILE must be given/)
  })

  test('refuses to run without rate limits', () => {
    assert.match(problemsOf({ ...production, RATE_LIMIT_SCALE: '0' }).join(), /^RATE_LIMIT_SCALE/)
    assert.deepEqual(problemsOf({ RATE_LIMIT_SCALE: '0' }), [])
  })

  test('refuses plain http in public, and takes it on localhost', () => {
    for (const host of ['ehr.example.org', '192.168.1.5', '127.0.0.1.example.org']) {
      assert.match(
        problemsOf({ ...production, PUBLIC_URL: `http://${host}` }).join(),
        /^PUBLIC_URL must start with https/,
      )
    }
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', 'ehr.localhost']) {
      assert.deepEqual(problemsOf({ ...production, PUBLIC_URL: `http://${host}` }), [])
    }
  })

  test('refuses to fetch keys from every address', () => {
    assert.match(problemsOf({ ...production, FETCH_ALLOW: '0.0.0.0/0' }).join(), /^FETCH_ALLOW/)
  })

  test('refuses to send mail from localhost', () => {
    assert.match(problemsOf({ ...production, SMTP_URL: 'smtp://mail.example.org' }).join(), /^MAIL_FROM/)
  })
})

describe('secrets', () => {
  const secret = 'correct-horse-battery-staple'
  const env = {
    DATABASE_URL: `postgres://user:${secret}@db/ehr`,
    S3_ENDPOINT: 'http://s3:9000',
    S3_ACCESS_KEY: 'access',
    S3_SECRET_KEY: secret,
    SMTP_URL: `smtps://user:${secret}@mail.example.org`,
    ADMIN_EMAIL: 'root@example.org',
    ADMIN_PASSWORD: secret,
    METRICS_TOKEN: secret,
  }

  test('are masked in the table, and the rest of an URL stays readable', () => {
    const { rows, problems } = describeConfig(env)
    assert.deepEqual(problems, [])
    assert.ok(!JSON.stringify(rows).includes(secret))
    const value = (name: string) => rows.find((row) => row.name === name)?.value
    assert.equal(value('DATABASE_URL'), 'postgres://user:********@db/ehr')
    assert.equal(value('S3_SECRET_KEY'), '********')
    assert.equal(value('S3_ACCESS_KEY'), 'access')
  })

  test('are masked when they stand in the query of an URL', () => {
    const { rows } = describeConfig({ DATABASE_URL: `postgres://db/ehr?user=u&password=${secret}` })
    assert.ok(!JSON.stringify(rows).includes(secret))
  })

  test('are not quoted when they are wrong', () => {
    const wrong = { DATABASE_URL: `mysql://u:${secret}@db`, SMTP_URL: `${secret} @mail`, METRICS_TOKEN: `${secret} !` }
    assert.equal(problemsOf(wrong).length, 3)
    assert.ok(!problemsOf(wrong).join().includes(secret))
    const { rows } = describeConfig(wrong)
    assert.ok(!JSON.stringify(rows).includes(secret))
  })
})

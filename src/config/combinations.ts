import { isIP } from 'node:net'
import type { Values } from './variables.ts'

/**
 * What is wrong with settings that are each right by themselves, each as one line. `values` lacks what is wrong by itself,
 * `given` tells what was written.
 */
export function problemsOfCombination(values: Partial<Values>, given: (name: string) => boolean): string[] {
  const production = values.NODE_ENV === 'production' ? unsafeInProduction(values, given) : []
  return [...incomplete(given), ...transport(values), ...external(values), ...production]
}

function incomplete(given: (name: string) => boolean): string[] {
  const s3 = ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const
  const administrator = ['ADMIN_EMAIL', 'ADMIN_PASSWORD'] as const
  const external = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const
  return [s3, administrator, ['TLS_CERT', 'TLS_KEY'], external].flatMap((together) => {
    const missing = together.filter((name) => !given(name))
    const partly = missing.length > 0 && missing.length < together.length
    return partly
      ? missing.map((name) => `${name} is missing: ${together.join(', ')} are given together or not at all`)
      : []
  })
}

/** Links and cookies are made for PUBLIC_URL: over TLS they would lead to a port that does not answer. */
function transport({ TLS_CERT: cert, PUBLIC_URL: url }: Partial<Values>): string[] {
  return cert !== undefined && url?.startsWith('http:')
    ? [`PUBLIC_URL must start with https:// when TLS_CERT is given, not "${url}"`]
    : []
}

/** Who can change what a provider answers signs in as anybody. */
function external({ OIDC_ISSUER: issuer }: Partial<Values>): string[] {
  return issuer?.startsWith('http:') && !isLoopback(new URL(issuer).hostname)
    ? [`OIDC_ISSUER must start with https:// unless it is on this machine, not "${issuer}"`]
    : []
}

function unsafeInProduction(values: Partial<Values>, given: (name: string) => boolean): string[] {
  const problems: string[] = []
  if (!given('MASTER_KEY_FILE')) {
    problems.push('MASTER_KEY_FILE must be given in production, so that the key does not lie beside the data')
  }
  if (values.RATE_LIMIT_SCALE === 0) problems.push('RATE_LIMIT_SCALE must not be 0 in production')
  if (values.PUBLIC_URL?.startsWith('http:') && !isLoopback(new URL(values.PUBLIC_URL).hostname)) {
    problems.push(
      `PUBLIC_URL must start with https:// in production unless it is localhost, not "${values.PUBLIC_URL}"`,
    )
  }
  const everything = values.FETCH_ALLOW?.find((entry) => entry.endsWith('/0'))
  if (everything) problems.push(`FETCH_ALLOW must not allow every address in production, as "${everything}" does`)
  if (values.SMTP_URL && values.MAIL_FROM?.match(/@localhost>?$/)) {
    problems.push('MAIL_FROM must be an address of your own in production when SMTP_URL is given')
  }
  return problems
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    (isIP(hostname) === 4 && hostname.startsWith('127.'))
  )
}

/**
 * What an authenticator app shows, for programs that sign in where a second step is demanded.
 *
 * https://www.rfc-editor.org/rfc/rfc6238
 */
import { Secret, TOTP } from 'otpauth'

/** `key` as it is shown for typing. Throws when it is none. */
export function totpCode(key: string, at: number): string {
  const secret = Secret.fromBase32(key.replace(/\s/g, ''))
  return new TOTP({ secret, digits: 6, period: 30 }).generate({ timestamp: at })
}

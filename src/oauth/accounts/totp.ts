/**
 * Codes of an authenticator app: six digits that change every thirty seconds.
 *
 * https://www.rfc-editor.org/rfc/rfc6238
 */
import { Secret, TOTP } from 'otpauth'

const seconds = 30

export type Totp = ReturnType<typeof createTotp>

export function createTotp({ issuer, now }: { issuer: string; now: () => number }) {
  const totpOf = (secret: string, label?: string) =>
    new TOTP({ issuer, secret: Secret.fromBase32(secret), digits: 6, period: seconds, ...(label ? { label } : {}) })

  return {
    /** 160 bits, as the RFC recommends. */
    newSecret: (): string => new Secret({ size: 20 }).base32,
    /** What the app reads from the QR code. */
    address: (secret: string, email: string): string => totpOf(secret, email).toString(),
    /**
     * The number of the thirty seconds that the code belongs to: the present ones, or their neighbours, since clocks differ.
     * Undefined: it belongs to none. Whoever asks remembers the step, for a code is good once.
     */
    stepOf(secret: string, typed: string): number | undefined {
      const token = typed.replace(/[\s-]/g, '')
      if (!/^\d{6}$/.test(token)) return undefined
      const timestamp = now()
      const delta = totpOf(secret).validate({ token, window: 1, timestamp })
      return delta === null ? undefined : Math.floor(timestamp / 1000 / seconds) + delta
    },
  }
}

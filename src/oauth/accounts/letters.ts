/**
 * The mails about accounts. Links start with the public URL and nothing else; no health data, never a password.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
import type { Mail } from '../mail.ts'

export type Letters = ReturnType<typeof createLetters>

export function createLetters({ mail, publicUrl }: { mail: Mail; publicUrl: string }) {
  const send = (to: string, subject: string, ...paragraphs: string[]) =>
    mail.send({ to, subject, text: [...paragraphs, `Chartshare, ${publicUrl}`].join('\n\n') + '\n' })
  const link = (path: string, code: string) => `${publicUrl}${path}?code=${code}`

  return {
    verify: (to: string, code: string) =>
      send(
        to,
        'Confirm your e-mail address',
        'Please confirm that this is your e-mail address by opening this link within 72 hours:',
        link('/verify', code),
        'If you did not register, ignore this mail: nothing happens without the link.',
      ),
    alreadyRegistered: (to: string) =>
      send(
        to,
        'You already have an account',
        'Somebody, probably you, tried to register with this e-mail address. It has an account already.',
        `Sign in: ${publicUrl}/`,
        `If you forgot your password: ${publicUrl}/forgot`,
      ),
    received: (to: string) =>
      send(
        to,
        'Your registration was received',
        'Thank you. An administrator now checks who you are and lets you in; a mail will tell you.',
        `Where it stands, and room for documents that help: ${publicUrl}/status`,
      ),
    reset: (to: string, code: string) =>
      send(
        to,
        'Set a new password',
        'To set a new password, open this link within 30 minutes. It works once:',
        link('/reset', code),
        'If you did not ask for this, ignore this mail: your password stays as it is.',
      ),
    passwordChanged: (to: string) =>
      send(
        to,
        'Your password was changed',
        'The password of your account was changed just now, and every app was signed out.',
        `If that was not you, set a new one at once: ${publicUrl}/forgot`,
      ),
  }
}

/**
 * The mails about accounts. Links start with the public URL and nothing else; no health data, never a password.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
import type { Transaction } from '../../store/store.ts'
import type { Mail } from '../mail.ts'

/** Letters leave with the transaction that they tell of. */
export type Letters = (tx: Transaction) => ReturnType<typeof lettersBy>

export function createLetters({ mail, publicUrl }: { mail: Mail; publicUrl: string }): Letters {
  return (tx) => lettersBy((message) => mail.send(tx, message), publicUrl)
}

function lettersBy(post: (message: { to: string; subject: string; text: string }) => Promise<void>, publicUrl: string) {
  const send = (to: string, subject: string, ...paragraphs: string[]) =>
    post({ to, subject, text: [...paragraphs, `Chartshare, ${publicUrl}`].join('\n\n') + '\n' })
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
    ownPasswordChanged: (to: string) =>
      send(
        to,
        'Your password was changed',
        'The password of your account was changed on its page just now, by somebody who knew the one of before.',
        `If that was not you, set a new one at once: ${publicUrl}/forgot`,
      ),
    leaveAddress: (to: string, next: string, code: string) =>
      send(
        to,
        'Change your e-mail address?',
        `Somebody who is signed in to your account wants to change its address to ${next}. If that is you, open this link within 24 hours:`,
        link('/account/address/confirm', code),
        'Another link went to the new address. Nothing changes before both are opened.',
        `If that was not you, set a new password at once: ${publicUrl}/forgot`,
      ),
    joinAddress: (to: string, code: string) =>
      send(
        to,
        'Is this your e-mail address?',
        'Somebody wants to use this address for an account. If that is you, open this link within 24 hours:',
        link('/account/address/confirm', code),
        'If that was not you, ignore this mail: nothing happens without the link.',
      ),
    addressTaken: (to: string) =>
      send(
        to,
        'You already have an account',
        'Somebody, probably you, wanted to use this address for another account. It has an account already, so nothing was changed.',
      ),
    addressChanged: (to: string, next: string) =>
      send(
        to,
        'Your e-mail address was changed',
        `From now on you sign in with ${next}.`,
        'If that was not you, tell an administrator at once.',
      ),
    identityLinked: (to: string, name: string) =>
      send(
        to,
        `You can sign in with ${name}`,
        `Somebody signed in with ${name}, which says that this address is theirs. From now on that opens your account.`,
        'If that was not you, tell an administrator at once.',
      ),
    factorAdded: (to: string, name: string) =>
      send(
        to,
        'A second step for signing in was added',
        `“${name}” can be used from now on, beside your password, to sign in to your account.`,
        `If that was not you, set a new password at once (${publicUrl}/forgot) and tell an administrator.`,
      ),
    factorRemoved: (to: string, name: string) =>
      send(
        to,
        'A second step for signing in was removed',
        `“${name}” can no longer be used to sign in to your account.`,
        `If that was not you, set a new password at once (${publicUrl}/forgot) and tell an administrator.`,
      ),
    factorsReset: (to: string) =>
      send(
        to,
        'Your second step for signing in was reset',
        'An administrator removed every authenticator app, passkey and recovery code of your account, and signed it out.',
        'If you did not ask for that, tell an administrator.',
      ),
    accountReset: (to: string) =>
      send(
        to,
        'Your account was reset',
        'Somebody who runs the server removed your password and every second step, and signed your account out. A link that they have sets a new password.',
        'If you did not ask for that, tell an administrator at once.',
      ),
    recoveryCodesRenewed: (to: string) =>
      send(
        to,
        'You have new recovery codes',
        'New recovery codes were made for your account. The earlier ones no longer work.',
        `If that was not you, set a new password at once (${publicUrl}/forgot) and tell an administrator.`,
      ),
    recoveryCodeUsed: (to: string, left: number) =>
      send(
        to,
        'A recovery code was used',
        `Somebody signed in to your account with your password and a recovery code. ${left} of them are left.`,
        `Make new ones, or add another way: ${publicUrl}/account`,
        `If that was not you, set a new password at once (${publicUrl}/forgot) and tell an administrator.`,
      ),
  }
}

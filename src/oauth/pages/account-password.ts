/**
 * `/account/password`: another password, by who knows the present one; other sessions end unless the person keeps them.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#change-password-feature
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { PasswordChange } from '../accounts/password-change.ts'
import { passwordProblem } from '../accounts/passwords.ts'
import type { Sessions } from '../accounts/sessions.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { alert, input } from './controls.ts'
import { type FormState, readForm } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import type { OwnerState, SignedIn } from './signed-in.ts'

interface Parts {
  signedIn: SignedIn
  changePassword: PasswordChange
  sessions: Pick<Sessions, 'endOthers'>
  audit: AuditTrail
  publicUrl: string
}

interface Problem {
  readonly status: number
  readonly present?: string
  readonly next?: string
  readonly text?: string
}

export function accountPassword(forms: Router<FormState>, parts: Parts): void {
  const { signedIn, changePassword, sessions, audit, publicUrl } = parts
  const router = forms as unknown as Router<OwnerState>

  router.get('/account/password', signedIn.atAll, (ctx) => show(ctx))

  router.post('/account/password', signedIn.atAll, readForm, async (ctx) => {
    const { form, owner } = ctx.state
    const { account, sessionUid } = owner
    const next = form.text('password')
    const problem =
      form.text('password2') === next
        ? passwordProblem(next, [account.email, account.email.split('@')[0]!])
        : 'The two passwords differ.'
    if (problem !== undefined) return show(ctx, { status: 422, next: problem })
    const changed = await changePassword(account, form.text('present'), next)
    const status = { done: 303, wrong: 422, wait: 429 }[changed.outcome]
    const outcome = changed.outcome === 'done' ? 'success' : 'refused'
    await audit(ctx, { interaction: 'password-change', outcome, status, account })
    if (changed.outcome === 'wrong') return show(ctx, { status, present: 'This is not your present password.' })
    if (changed.outcome === 'wait') {
      ctx.set('Retry-After', String(changed.seconds))
      return show(ctx, { status, text: `Too many attempts. Please wait ${changed.seconds} seconds and try again.` })
    }
    if (form.text('keep') === '') await sessions.endOthers(account.id, sessionUid)
    ctx.redirect(`${publicUrl}/account?done=password`)
    ctx.status = 303
  })
}

function show(ctx: Context, { status, present, next, text }: Problem = { status: 200 }): void {
  showPage(ctx, {
    status,
    title: 'Change your password',
    signedIn: true,
    body: html`${alert(text)}
      <form method="post" action="/account/password">
        ${input({ name: 'present', label: 'Present password', type: 'password', autocomplete: 'current-password', ...(present === undefined ? {} : { problem: present }) })}
        ${input({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: '12 characters or more. A few words in a row are fine.', ...(next === undefined ? {} : { problem: next }) })}
        ${input({ name: 'password2', label: 'The same once more', type: 'password', autocomplete: 'new-password' })}
        <p>
          <label><input type="checkbox" name="keep" value="yes" /> Stay signed in on my other devices</label>
        </p>
        <button>Change the password</button>
      </form>
      <p><a href="/account">Back without changing anything</a></p>`,
  })
}

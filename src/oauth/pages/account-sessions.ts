/**
 * `/account/sessions`: signing out elsewhere. It asks for no new sign-in: whoever finds a stranger in the list acts at once.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Sessions } from '../accounts/sessions.ts'
import type { AuditTrail } from '../audit-trail.ts'
import type { ShowAccount } from './account-page.ts'
import { type FormState, readForm } from './form.ts'
import type { OwnerState, SignedIn } from './signed-in.ts'

interface Parts {
  signedIn: SignedIn
  sessions: Sessions
  showAccount: ShowAccount
  audit: AuditTrail
  publicUrl: string
}

export function accountSessions(forms: Router<FormState>, parts: Parts): void {
  const { signedIn, sessions, showAccount, audit, publicUrl } = parts
  const router = forms as unknown as Router<OwnerState>

  function back(ctx: Context): void {
    ctx.redirect(`${publicUrl}/account?done=signed-out`)
    ctx.status = 303
  }

  router.post('/account/sessions/end', signedIn.atAll, readForm, async (ctx) => {
    const { owner, form } = ctx.state
    const { account } = owner
    const ended = await sessions.end(account.id, form.text('id'))
    if (!ended) return showAccount(ctx, owner, { status: 404, text: 'This sign-in is over already.' })
    await audit(ctx, { interaction: 'session-end', outcome: 'success', status: 303, account })
    return back(ctx)
  })

  router.post('/account/sessions/end-others', signedIn.atAll, async (ctx) => {
    const { account, sessionUid } = ctx.state.owner
    await sessions.endOthers(account.id, sessionUid)
    await audit(ctx, { interaction: 'session-end', outcome: 'success', status: 303, account })
    return back(ctx)
  })
}

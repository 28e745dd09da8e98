/**
 * `/account/apps/disconnect`: ends what an app may do. Like signing out elsewhere it asks for no new sign-in: whoever finds a stranger
 * in the list acts at once.
 *
 * https://www.rfc-editor.org/rfc/rfc7009
 */
import type Router from '@koa/router'
import type { ConnectedApps } from '../accounts/connected-apps.ts'
import type { AuditTrail } from '../audit-trail.ts'
import type { ShowAccount } from './account-page.ts'
import { type FormState, readForm } from './form.ts'
import type { OwnerState, SignedIn } from './signed-in.ts'

interface Parts {
  signedIn: SignedIn
  connectedApps: ConnectedApps
  showAccount: ShowAccount
  audit: AuditTrail
  publicUrl: string
}

export function accountApps(forms: Router<FormState>, parts: Parts): void {
  const { signedIn, connectedApps, showAccount, audit, publicUrl } = parts
  const router = forms as unknown as Router<OwnerState>

  router.post('/account/apps/disconnect', signedIn.atAll, readForm, async (ctx) => {
    const { owner, form } = ctx.state
    const { account } = owner
    const app = form.text('app')
    const ended = await connectedApps.end(account.id, app)
    if (!ended) return showAccount(ctx, owner, { status: 404, text: 'This app is not connected any more.' })
    await audit(ctx, {
      ...{ interaction: 'revoke-grant', outcome: 'success', status: 303, account },
      detail: { client: app, of: account.id, grant: ended.join(' ') },
    })
    ctx.redirect(`${publicUrl}/account?done=disconnected`)
    ctx.status = 303
    return undefined
  })
}

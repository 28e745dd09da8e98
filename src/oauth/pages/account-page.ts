/**
 * `/account`: what a person can see and change of the own account.
 *
 * https://www.w3.org/WAI/tutorials/page-structure/
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { AddressChange } from '../accounts/address-change.ts'
import type { ConnectedApps } from '../accounts/connected-apps.ts'
import type { FactorCare } from '../accounts/factor-care.ts'
import type { Sessions } from '../accounts/sessions.ts'
import { appsSection } from './apps-section.ts'
import { alert, notice } from './controls.ts'
import { factorSection } from './factor-section.ts'
import type { FormState } from './form.ts'
import { type Html, html } from './html.ts'
import { showPage } from './page.ts'
import { sessionSection } from './session-section.ts'
import type { Owner, OwnerState, SignedIn } from './signed-in.ts'

interface Parts {
  signedIn: SignedIn
  factorCare: FactorCare
  sessions: Sessions
  connectedApps: Pick<ConnectedApps, 'list'>
  addressChange: Pick<AddressChange, 'pending'>
}

/** What was just done, told once more on the page that it leads back to. */
const messages: Readonly<Record<string, string>> = {
  added: 'It is added. From now on you are asked for it when you sign in.',
  renamed: 'The new name is kept.',
  removed: 'It is removed.',
  'signed-out': 'That is signed out.',
  disconnected: 'The app is disconnected.',
  password: 'Your new password is set.',
  cancelled: 'Your address stays as it is.',
}

export type ShowAccount = (ctx: Context, owner: Owner, problem?: { status: number; text: string }) => Promise<void>

export function accountPage(
  router: Router<FormState>,
  { signedIn, factorCare, sessions, connectedApps, addressChange }: Parts,
): ShowAccount {
  async function show(
    ctx: Context,
    { account, sessionUid }: Owner,
    problem?: { status: number; text: string },
  ): Promise<void> {
    const message = messages[String(ctx.query.done ?? '')]
    showPage(ctx, {
      status: problem?.status ?? 200,
      title: 'Your account',
      signedIn: true,
      body: html`${alert(problem?.text)} ${!problem && message !== undefined && notice(message)}
        <p>You are signed in as <strong>${account.email}</strong>. <a href="/">To your documents</a></p>
        ${factorSection(await factorCare.list(account))} ${sessionSection(await sessions.list(account.id), sessionUid)}
        ${appsSection(await connectedApps.list(account.id))}
        ${addressSection(account.email, await addressChange.pending(account.id))}
        <section>
          <h2>Password</h2>
          <p>
            <a href="/account/password">Change it</a>, or if you forgot it,
            <a href="/forgot">have a link sent to you</a>.
          </p>
        </section>`,
    })
  }

  ;(router as unknown as Router<OwnerState>).get('/account', signedIn.atAll, (ctx) => show(ctx, ctx.state.owner))
  return show
}

function addressSection(email: string, pending: string | undefined): Html {
  return html`<section>
    <h2>E-mail address</h2>
    <p><strong>${email}</strong>, with which you sign in. <a href="/account/address">Change it</a></p>
    ${
      pending !== undefined &&
      html`<p>You want to change it to <strong>${pending}</strong>: open the links in both mailboxes.</p>
        <form method="post" action="/account/address/cancel"><button class="second">Leave it as it is</button></form>`
    }
  </section>`
}

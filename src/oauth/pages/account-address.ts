/**
 * `/account/address`: another mail address, asked for by whoever signed in just now and confirmed from both mailboxes.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#change-user-registered-email-address
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { AddressChange } from '../accounts/address-change.ts'
import { emailProblem } from '../accounts/fields.ts'
import type { Throttle } from '../accounts/throttle.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { hidden, input } from './controls.ts'
import { type FormState, readForm, tell } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import type { OwnerState, SignedIn } from './signed-in.ts'

interface Parts {
  signedIn: SignedIn
  addressChange: AddressChange
  throttle: Throttle
  audit: AuditTrail
  publicUrl: string
}

const mostAnHour = 5

export function accountAddress(forms: Router<FormState>, parts: Parts): void {
  const { signedIn, addressChange, throttle, audit, publicUrl } = parts
  const router = forms as unknown as Router<OwnerState>

  router.get('/account/address', signedIn.recently, (ctx) => show(ctx))

  router.post('/account/address', signedIn.recently, readForm, async (ctx) => {
    const { form, owner } = ctx.state
    const email = form.text('email').trim()
    const same = email.toLowerCase() === owner.account.email.toLowerCase()
    const problem = same ? 'This is your address already.' : emailProblem(email)
    if (problem) return show(ctx, email, problem)
    const verdict = await throttle.limit(['address', owner.account.id], { most: mostAnHour, seconds: 3600 })
    if (!verdict.admitted) {
      const text = 'You asked for this several times within an hour. Please try again later.'
      return tell(ctx, { status: 429, title: 'Please wait', text, retryAfter: verdict.seconds })
    }
    await addressChange.ask(owner.account, email)
    await audit(ctx, { interaction: 'address-ask', outcome: 'success', status: 202, account: owner.account })
    return showPage(ctx, {
      status: 202,
      title: 'Look into both mailboxes',
      signedIn: true,
      body: html`<p>
          We sent a mail to your old and to your new address. Open the link in both within 24 hours; until then you sign
          in with the old address.
        </p>
        <p><a class="button" href="/account">Back to your account</a></p>`,
    })
  })

  router.post('/account/address/cancel', signedIn.atAll, async (ctx) => {
    const { account } = ctx.state.owner
    await addressChange.cancel(account.id)
    await audit(ctx, { interaction: 'address-cancel', outcome: 'success', status: 303, account })
    ctx.redirect(`${publicUrl}/account?done=cancelled`)
    ctx.status = 303
  })

  // Mailboxes are opened on any device: the link is all that it takes.
  router.get('/account/address/confirm', (ctx) =>
    showPage(ctx, {
      title: 'Change your e-mail address?',
      body: html`<form method="post" action="/account/address/confirm">
        ${hidden('code', String(ctx.query.code ?? ''))}
        <p>Did you ask for this change of your Chartshare account?</p>
        <button>Yes, confirm</button>
      </form>`,
    }),
  )

  forms.post('/account/address/confirm', readForm, async (ctx) => {
    const confirmed = await addressChange.confirm(ctx.state.form.text('code'))
    const changed = confirmed.outcome !== 'spent'
    const account = changed ? { id: confirmed.accountId } : undefined
    const answer = answers[confirmed.outcome]
    await audit(ctx, {
      ...{ interaction: 'address-change', outcome: changed ? 'success' : 'refused', status: answer.status, account },
      detail: { step: confirmed.outcome },
    })
    return tell(ctx, answer)
  })
}

const answers = {
  'one-to-go': {
    status: 200,
    title: 'Thank you, that is one of two',
    text: 'Now open the link in the mail to your other address. Then the change is made.',
  },
  changed: { status: 200, title: 'Your address is changed', text: 'From now on, sign in with your new address.' },
  spent: {
    status: 410,
    title: 'This link cannot be used any more',
    text: 'It is used, expired, or was replaced. Sign in and look at your account.',
    error: 'invalid_grant',
  },
} as const

function show(ctx: Context, email?: string, problem?: string): void {
  showPage(ctx, {
    status: problem ? 422 : 200,
    title: 'Change your e-mail address',
    signedIn: true,
    body: html`<form method="post" action="/account/address">
        ${input({ name: 'email', label: 'New e-mail address', type: 'email', autocomplete: 'email', hint: 'We ask at your old address, too.', value: email, problem })}
        <button>Send the two mails</button>
      </form>
      <p><a href="/account">Back without changing anything</a></p>`,
  })
}

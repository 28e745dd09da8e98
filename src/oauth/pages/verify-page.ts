/**
 * `/verify`: the link in the mail. A button confirms, because mail scanners open links too.
 */
import type Router from '@koa/router'
import type { Verified } from '../accounts/verification.ts'
import type { Refusal } from '../accounts/codes.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { hidden } from './controls.ts'
import { type FormState, readForm, tell } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'

const answers = {
  'awaiting-approval': {
    status: 200,
    title: 'Your address is confirmed',
    text: 'Your registration is awaiting approval by an administrator. A mail will tell you when you can sign in.',
  },
  'may-sign-in': { status: 200, title: 'Your address is confirmed', text: 'You can sign in now.' },
  spent: {
    status: 410,
    title: 'This link is used or expired',
    text: 'If you confirmed your address already, all is well. Else register again.',
    error: 'invalid_grant',
  },
  unknown: {
    status: 422,
    title: 'This link is not right',
    text: 'Open the link exactly as it stands in the mail.',
    error: 'invalid_grant',
  },
} as const

export function verifyPage(
  router: Router<FormState>,
  { verify, audit }: { verify: (code: string) => Promise<Verified | Refusal>; audit: AuditTrail },
): void {
  router.get('/verify', (ctx) =>
    showPage(ctx, {
      title: 'Confirm your e-mail address',
      body: html`<form method="post" action="/verify">
        ${hidden('code', String(ctx.query.code ?? ''))}
        <p>Is this your registration?</p>
        <button>Yes, confirm my address</button>
      </form>`,
    }),
  )

  router.post('/verify', readForm, async (ctx) => {
    const verified = await verify(ctx.state.form.text('code'))
    const refused = typeof verified === 'string'
    const answer = answers[refused ? verified : verified.outcome]
    await audit(ctx, {
      ...{ interaction: 'verify', outcome: refused ? 'refused' : 'success', status: answer.status },
      account: refused ? undefined : { id: verified.accountId },
      ...(refused ? { detail: { reason: verified } } : {}),
    })
    if (answer !== answers['may-sign-in']) return tell(ctx, answer)
    return showPage(ctx, {
      ...answer,
      body: html`<p>${answer.text}</p>
        <p><a class="button" href="/">Sign in</a></p>`,
    })
  })
}

/**
 * `/reset`: the link from the mail; the new password twice, since nobody sees what is typed.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { AuditTrail } from '../audit-trail.ts'
import type { Refusal } from '../accounts/codes.ts'
import { passwordProblem } from '../accounts/passwords.ts'
import type { createRecovery } from '../accounts/recovery.ts'
import { hidden, input } from './controls.ts'
import { type FormState, readForm, tell, wantsJson } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { refuseFields } from './refuse-fields.ts'

interface Parts {
  recovery: Pick<ReturnType<typeof createRecovery>, 'look' | 'reset'>
  audit: AuditTrail
}

const refusals = {
  spent: { status: 410, title: 'This link is used or expired', text: 'Ask for a new one.', error: 'invalid_grant' },
  unknown: {
    status: 422,
    title: 'This link is not right',
    text: 'Open the link exactly as it stands in the mail.',
    error: 'invalid_grant',
  },
} as const satisfies Record<Refusal, object>

export function resetPage(router: Router<FormState>, { recovery, audit }: Parts): void {
  router.get('/reset', async (ctx) => {
    const code = String(ctx.query.code ?? '')
    const found = await recovery.look(code)
    return typeof found === 'string' ? refuse(ctx, found) : show(ctx, code)
  })

  router.post('/reset', readForm, async (ctx) => {
    const { form } = ctx.state
    const code = form.text('code') || String(ctx.query.code ?? '')
    const found = await recovery.look(code)
    if (typeof found === 'string') return refuse(ctx, found)
    const [password = '', again = password] = [...form.all('password'), ...form.all('password2')]
    const problem = again === password ? passwordProblem(password, personal(found.email)) : 'The two passwords differ.'
    if (problem) return wantsJson(ctx) ? refuseFields(ctx, { password: problem }) : show(ctx, code, problem)
    const outcome = await recovery.reset(code, password)
    if (outcome !== 'done') return refuse(ctx, outcome)
    await audit(ctx, { interaction: 'password-reset', outcome: 'success', status: 200, account: { id: found.id } })
    const text = 'Your new password is set, and every app was signed out.'
    if (wantsJson(ctx)) return tell(ctx, { status: 200, title: 'Done', text })
    return showPage(ctx, {
      title: 'Your new password is set',
      body: html`<p>${text}</p>
        <p><a class="button" href="/">Sign in</a></p>`,
    })
  })

  async function refuse(ctx: Context, reason: Refusal): Promise<void> {
    const answer = refusals[reason]
    await audit(ctx, { interaction: 'password-reset', outcome: 'refused', status: answer.status, detail: { reason } })
    tell(ctx, answer)
  }
}

function personal(email: string): string[] {
  return [email, email.split('@')[0]!]
}

function show(ctx: Context, code: string, problem?: string): void {
  showPage(ctx, {
    status: problem ? 422 : 200,
    title: 'Set a new password',
    body: html`<form method="post" action="/reset">
      ${hidden('code', code)}
      ${input({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: '12 characters or more. A few words in a row are fine.', problem })}
      ${input({ name: 'password2', label: 'The same once more', type: 'password', autocomplete: 'new-password' })}
      <button>Set the password</button>
    </form>`,
  })
}

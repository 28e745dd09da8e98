/**
 * `/forgot` and `/reset`: from a forgotten password to a new one, by a link that works once.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
import { setTimeout as pause } from 'node:timers/promises'
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Log } from '../log.ts'
import { emailProblem } from '../accounts/fields.ts'
import type { Throttle } from '../accounts/throttle.ts'
import { input } from './controls.ts'
import { type FormState, readForm, tell, wantsJson } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { refuseFields } from './refuse-fields.ts'

interface Parts {
  forgot: (email: string) => Promise<void>
  throttle: Throttle
  log: Log
}

/** Milliseconds until the answer: sending a mail must not be told from not sending one. */
const answerAfter = 300

export function forgotPage(router: Router<FormState>, { forgot, throttle, log }: Parts): void {
  router.get('/forgot', (ctx) => show(ctx))

  router.post('/forgot', readForm, async (ctx) => {
    const email = ctx.state.form.text('email').trim()
    const problem = emailProblem(email)
    if (problem) return wantsJson(ctx) ? refuseFields(ctx, { email: problem }) : show(ctx, email, problem)
    const verdict = await throttle.limit(['forgot', ctx.ip], { most: 20, seconds: 3600 })
    if (!verdict.admitted) {
      const text = 'Too many requests from your network. Please try again later.'
      return tell(ctx, {
        status: 429,
        title: 'Please wait',
        text,
        error: 'temporarily_unavailable',
        retryAfter: verdict.seconds,
      })
    }
    const sent = forgot(email).catch((error: unknown) =>
      log.error({ err: error }, 'the mail for a new password was not sent'),
    )
    await Promise.all([pause(answerAfter), Promise.race([sent, pause(answerAfter)])])
    const text = 'If there is an account with this address, a mail with a link is on its way.'
    return tell(ctx, { status: 202, title: 'Look into your mailbox', text })
  })
}

function show(ctx: Context, email?: string, problem?: string): void {
  showPage(ctx, {
    status: problem ? 422 : 200,
    title: 'Forgot your password?',
    body: html`<p>We send you a link to set a new one.</p>
      <form method="post" action="/forgot">
        ${input({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'email', value: email, problem })}
        <button>Send the link</button>
      </form>`,
  })
}

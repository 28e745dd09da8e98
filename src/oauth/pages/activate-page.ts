/**
 * `/activate`: an invited person makes an account with the code from the hospital.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Activation, createActivate } from '../accounts/activation.ts'
import { type Problems, readCredentials, textProblem } from '../accounts/fields.ts'
import type { Throttle } from '../accounts/throttle.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { input } from './controls.ts'
import { type FormState, readForm, tell, wantsJson } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { refuseFields } from './refuse-fields.ts'

interface Parts {
  activate: ReturnType<typeof createActivate>
  throttle: Throttle
  audit: AuditTrail
}

/** One answer for a code that was never made and a birthday that does not fit: they are guessed together. */
const wrong = 'Code and date of birth do not fit together. Please compare them with your letter.'

export function activatePage(router: Router<FormState>, { activate, throttle, audit }: Parts): void {
  router.get('/activate', (ctx) => show(ctx, {}, {}))

  router.post('/activate', readForm, async (ctx) => {
    const { form } = ctx.state
    const { values: credentials, problems: wrongCredentials } = readCredentials(form)
    const values = { ...credentials, code: form.text('code').trim(), birthdate: form.text('birthdate').trim() }
    const codeProblem = textProblem(values.code, 'the code from your letter')
    const problems = { ...wrongCredentials, ...(codeProblem ? { code: codeProblem } : {}) }
    const refuse = (fields: Problems) => (wantsJson(ctx) ? refuseFields(ctx, fields) : show(ctx, values, fields))
    if (Object.keys(problems).length > 0) return refuse(problems)
    const verdict = await throttle.limit(['activate', ctx.ip], { most: 20, seconds: 3600 })
    if (!verdict.admitted) {
      const text = 'Too many attempts from your network. Please try again later.'
      return tell(ctx, {
        status: 429,
        title: 'Please wait',
        text,
        error: 'temporarily_unavailable',
        retryAfter: verdict.seconds,
      })
    }
    const outcome = await activate(values)
    const status = { sent: 202, 'wrong-birthdate': 422, unknown: 422, spent: 410 }[outcome]
    await audit(ctx, { interaction: 'activate', outcome: outcome === 'sent' ? 'success' : 'refused', status })
    if (outcome === 'spent') {
      const text = 'This invitation is used, expired, or was tried too often. Ask your hospital for a new one.'
      return tell(ctx, { status, title: 'This invitation cannot be used', text, error: 'invalid_grant' })
    }
    if (outcome !== 'sent') return refuse({ code: wrong })
    const text =
      'We sent you a mail. Open the link in it within 72 hours to confirm your address; then you can sign in.'
    return tell(ctx, { status, title: 'Look into your mailbox', text })
  })
}

function show(ctx: Context, values: Partial<Activation>, problems: Problems): void {
  showPage(ctx, {
    status: Object.keys(problems).length > 0 ? 422 : 200,
    title: 'Use your invitation',
    body: html`<form method="post" action="/activate">
      ${input({ name: 'code', label: 'Code from your letter', value: values.code, problem: problems.code })}
      ${input({ name: 'birthdate', label: 'Your date of birth', type: 'date', autocomplete: 'bday', value: values.birthdate, problem: problems.birthdate, required: false })}
      ${input({ name: 'email', label: 'Your e-mail address', type: 'email', autocomplete: 'email', value: values.email, problem: problems.email })}
      ${input({ name: 'password', label: 'Choose a password', type: 'password', autocomplete: 'new-password', hint: '12 characters or more. A few words in a row are fine.', problem: problems.password })}
      <button>Make my account</button>
    </form>`,
  })
}

/**
 * `/register`: a doctor asks to be let in. The answer is the same whether the address is known or not.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Problems, Registration } from '../accounts/fields.ts'
import { readRegistration } from '../accounts/fields.ts'
import type { Throttle } from '../accounts/throttle.ts'
import { input } from './controls.ts'
import { type FormState, readForm, tell, wantsJson } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { refuseFields } from './refuse-fields.ts'

interface Parts {
  register: (registration: Registration) => Promise<void>
  throttle: Throttle
}

export function registerPage(router: Router<FormState>, { register, throttle }: Parts): void {
  router.get('/register', (ctx) => show(ctx, {}, {}))

  router.post('/register', readForm, async (ctx) => {
    const { values, problems } = readRegistration(ctx.state.form)
    if (Object.keys(problems).length > 0) {
      if (wantsJson(ctx)) return refuseFields(ctx, problems)
      return show(ctx, values, problems)
    }
    const verdict = await throttle.limit(['register', ctx.ip], { most: 20, seconds: 3600 })
    if (!verdict.admitted) {
      const text = 'Too many registrations from your network. Please try again later.'
      return tell(ctx, {
        status: 429,
        title: 'Please wait',
        text,
        error: 'temporarily_unavailable',
        retryAfter: verdict.seconds,
      })
    }
    await register(values)
    const text = 'We sent you a mail. Open the link in it within 72 hours to confirm your address.'
    return tell(ctx, { status: 202, title: 'Look into your mailbox', text })
  })
}

function show(ctx: Context, values: Partial<Registration>, problems: Problems): void {
  showPage(ctx, {
    status: Object.keys(problems).length > 0 ? 422 : 200,
    title: 'Register as a doctor',
    body: html`<p>
        An administrator checks every registration. Patients are invited by their hospital:
        <a href="/activate">use your invitation</a>.
      </p>
      <form method="post" action="/register">
        ${input({ name: 'given', label: 'Given name', autocomplete: 'given-name', value: values.given, problem: problems.given })}
        ${input({ name: 'family', label: 'Family name', autocomplete: 'family-name', value: values.family, problem: problems.family })}
        ${input({ name: 'licence', label: 'Number of your licence to practise', value: values.licence, problem: problems.licence })}
        ${input({ name: 'organization', label: 'Where you work (optional)', autocomplete: 'organization', required: false, value: values.organization, problem: problems.organization })}
        ${input({ name: 'specialty', label: 'Your specialty (optional)', required: false, value: values.specialty, problem: problems.specialty })}
        ${input({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'email', value: values.email, problem: problems.email })}
        ${input({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', hint: '12 characters or more. A few words in a row are fine.', problem: problems.password })}
        <button>Register</button>
      </form>
      <p>You have an account? <a href="/">Sign in</a></p>`,
  })
}

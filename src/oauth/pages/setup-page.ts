/**
 * `/setup`: whoever started the server makes the first administrator, with the link that the console shows.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { type Problems, readCredentials, readName } from '../accounts/fields.ts'
import { type Administrator, type createSetup, unnamedAdministrator } from '../accounts/setup.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { hidden, input } from './controls.ts'
import { type FormState, readForm, tell, wantsJson } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { refuseFields } from './refuse-fields.ts'

interface Parts {
  setup: Pick<ReturnType<typeof createSetup>, 'look' | 'complete'>
  audit: AuditTrail
}

const refusals = {
  spent: {
    status: 410,
    title: 'This link cannot be used any more',
    text: 'There is an administrator already, or the link has expired: a restart of the server shows a new one.',
    error: 'invalid_grant',
  },
  unknown: {
    status: 422,
    title: 'This link is not right',
    text: 'Open the link exactly as the console shows it.',
    error: 'invalid_grant',
  },
} as const

export function setupPage(router: Router<FormState>, { setup, audit }: Parts): void {
  router.get('/setup', async (ctx) => {
    const code = String(ctx.query.code ?? '')
    const found = await setup.look(code)
    return found === 'open' ? show(ctx, code, {}, {}) : dead(ctx, found)
  })

  router.post('/setup', readForm, async (ctx) => {
    const { form } = ctx.state
    const code = form.text('code') || String(ctx.query.code ?? '')
    const name =
      form.text('given') || form.text('family') ? readName(form) : { values: unnamedAdministrator, problems: {} }
    const credentials = readCredentials(form, [name.values.given, name.values.family])
    const values = { ...name.values, ...credentials.values }
    const refuse = (problems: Problems) =>
      wantsJson(ctx) ? refuseFields(ctx, problems) : show(ctx, code, values, problems)
    const found = await setup.look(code)
    if (found !== 'open') return dead(ctx, found)
    const problems = { ...name.problems, ...credentials.problems }
    if (Object.keys(problems).length > 0) return refuse(problems)
    const outcome = await setup.complete(code, values)
    if (outcome === 'spent' || outcome === 'unknown') return dead(ctx, outcome)
    const done = outcome === 'done'
    await audit(ctx, { interaction: 'setup', outcome: done ? 'success' : 'refused', status: done ? 200 : 422 })
    if (!done) return refuse({ email: 'There is an account with this address already.' })
    const text = 'You are the administrator now.'
    if (wantsJson(ctx)) return tell(ctx, { status: 200, title: 'Done', text })
    return showPage(ctx, { title: text, body: html`<p><a class="button" href="/">Sign in</a></p>` })
  })

  async function dead(ctx: Context, reason: keyof typeof refusals): Promise<void> {
    const answer = refusals[reason]
    await audit(ctx, { interaction: 'setup', outcome: 'refused', status: answer.status, detail: { reason } })
    tell(ctx, answer)
  }
}

function show(ctx: Context, code: string, values: Partial<Administrator>, problems: Problems): void {
  showPage(ctx, {
    status: Object.keys(problems).length > 0 ? 422 : 200,
    title: 'Become the administrator',
    body: html`<p>This server has no administrator yet. You will approve doctors and invite patients.</p>
      <form method="post" action="/setup">
        ${hidden('code', code)}
        ${input({ name: 'given', label: 'Given name', autocomplete: 'given-name', value: values.given, problem: problems.given })}
        ${input({ name: 'family', label: 'Family name', autocomplete: 'family-name', value: values.family, problem: problems.family })}
        ${input({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'email', value: values.email, problem: problems.email })}
        ${input({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', hint: '12 characters or more. A few words in a row are fine.', problem: problems.password })}
        <button>Set up</button>
      </form>`,
  })
}
